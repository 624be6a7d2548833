//! The processes of a local stage, as the system shows them.

use super::stage::Stage;

impl Stage {
    /// Command lines of the compilers that work in the copy.
    pub fn command_lines_of(&self, program: &str) -> String {
        let root = self.root.display().to_string();
        let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid = entry.ok()?.file_name().into_string().ok()?;
            pid.parse::<u32>().ok()?;
            Some(read_process(&pid, "cmdline"))
        });
        lines.filter(|line| line.contains(program) && line.contains(&root)).collect()
    }

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

    /// The most memory that a running function of a handler has used, in MiB.
    pub fn peak_memory_mib(&self, handler: &str) -> u64 {
        let variable = if handler == "file-replicator" { "WATCHED_FOLDER" } else { "TOKEN_SECRET_ARN" };
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

    fn processes(&self) -> impl Iterator<Item = (String, String)> {
        let folder = self.folder().display().to_string();
        std::fs::read_dir("/proc").unwrap().filter_map(move |entry| {
            let pid = entry.ok()?.file_name().into_string().ok()?;
            pid.parse::<u32>().ok()?;
            let command = read_process(&pid, "cmdline");
            let is_ours = command.contains(&folder) || read_process(&pid, "environ").contains(&folder);
            is_ours.then_some((pid, command))
        })
    }
}

fn read_process(pid: &str, name: &str) -> String {
    let content = std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    String::from_utf8_lossy(&content).replace('\0', "\n")
}
