//! The account as botocore sees it, which shares no code with the deployer.

use super::emulator::Emulator;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/local/account.py");

/// A process that looks at the account of one emulator; it ends when this is dropped.
pub struct Account {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Account {
    pub fn of(emulator: &Emulator) -> Self {
        let mut process = Command::new(emulator.python())
            .args([SCRIPT, super::lane::REGION, "serve"])
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL", emulator.url())
            .envs(emulator.credentials())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, questions, answers }
    }

    /// Calls a function of the script.
    pub fn ask(&mut self, function: &str, arguments: &[&str]) -> Json {
        let questions = self.questions.as_mut().unwrap();
        writeln!(questions, "{}", json!([function, arguments])).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{function}: {error}: {line}"))
    }

    pub fn inventory(&mut self) -> Inventory {
        let mut found = BTreeMap::new();
        flatten(&self.ask("traces", &[]), "", &mut found);
        Inventory(found)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.process.wait();
    }
}

/// All that is in an account, by its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Inventory(BTreeMap<String, BTreeSet<String>>);

impl Inventory {
    /// What came and what went since another one was taken; nothing if both are the same.
    pub fn since(&self, before: &Self) -> String {
        let mut changes = Vec::new();
        for (kind, now) in &self.0 {
            let then = &before.0[kind];
            changes.extend(now.difference(then).map(|item| format!("+ {kind}: {item}")));
            changes.extend(then.difference(now).map(|item| format!("- {kind}: {item}")));
        }
        changes.join("\n")
    }

    /// Of how many things of a kind there are more or fewer than in another one; nothing if none.
    pub fn miscounts(&self, expected: &Self) -> String {
        let differs = self.0.iter().filter(|(kind, now)| now.len() != expected.0[*kind].len());
        let lines = differs.map(|(kind, now)| format!("{kind}: {now:?} and not {:?}", expected.0[kind]));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Debug for Inventory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = self.0.iter().filter(|(_, items)| !items.is_empty());
        formatter.debug_map().entries(there).finish()
    }
}

/// Lists of names by their path in a document.
fn flatten(document: &Json, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match document {
        Json::Object(members) => {
            for (name, member) in members {
                flatten(member, &format!("{path} {name}"), found);
            }
        }
        Json::Array(items) => {
            let names = items.iter().map(|item| item.as_str().unwrap().to_owned());
            found.insert(path.trim().to_owned(), names.collect());
        }
        other => panic!("{path}: {other}"),
    }
}
