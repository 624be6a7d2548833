//! Python packages that the deployer installs for itself: pinned, hash-checked, under `target/`.

use crate::disk::DiskTrouble;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::toolchain::Workspace;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Oldest Python that the packages run on.
const OLDEST: (u32, u32) = (3, 10);

/// A set of packages in a virtual environment of its own.
#[derive(Clone, Copy, Debug)]
pub struct PythonTools {
    /// Name of the folder.
    pub name: &'static str,
    /// Requirements with hashes, as pip reads them.
    pub requirements: &'static str,
}

impl PythonTools {
    /// The emulator of AWS that the local stage runs on.
    pub const EMULATOR: Self = Self { name: "emulator", requirements: include_str!("../emulator/requirements.txt") };
    /// The linker that makes the same binary on every machine.
    pub const ZIG: Self = Self { name: "zig", requirements: include_str!("../compiler/requirements.txt") };

    /// Installs the packages unless they are there, and returns the environment's folder.
    ///
    /// The folder's name holds a hash of the requirements: new ones get a new folder.
    pub async fn install(&self, workspace: &Workspace, reporter: &Reporter) -> Outcome<PathBuf> {
        let hash = format!("{:x?}", &Sha256::digest(self.requirements)[..4]);
        let hash: String = hash.chars().filter(char::is_ascii_hexdigit).collect();
        let folder = workspace.target().join("python").join(format!("{}-{hash}", self.name));
        if folder.join("complete").exists() {
            return Ok(folder);
        }
        let step = format!("installing {}", self.name);
        reporter.step(&step, self.make(&folder, &step, reporter), |()| "from PyPI, by hash".into()).await?;
        Ok(folder)
    }

    async fn make(&self, folder: &Path, step: &str, reporter: &Reporter) -> Outcome<()> {
        let python = find_python().await?;
        // What an interrupted installation left is not to be trusted.
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(Error::file("remove", folder))?;
        }
        std::fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        reporter.doing(step, "making a virtual environment");
        run(
            Command::new(&python).args(["-m", "venv"]).arg(folder),
            "a virtual environment cannot be made",
            "install Python's venv module (Debian and Ubuntu: apt install python3-venv)",
        )
        .await
        .map_err(|error| on_disk(error, folder))?;
        let requirements = folder.join("requirements.txt");
        std::fs::write(&requirements, self.requirements).map_err(Error::file("write", &requirements))?;
        reporter.doing(step, "downloading");
        run(
            Command::new(folder.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
                .args(["--require-hashes", "--only-binary", ":all:", "-r"])
                .arg(&requirements),
            &format!("the packages of {} cannot be installed", self.name),
            "check the network; pip fetches from PyPI, or from the index that PIP_INDEX_URL names",
        )
        .await
        .map_err(|error| on_disk(error, folder))?;
        let complete = folder.join("complete");
        std::fs::write(&complete, "").map_err(Error::file("write", &complete))
    }
}

/// The first `python3` on the path that is new enough.
async fn find_python() -> Outcome<PathBuf> {
    let question = "import sys; print(sys.version_info[0], sys.version_info[1])";
    let output = Command::new("python3").args(["-c", question]).output().await;
    let hint = format!("install Python {}.{} or newer as `python3`", OLDEST.0, OLDEST.1);
    let Ok(output) = output else {
        return Err(Error::Program { what: "there is no `python3` on the PATH".into(), hint });
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < OLDEST {
        return Err(Error::Program { what: format!("`python3` is Python {}.{}", version.0, version.1), hint });
    }
    Ok("python3".into())
}

/// The same error with another next step, if the disk is what the program failed of: venv keeps to itself
/// what its own child said.
fn on_disk(error: Error, folder: &Path) -> Error {
    match error {
        Error::Program { what, hint } => {
            let trouble = DiskTrouble::of_words(&what).or_else(|| DiskTrouble::at(folder));
            Error::Program { what, hint: trouble.map_or(hint, |trouble| trouble.hint(folder)) }
        }
        other => other,
    }
}

/// Runs a program to its end; `failure` and `hint` tell what it means if it fails.
async fn run(command: &mut Command, failure: &str, hint: &str) -> Outcome<()> {
    let output = command.stdin(std::process::Stdio::null()).kill_on_drop(true).output().await;
    let said = match &output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
        Err(error) => error.to_string(),
    };
    let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = last[last.len().saturating_sub(4)..].join("\n  ");
    Err(Error::Program { what: format!("{failure}\n  {last}"), hint: hint.to_owned() })
}
