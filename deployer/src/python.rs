//! Python packages that the deployer installs for itself: pinned, hash-checked, under `target/`.

mod index;
mod interpreter;

use crate::disk::DiskTrouble;
use crate::error::{Error, Outcome};
use crate::event::{Reporter, Step};
use crate::workspace::Workspace;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The file in an environment that is whole; it holds the folder that the environment was made in.
const COMPLETE: &str = "complete";

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

    /// Installs the packages unless they are installed, and returns the environment's folder.
    ///
    /// The folder's name holds a hash of the requirements: new ones get a new folder.
    pub async fn install(&self, workspace: &Workspace, reporter: &Reporter) -> Outcome<PathBuf> {
        let hash = hex::encode(&Sha256::digest(self.requirements)[..4]);
        let folder = workspace.target().join("python").join(format!("{}-{hash}", self.name));
        if is_complete(&folder) {
            return Ok(folder);
        }
        let step = reporter.begin(format!("installing {}", self.name));
        step.run(self.make(&folder, &step), |()| "from PyPI, by hash".into()).await?;
        Ok(folder)
    }

    async fn make(&self, folder: &Path, step: &Step) -> Outcome<()> {
        let python = interpreter::find_python().await?;
        // What an interrupted installation left is not to be trusted.
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(Error::file("remove", folder))?;
        }
        std::fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        step.doing("creating a virtual environment");
        run(
            isolated(Command::new(&python).args(["-I", "-m", "venv"]).arg(folder)),
            "cannot create a virtual environment",
            "install Python's venv module (Debian and Ubuntu: apt install python3-venv)",
        )
        .await
        .map_err(|error| on_disk(error, folder))?;
        let requirements = folder.join("requirements.txt");
        std::fs::write(&requirements, self.requirements).map_err(Error::file("write", &requirements))?;
        step.doing("downloading");
        let python = folder.join("bin/python");
        let settings = index::settings_of_pip(&python).await;
        run(
            isolated(&mut Command::new(&python))
                .envs(settings)
                .args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
                .args(["--require-hashes", "--only-binary", ":all:", "-r"])
                .arg(&requirements),
            &format!("cannot install the packages of {}", self.name),
            "check the network; pip fetches from PyPI, or from the index that PIP_INDEX_URL or pip.conf names",
        )
        .await
        .map_err(|error| on_disk(error, folder))?;
        let complete = folder.join(COMPLETE);
        std::fs::write(&complete, place(folder)).map_err(Error::file("write", &complete))
    }
}

/// Whether an environment is whole and where it was made: its programs begin with the path of its Python.
fn is_complete(folder: &Path) -> bool {
    let made_here = std::fs::read_to_string(folder.join(COMPLETE)).is_ok_and(|made_in| made_in == place(folder));
    // The interpreter behind the link is deleted when the system's Python is replaced by a newer one.
    made_here && folder.join("bin/python").exists()
}

/// The folder's path, the same by whatever way it is reached.
fn place(folder: &Path) -> String {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).display().to_string()
}

/// Variables that would bend a Python, its environments or pip: whole families, because new members come.
///
/// What they may say of pip's index is given to pip alone.
#[expect(clippy::disallowed_methods, reason = "these are removed from Python's environment")]
pub fn variables_of_python() -> impl Iterator<Item = OsString> {
    const FAMILIES: [&str; 5] = ["PIP_", "PYTHON", "VIRTUAL_ENV", "_PYTHON", "__PYVENV_"];
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| FAMILIES.iter().any(|family| name.to_string_lossy().starts_with(family)))
}

/// Takes out of a command's environment what would bend a Python.
fn isolated(command: &mut Command) -> &mut Command {
    for variable in variables_of_python() {
        command.env_remove(variable);
    }
    command
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

/// Runs a program until it ends; `failure` and `hint` are the error if it fails.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_was_moved_or_has_lost_its_python_is_not_complete() {
        let folder = std::env::temp_dir().join(format!("tsugite-{}-environment", std::process::id()));
        let (made, moved) = (folder.join("made"), folder.join("moved"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(made.join("bin")).unwrap();
        std::fs::write(made.join("bin/python"), "").unwrap();
        assert!(!is_complete(&made));
        // As it was written once, without a place.
        std::fs::write(made.join(COMPLETE), "").unwrap();
        assert!(!is_complete(&made));
        std::fs::write(made.join(COMPLETE), place(&made)).unwrap();
        assert!(is_complete(&made));
        std::fs::rename(&made, &moved).unwrap();
        assert!(!is_complete(&moved));
        std::fs::rename(&moved, &made).unwrap();
        std::fs::remove_file(made.join("bin/python")).unwrap();
        assert!(!is_complete(&made));
    }
}
