//! What only the story `local` needs: its integration, and commands that are interrupted.

use super::processes::{all_processes, read_process};
use super::stage::{Run, Stage, sources};
use serde_json::Value as Json;
use std::process::{Command, Stdio};

/// The integration of the story.
const INTEGRATION: &str = "backlog-files";

impl Stage {
    /// Runs a command in the copy and sends it a signal, such as `INT`, while it builds.
    pub fn run_and_interrupt(&self, arguments: &[&str], signal: &str) -> Run {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.until("the build begins", || self.command_lines_of("rustc").contains("file_replicator"));
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        child.wait().unwrap();
        Run::of(child.wait_with_output().unwrap())
    }

    /// Command lines of the compilers that work in the copy.
    pub fn command_lines_of(&self, program: &str) -> String {
        let root = self.root.display().to_string();
        let lines = all_processes().map(|pid| read_process(&pid, "cmdline"));
        lines.filter(|line| line.contains(program) && line.contains(&root)).collect()
    }

    /// The most memory that a running function with this variable has used, in MiB.
    pub fn peak_memory_mib(&self, variable: &str) -> u64 {
        let peaks = self
            .processes()
            .filter(|(pid, command)| command.contains("bootstrap") && read_process(pid, "environ").contains(variable))
            .filter_map(|(pid, _)| {
                let status = read_process(&pid, "status");
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned))?;
                line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
            });
        peaks.max().expect("the function runs") / 1024
    }

    pub fn webhook_url(&self) -> String {
        self.registered(INTEGRATION)
    }

    pub fn bucket(&self) -> String {
        self.output(INTEGRATION, "FilesBucket")
    }

    pub fn keys(&self) -> Vec<String> {
        let keys = self.account("keys", &[&self.bucket()]);
        keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    }

    /// A file that holds the test event with some fields changed.
    pub fn event_with(&self, change: Json) -> String {
        let text =
            std::fs::read_to_string(sources().join("handlers/contracts/events/backlog-file-added.json")).unwrap();
        let mut event: Json = serde_json::from_str(&text).unwrap();
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let path = self.root.join("target/event.json");
        std::fs::write(&path, event.to_string()).unwrap();
        path.display().to_string()
    }

    /// Runs a command where the sources are, with their own target folder.
    pub fn run_in_the_sources(&self, arguments: &[&str]) -> Run {
        let manifest_dir = sources().join("xtask");
        self.finish(self.command(arguments).current_dir(sources()).env("CARGO_MANIFEST_DIR", manifest_dir))
    }
}
