//! The processes of a local stage, as the kernel shows them.

use super::stage::Stage;

impl Stage {
    /// Command lines of all processes that belong to this stage.
    pub fn command_lines(&self) -> String {
        self.processes().map(|(pid, _)| read_process(&pid, "cmdline")).collect()
    }

    /// Environments of the functions that run now.
    pub fn function_environments(&self) -> String {
        self.processes()
            .filter(|(_, command)| command.contains("bootstrap"))
            .map(|(pid, _)| read_process(&pid, "environ"))
            .collect()
    }

    /// Kills the functions that run now and have this variable, as a crash would; returns how many there were.
    #[allow(dead_code, reason = "one story kills functions")]
    pub fn kill_functions(&self, variable: &str) -> usize {
        let running: Vec<String> = self
            .processes()
            .filter(|(pid, command)| command.contains("bootstrap") && read_process(pid, "environ").contains(variable))
            .map(|(pid, _)| pid)
            .collect();
        for pid in &running {
            assert!(std::process::Command::new("kill").args(["-s", "KILL", pid]).status().unwrap().success());
        }
        running.len()
    }

    /// Every process that belongs to this stage, with its command line.
    pub fn processes(&self) -> impl Iterator<Item = (String, String)> {
        let folder = self.folder().display().to_string();
        all_processes().filter_map(move |pid| {
            let command = read_process(&pid, "cmdline");
            let is_ours = command.contains(&folder) || read_process(&pid, "environ").contains(&folder);
            is_ours.then_some((pid, command))
        })
    }
}

/// The ids of all processes of this machine.
pub fn all_processes() -> impl Iterator<Item = String> {
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid = entry.ok()?.file_name().into_string().ok()?;
        pid.parse::<u32>().is_ok().then_some(pid)
    })
}

/// A file that the kernel shows of a process; empty if it has ended.
pub fn read_process(pid: &str, name: &str) -> String {
    let content = std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    String::from_utf8_lossy(&content).replace('\0', "\n")
}
