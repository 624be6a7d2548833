//! One run of a program: how long it took, how much it computed, how much memory it had.

use crate::context::Context;
use crate::failure::Failure;
use deployer::{PythonTools, variables_of_cargo};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The kernel tells a parent what its child and all that this waited for have used; the standard library of Rust does
/// not say it, Python's does.
const SCRIPT: &str = "\
import json, os, resource, sys, time
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
print(json.dumps({'wall': time.monotonic() - began, 'cpu': used.ru_utime + used.ru_stime,
    'peak_kib': used.ru_maxrss, 'code': os.waitstatus_to_exitcode(status)}), file=open(os.environ['MEASURED'], 'w'))
";

/// What a program used, with all that it started and waited for.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Measured {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of processor time, of the user and of the system.
    pub cpu: f64,
    /// The most memory that one of the processes had, in KiB.
    pub peak_kib: u64,
    /// The exit code.
    pub code: i32,
    /// What it wrote to stdout and stderr.
    #[serde(skip)]
    pub output: String,
}

/// Runs and measures programs.
pub struct Meter {
    python: PathBuf,
    folder: PathBuf,
}

impl Meter {
    /// Installs what it needs.
    pub async fn new(context: &Context) -> Result<Self, Failure> {
        let installed = PythonTools::EMULATOR.install(&context.workspace, &context.reporter).await;
        let python = installed.map_err(|error| context.failure(&error))?.join("bin/python");
        let folder = context.workspace.target().join("bench");
        std::fs::create_dir_all(&folder).map_err(Failure::nothing_changed)?;
        Ok(Self { python, folder })
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a program with additional variables in a folder. Cargo's own variables are taken away, so that a cargo that
    /// is run behaves as at a prompt.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        program: &[S],
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Measured, Failure> {
        let (result, output) = (self.folder.join("measured.json"), self.folder.join("output.txt"));
        let open = || std::fs::File::options().append(true).open(&output);
        std::fs::write(&output, "").map_err(Failure::nothing_changed)?;
        let mut command = Command::new(&self.python);
        for name in variables_of_cargo() {
            command.env_remove(name);
        }
        command.args(["-c", SCRIPT]).args(program).current_dir(folder).envs(variables.iter().copied());
        command.env("MEASURED", &result).stdin(Stdio::null());
        command.stdout(open().map_err(Failure::nothing_changed)?).stderr(open().map_err(Failure::nothing_changed)?);
        let status = command.status().map_err(Failure::nothing_changed)?;
        let name = program.first().map(|name| name.as_ref().display().to_string()).unwrap_or_default();
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        if !status.success() {
            return Err(Failure::nothing_changed(format!("`{name}` cannot be run: {said}")));
        }
        let text = std::fs::read(&result).map_err(Failure::nothing_changed)?;
        let measured: Measured = serde_json::from_slice(&text).map_err(Failure::nothing_changed)?;
        Ok(Measured { output: said, ..measured })
    }

    /// As [`Self::run`], and fails if the program does, unless it is expected to exit so.
    pub fn run_well<S: AsRef<OsStr>>(
        &self,
        program: &[S],
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Measured, Failure> {
        let measured = self.run(program, folder, variables)?;
        match measured.code {
            0 => Ok(measured),
            code => {
                let words: Vec<String> = program.iter().map(|word| word.as_ref().display().to_string()).collect();
                let last: Vec<&str> = measured.output.lines().rev().take(15).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                Err(Failure::nothing_changed(format!("`{}` exits with {code}:\n{}", words.join(" "), last.join("\n"))))
            }
        }
    }
}

/// The median of several runs, each figure by itself.
pub fn median(mut runs: Vec<Measured>) -> Option<Measured> {
    let middle = runs.len() / 2;
    let mut of = |by: fn(&Measured) -> f64| {
        runs.sort_by(|one, other| by(one).total_cmp(&by(other)));
        runs.get(middle).map(by)
    };
    let (wall, cpu, peak) = (of(|run| run.wall)?, of(|run| run.cpu)?, of(|run| run.peak_kib as f64)?);
    Some(Measured { wall, cpu, peak_kib: peak as u64, code: 0, output: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_its_own_median() {
        let run = |wall: f64, cpu: f64, peak_kib| Measured { wall, cpu, peak_kib, code: 0, output: String::new() };
        assert_eq!(median(vec![run(3.0, 1.0, 5), run(1.0, 2.0, 6), run(2.0, 3.0, 4)]), Some(run(2.0, 2.0, 5)));
        assert_eq!(median(vec![]), None);
    }
}
