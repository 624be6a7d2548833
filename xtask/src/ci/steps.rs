//! Runs the steps of CI, and keeps how long each took.

use crate::display::write_line;
use crate::failure::Failure;
use deployer::{variables_of_cargo, variables_of_python};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The steps that ran so far.
pub(super) struct Steps {
    /// The root of the sources.
    pub(super) root: PathBuf,
    ran: Mutex<Vec<Ran>>,
}

/// A step that has ended.
struct Ran {
    name: String,
    took: Duration,
    has_failed: bool,
}

impl Steps {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, ran: Mutex::default() }
    }

    /// Runs a step as it would be typed.
    pub(super) fn run(&self, line: &str) -> Result<(), Failure> {
        self.run_command(self.typed(line), line)
    }

    /// Runs a program in a folder below the root.
    pub(super) fn run_program(&self, program: &Path, arguments: &[&str], folder: &str) -> Result<(), Failure> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let mut command = Command::new(program);
        for variable in variables_of_python() {
            command.env_remove(variable);
        }
        command.args(arguments).current_dir(self.root.join(folder));
        self.run_command(command, &format!("{name} {}", arguments.join(" ")))
    }

    /// Prints a command, runs it with the same output, and prints how long it took.
    pub(super) fn run_command(&self, mut command: Command, shown: &str) -> Result<(), Failure> {
        write_line(&format!("\n$ {shown}"));
        surround(&mut command);
        let took = self.time(shown, shown, || command.status())?;
        write_line(&format!("({:.0} s)", took.as_secs_f64()));
        Ok(())
    }

    /// Runs something by its name and returns how long it took; fails with the line that was shown.
    pub(super) fn time(
        &self,
        name: &str,
        shown: &str,
        run: impl FnOnce() -> std::io::Result<ExitStatus>,
    ) -> Result<Duration, Failure> {
        let began = Instant::now();
        let status = run();
        let took = began.elapsed();
        let has_failed = !status.as_ref().is_ok_and(ExitStatus::success);
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(Ran { name: name.into(), took, has_failed });
        let status = status.map_err(|error| Failure::nothing_changed(format!("cannot run `{shown}`: {error}")))?;
        match status.success() {
            true => Ok(took),
            false => Err(Failure::nothing_changed(format!("failed: {shown}"))),
        }
    }

    /// The command of a line as it would be typed; a variable may stand before the program, quotes around a word.
    pub(super) fn typed(&self, line: &str) -> Command {
        let (variable, line) = match line.split_once(' ') {
            Some((first, rest)) if first.contains('=') => (first.split_once('='), rest),
            _ => (None, line),
        };
        let mut words = line.split(' ').map(|word| word.trim_matches('\''));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).envs(variable).current_dir(&self.root);
        surround(&mut command);
        command
    }

    /// Every step that ran with its seconds, the longest first.
    pub(super) fn table(&self) -> String {
        let mut ran = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        ran.sort_by_key(|step| std::cmp::Reverse(step.took));
        let line = |step: &Ran| {
            let failed = if step.has_failed { "FAILED  " } else { "" };
            format!("\n{:7.0}  {failed}{}", step.took.as_secs_f64(), shortened(&step.name))
        };
        format!("seconds  step{}", ran.iter().map(line).collect::<String>())
    }
}

/// A line that fits a terminal; the arguments of some steps are long lists.
fn shortened(name: &str) -> String {
    const WIDTH: usize = 100;
    match name.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// What every step sees, and does not see.
fn surround(command: &mut Command) {
    for variable in variables_of_cargo() {
        command.env_remove(variable);
    }
    command.env("RUSTDOCFLAGS", "--deny warnings").env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_the_longest_step_first_and_marks_a_failure() {
        let steps = Steps::new(PathBuf::from("/"));
        let run = |program: &str| steps.time(program, program, || Command::new(program).status());
        assert!(run("true").is_ok());
        assert_eq!(run("false").unwrap_err().message, "failed: false");
        for (ran, seconds) in steps.ran.lock().unwrap().iter_mut().zip([2, 61]) {
            ran.took = Duration::from_secs(seconds);
        }
        assert_eq!(steps.table(), "seconds  step\n     61  FAILED  false\n      2  true");
    }
}
