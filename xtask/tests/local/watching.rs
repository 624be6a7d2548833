//! A command that deploys again after each save.

use super::stage::Stage;
use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long one round may take on a machine that compiles something else as well.
const PATIENCE: Duration = Duration::from_secs(600);
/// The last line of a round.
const ROUND: &str = "waiting for the next save";

/// A watching command, and what it has said.
pub struct Watching {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Watching {
    /// Starts `deploy --watch` for a stack.
    pub fn start(stage: &Stage, stack: &str) -> Self {
        let mut command = stage.command(&["deploy", stack, "--watch"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for mut pipe in pipes {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(n @ 1..) = pipe.read(&mut piece) {
                    said.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..n]));
                }
            });
        }
        Self { child, said }
    }

    /// Waits for the end of the next round, and returns what was said in it.
    pub fn round(&self) -> String {
        let began = Instant::now();
        loop {
            let mut said = self.said.lock().unwrap();
            if said.contains(ROUND) && said.trim_end().ends_with("Ctrl-C ends") {
                return std::mem::take(&mut *said);
            }
            assert!(began.elapsed() < PATIENCE, "no end of a round after:\n{said}");
            drop(said);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Watching {
    /// Waits until something was said in this round.
    pub fn says(&self, words: &str) {
        let began = Instant::now();
        while !self.said.lock().unwrap().contains(words) {
            assert!(began.elapsed() < PATIENCE, "no `{words}` in:\n{}", self.said.lock().unwrap());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a person would, which is no failure.
    pub fn ends_by_ctrl_c(&mut self) {
        let kill = std::process::Command::new("kill").args(["-s", "INT", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{}", self.said.lock().unwrap());
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// A round says all of these words.
pub fn has(round: &str, words: &[&str]) {
    for words in words {
        assert!(round.contains(words), "`{words}` is missing in:\n{round}");
    }
}
