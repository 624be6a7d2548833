//! Finding a Python that can make an environment: the newest in range, or the one that was named.

use super::isolated;
use crate::error::{Error, Outcome};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Oldest and newest Python that the pinned packages have files for.
const RANGE: [(u32, u32); 2] = [(3, 10), (3, 14)];
/// What an interpreter is called on the `PATH`; the newest first, because the first of equals is taken.
const NAMES: [&str; 6] = ["python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3"];
/// Names the interpreter that is used in place of the newest.
const VARIABLE: &str = "TSUGITE_PYTHON";
/// Prints the version, then the modules without which there is no environment.
///
/// Debian and Ubuntu ship `ensurepip` in a package of its own.
const QUESTION: &str = "\
import sys, importlib.util as modules
print(*sys.version_info[:2], *(name for name in ('venv', 'ensurepip') if modules.find_spec(name) is None))
";

/// What was found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It makes environments.
    Usable((u32, u32)),
    /// Why it does not.
    Unusable(String),
}

/// The interpreter that `TSUGITE_PYTHON` names, else the newest in range on the `PATH`.
#[expect(clippy::disallowed_methods, reason = "a person names an interpreter by variable; the shell looks in PATH")]
pub(super) async fn find_python() -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        Some(named) => named_python(&named, &path).await,
        None => newest_python(&path).await,
    }
}

async fn named_python(named: &OsStr, path: &OsStr) -> Outcome<PathBuf> {
    let shown = named.to_string_lossy();
    let hint = format!("set {VARIABLE} to {}, or unset it", range());
    let is_path = Path::new(named).components().count() > 1;
    let program = match is_path {
        true => Some(PathBuf::from(named)),
        false => std::env::split_paths(path).map(|folder| folder.join(named)).find(|program| program.is_file()),
    };
    let Some(program) = program.filter(|program| program.is_file()) else {
        return Err(Error::Program { what: format!("{VARIABLE} names `{shown}`, which does not exist"), hint });
    };
    match probe(&program).await {
        Found::Usable(_) => Ok(program),
        Found::Unusable(why) => Err(Error::Program { what: format!("{VARIABLE} names `{shown}`, which {why}"), hint }),
    }
}

async fn newest_python(path: &OsStr) -> Outcome<PathBuf> {
    let candidates = candidates(path);
    let found = join_all(candidates.iter().map(|program| probe(program))).await;
    let mut newest: Option<(&PathBuf, (u32, u32))> = None;
    for (program, found) in candidates.iter().zip(&found) {
        if let Found::Usable(version) = found
            && newest.is_none_or(|(_, before)| *version > before)
        {
            newest = Some((program, *version));
        }
    }
    match newest {
        Some((program, _)) => Ok(program.clone()),
        None => Err(none_usable(&candidates, found)),
    }
}

/// Every interpreter on the `PATH`, each file once.
fn candidates(path: &OsStr) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for folder in std::env::split_paths(path) {
        for name in NAMES {
            let program = folder.join(name);
            // Tools that choose a version by the name they are called by are one file with many names.
            let identity = program.canonicalize().map(|file| (file, is_script(&program).then_some(name)));
            if program.is_file() && identity.is_ok_and(|identity| seen.insert(identity)) {
                candidates.push(program);
            }
        }
    }
    candidates
}

fn is_script(program: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 2];
    std::fs::File::open(program).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"#!"
}

fn none_usable(candidates: &[PathBuf], found: Vec<Found>) -> Error {
    let mut looked_at: Vec<String> = candidates
        .iter()
        .zip(found)
        .map(|(program, found)| match found {
            Found::Unusable(why) => format!("`{}` {why}", program.display()),
            Found::Usable(_) => format!("`{}`", program.display()),
        })
        .collect();
    if looked_at.is_empty() {
        looked_at.push(format!("none of {} exists", NAMES.map(|name| format!("`{name}`")).join(", ")));
    }
    Error::Program {
        what: format!("no usable Python found on the PATH\n  {}", looked_at.join("\n  ")),
        hint: format!(
            "install {} (Debian and Ubuntu: apt install python3 python3-venv), or set {VARIABLE} to one",
            range()
        ),
    }
}

/// The versions in range, for a message.
fn range() -> String {
    let [oldest, newest] = RANGE;
    format!("Python {}.{} to {}.{} with venv", oldest.0, oldest.1, newest.0, newest.1)
}

async fn probe(program: &Path) -> Found {
    let output = isolated(Command::new(program).args(["-I", "-c", QUESTION])).output().await;
    match output {
        Ok(output) if output.status.success() => judge(&String::from_utf8_lossy(&output.stdout)),
        // Version managers leave such files for versions that are not chosen.
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it says nothing");
            Found::Unusable(format!("does not run: {last}"))
        }
        Err(error) => Found::Unusable(format!("does not run: {error}")),
    }
}

/// Reads the answer to the question.
fn judge(answer: &str) -> Found {
    let mut words = answer.split_whitespace();
    let mut number = || words.next().and_then(|word| word.parse().ok());
    let (Some(major), Some(minor)) = (number(), number()) else {
        return Found::Unusable("does not print its version".into());
    };
    let missing: Vec<&str> = words.collect();
    let (version, [oldest, newest]) = ((major, minor), RANGE);
    if version < oldest {
        Found::Unusable(format!("is Python {major}.{minor}: too old"))
    } else if version > newest {
        Found::Unusable(format!("is Python {major}.{minor}: too new"))
    } else if !missing.is_empty() {
        Found::Unusable(format!("is Python {major}.{minor} without {}", missing.join(" and ")))
    } else {
        Found::Usable(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A folder with programs that answer as these interpreters would.
    fn folder(name: &str, programs: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tsugite-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, answer) in programs {
            let program = folder.join(name);
            std::fs::write(&program, format!("#!/bin/sh\n{answer}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[tokio::test]
    async fn the_newest_in_range_with_venv_is_found() {
        let first = folder("first", &[("python3", "echo 3 9"), ("python3.14", "echo command not found >&2; exit 127")]);
        let second = folder(
            "second",
            &[("python3.13", "echo 3 13 ensurepip"), ("python3.12", "echo 3 12"), ("python3.11", "echo 3 11")],
        );
        let third = folder("third", &[("python3", "echo 3 15")]);
        let path = std::env::join_paths([&first, &second, &third]).unwrap();
        assert_eq!(newest_python(&path).await.unwrap(), second.join("python3.12"));
        // An unusable one of the same name before a usable one does not hide it.
        let fourth = folder("fourth", &[("python3", "echo 3 14")]);
        let path = std::env::join_paths([&first, &fourth]).unwrap();
        assert_eq!(newest_python(&path).await.unwrap(), fourth.join("python3"));
    }

    #[tokio::test]
    async fn if_none_is_usable_each_is_listed_with_its_reason() {
        let programs = [
            ("python3", "echo 3 9"),
            ("python3.14", "echo no such version >&2; exit 1"),
            ("python3.13", "echo 3 13 ensurepip"),
            ("python3.10", "echo 3 15"),
        ];
        let folder = folder("unusable", &programs);
        let error = newest_python(folder.as_os_str()).await.unwrap_err();
        let text = error.to_string();
        for words in [
            "/python3` is Python 3.9: too old",
            "/python3.14` does not run: no such version",
            "/python3.13` is Python 3.13 without ensurepip",
            "/python3.10` is Python 3.15: too new",
        ] {
            assert!(text.contains(words), "`{words}` is missing in:\n{text}");
        }
        assert!(error.hint().unwrap().contains("TSUGITE_PYTHON"));
    }

    #[tokio::test]
    async fn a_named_one_is_used_or_refused_with_its_reason() {
        let folder = folder("named", &[("mine", "echo 3 12"), ("old", "echo 3 8")]);
        let path = folder.as_os_str();
        assert_eq!(named_python(OsStr::new("mine"), path).await.unwrap(), folder.join("mine"));
        let by_path = folder.join("mine");
        assert_eq!(named_python(by_path.as_os_str(), OsStr::new("")).await.unwrap(), by_path);
        for (name, words) in [
            ("old", "TSUGITE_PYTHON names `old`, which is Python 3.8: too old"),
            ("none", "TSUGITE_PYTHON names `none`, which does not exist"),
            ("/no/such", "TSUGITE_PYTHON names `/no/such`, which does not exist"),
        ] {
            let error = named_python(OsStr::new(name), path).await.unwrap_err();
            assert_eq!(error.to_string(), words);
            assert!(error.hint().unwrap().contains("Python 3.10 to 3.14 with venv"));
        }
    }
}
