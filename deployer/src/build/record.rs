//! What the last light build was made of, so that cargo is not asked again while nothing has changed.
//!
//! The cargo that runs this tool has just compared everything that both builds have in common: the toolchain, flags,
//! locked versions, shared crates. If any of it changes, the tool is another file. What is left are the sources of the
//! handlers, which cargo lists beside each executable, and their manifests.

use crate::binary::Binary;
use crate::stamp::Stamp;
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The inputs and outputs of a build, each as it was.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    tool: Stamp,
    inputs: Vec<Stamp>,
    executables: BTreeMap<String, Stamp>,
}

impl Record {
    /// The record of the last build; `None` if there is none, or if anything that went into it has changed.
    pub(super) fn read(workspace: &Workspace) -> Option<Self> {
        let record: Self = serde_json::from_slice(&std::fs::read(path_in(workspace)).ok()?).ok()?;
        let is_this_tool = std::env::current_exe().is_ok_and(|path| path == record.tool.path);
        (is_this_tool && record.tool.holds() && record.inputs.iter().all(Stamp::holds)).then_some(record)
    }

    /// The executables of these packages; `None` if the build had another one, or if one has changed since.
    pub(super) fn paths(&self, packages: &[&str]) -> Option<Vec<PathBuf>> {
        let executables = packages.iter().map(|package| self.executables.get(*package));
        executables.map(|stamp| stamp.filter(|stamp| stamp.holds()).map(|stamp| stamp.path.clone())).collect()
    }

    /// Records a build that began at this time. Without a record, cargo is asked: nothing here is an error.
    pub(super) fn write(workspace: &Workspace, binaries: &[Binary], began: SystemTime) {
        let path = path_in(workspace);
        let _ = match Self::of(workspace, binaries, began).and_then(|record| serde_json::to_vec(&record).ok()) {
            Some(text) => std::fs::write(path, text),
            None => std::fs::remove_file(path),
        };
    }

    /// `None` if something cannot be read, or was changed while cargo may have read it.
    fn of(workspace: &Workspace, binaries: &[Binary], began: SystemTime) -> Option<Self> {
        let mut inputs = BTreeSet::new();
        for binary in binaries {
            for source in sources(&std::fs::read_to_string(binary.path.with_extension("d")).ok()?) {
                add_with_folders(workspace.root(), source, &mut inputs);
            }
        }
        let settings =
            ["Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"].map(|name| workspace.root().join(name));
        inputs.extend(settings.into_iter().filter(|path| path.exists()));
        let inputs: Vec<Stamp> = inputs.iter().map(|path| Stamp::of(path)).collect::<Result<_, _>>().ok()?;
        let executable = |binary: &Binary| Some((binary.package.clone(), Stamp::of(&binary.path).ok()?));
        let record = Self {
            tool: Stamp::of(&std::env::current_exe().ok()?).ok()?,
            executables: binaries.iter().map(executable).collect::<Option<_>>()?,
            inputs,
        };
        record.inputs.iter().all(|input| input.is_older_than(began)).then_some(record)
    }
}

/// The files of which cargo made an executable, as far as it lists them beside it.
pub fn dependencies_of(executable: &Path) -> BTreeSet<PathBuf> {
    sources(&std::fs::read_to_string(executable.with_extension("d")).unwrap_or_default()).into_iter().collect()
}

fn path_in(workspace: &Workspace) -> PathBuf {
    workspace.target().join("light-build.json")
}

/// The files that cargo lists for an executable.
///
/// Source: the Cargo book, "Build cache", "Dep-info files": as a rule of make, with a backslash before a space.
fn sources(rule: &str) -> Vec<PathBuf> {
    const SPACE: &str = "\u{0}";
    let rule = rule.replace("\\ ", SPACE);
    let files = rule.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, files)| files.split_whitespace());
    files.map(|file| file.replace(SPACE, " ").into()).collect()
}

/// Adds a source with the folders up to the root, which change when a file is made or deleted, and their manifests.
fn add_with_folders(root: &Path, source: PathBuf, inputs: &mut BTreeSet<PathBuf>) {
    for folder in source.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        if !inputs.insert(folder.to_owned()) {
            break;
        }
        inputs.extend(Some(folder.join("Cargo.toml")).filter(|manifest| manifest.exists()));
    }
    inputs.insert(source);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A workspace with one handler that is built, and its record.
    fn built(name: &str) -> (Workspace, Binary) {
        let root = std::env::temp_dir().join(format!("tsugite-record-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let workspace = Workspace::new(&root);
        for folder in ["target/tsugite", "target/debug", "handlers/one two/src", ".cargo"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let source = root.join("handlers/one two/src/main.rs");
        for file in [
            "Cargo.toml",
            "Cargo.lock",
            "rust-toolchain.toml",
            ".cargo/config.toml",
            "handlers/one two/Cargo.toml",
            "target/debug/one",
        ] {
            std::fs::write(root.join(file), file).unwrap();
        }
        std::fs::write(&source, "fn main() {}").unwrap();
        let binary = Binary { package: "one".into(), path: root.join("target/debug/one") };
        let rule = format!("{}: {}\n", binary.path.display(), source.display().to_string().replace(' ', "\\ "));
        std::fs::write(root.join("target/debug/one.d"), rule).unwrap();
        (workspace, binary)
    }

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(1)
    }

    fn is_known(workspace: &Workspace, package: &str) -> bool {
        Record::read(workspace).is_some_and(|record| record.paths(&[package]).is_some())
    }

    #[test]
    fn every_change_is_seen() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 11] = [
            ("a source", |root| std::fs::write(root.join("handlers/one two/src/main.rs"), "fn mine() {}").unwrap()),
            ("a manifest", |root| std::fs::write(root.join("handlers/one two/Cargo.toml"), "[lints]").unwrap()),
            ("the root manifest", |root| std::fs::write(root.join("Cargo.toml"), "[profile]").unwrap()),
            ("the lock file", |root| std::fs::write(root.join("Cargo.lock"), "").unwrap()),
            ("the toolchain", |root| std::fs::write(root.join("rust-toolchain.toml"), "").unwrap()),
            ("the configuration", |root| std::fs::write(root.join(".cargo/config.toml"), "").unwrap()),
            ("a new build script", |root| std::fs::write(root.join("handlers/one two/build.rs"), "").unwrap()),
            ("a new folder", |root| std::fs::create_dir(root.join("handlers/one two/.cargo")).unwrap()),
            ("a deleted source", |root| std::fs::remove_file(root.join("handlers/one two/src/main.rs")).unwrap()),
            ("another executable", |root| std::fs::write(root.join("target/debug/one"), "other").unwrap()),
            ("a damaged record", |root| std::fs::write(root.join("target/tsugite/light-build.json"), "{").unwrap()),
        ];
        for (n, (name, change)) in changes.into_iter().enumerate() {
            let (workspace, binary) = built(&n.to_string());
            Record::write(&workspace, &[binary], later());
            assert!(is_known(&workspace, "one"), "before {name}");
            assert!(!is_known(&workspace, "two"));
            std::thread::sleep(Duration::from_millis(20));
            change(workspace.root());
            assert!(!is_known(&workspace, "one"), "after {name}");
            std::fs::remove_dir_all(workspace.root()).unwrap();
        }
    }

    #[test]
    fn what_changed_during_the_build_is_not_recorded() {
        let (workspace, binary) = built("during");
        Record::write(&workspace, std::slice::from_ref(&binary), later());
        // The source was written after the build began: cargo may have read it before.
        Record::write(&workspace, &[binary], SystemTime::now() - Duration::from_secs(60));
        assert!(!is_known(&workspace, "one"));
        std::fs::remove_dir_all(workspace.root()).unwrap();
    }
}
