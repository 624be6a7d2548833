//! Invariants of the sources that no compiler checks; each finding names the file and the remedy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates of ours each crate may use, tests included: dependencies run downhill only.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("policies", &[]),
    ("contracts", &["policies"]),
    ("runtime", &["contracts"]),
    ("standins", &["contracts"]),
    ("webhook-receiver", &["contracts", "runtime"]),
    ("backlog-client", &["contracts", "runtime", "standins"]),
    ("file-replicator", &["backlog-client", "contracts", "runtime", "standins"]),
    ("incident-reporter", &["backlog-client", "contracts", "runtime", "standins"]),
    ("question-archiver", &["contracts", "runtime"]),
    ("question-receiver", &["contracts", "runtime"]),
    ("slack-notifier", &["contracts", "runtime", "standins"]),
    ("teams-poster", &["contracts", "runtime", "standins"]),
    ("ticket-creator", &["backlog-client", "contracts", "runtime", "standins"]),
    ("stacks", &["contracts", "policies"]),
    ("compiler", &[]),
    ("deployer", &["contracts", "policies", "stacks"]),
    ("xtask", &["compiler", "deployer", "stacks", "standins"]),
];
/// Crates that see neither the AWS SDK nor the asynchronous world.
const PURE: [&str; 3] = ["policies", "contracts", "stacks"];
/// The only crates that see the AWS SDK.
const SDK_USERS: [&str; 2] = ["runtime", "deployer"];
/// What the tool is made of.
const PACKAGES: [&str; 10] = [
    "aws-sdk-apigateway",
    "aws-sdk-cloudformation",
    "aws-sdk-iam",
    "aws-sdk-lambda",
    "aws-sdk-s3",
    "cargo-lambda-build",
    "clap",
    "yaml_serde",
    "tokio",
    "zip",
];
/// What stands at the top level beside hidden files.
const TOP_LEVEL: [&str; 14] = [
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "deployer",
    "handlers",
    "policies",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "stacks",
    "xtask",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files that git knows of or would take.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let files: Vec<String> = list.lines().filter(|file| root().join(file).exists()).map(str::to_owned).collect();
    assert!(files.len() > 50, "git lists too few files to judge");
    files
}

fn read(file: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(root().join(file)).unwrap()).into_owned()
}

/// Fails with all findings at once.
fn check(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// Every stack of the local stage.
fn local_stacks() -> Vec<stacks::Stack> {
    let text = read("stacks/stages/local.yaml");
    stacks::all(&stacks::Stage::parse(stacks::StageName::try_from("local".to_owned()).unwrap(), &text).unwrap())
}

/// Names of the dependencies of each crate of ours, tests included.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let names = package["dependencies"].as_array().unwrap().iter();
            let names = names.map(|dependency| dependency["name"].as_str().unwrap().to_owned());
            (package["name"].as_str().unwrap().to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn dependencies_run_downhill() {
    let dependencies = dependencies();
    let ours: BTreeSet<&String> = dependencies.keys().collect();
    let table: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut findings = Vec::new();
    for (package, uses) in &dependencies {
        let Some(allowed) = table.get(package.as_str()) else {
            findings.push(format!("{package}: add it to the table in xtask/tests/tidy.rs"));
            continue;
        };
        let wrong = uses.iter().filter(|name| ours.contains(name) && !allowed.contains(&name.as_str()));
        findings.extend(wrong.map(|name| format!("{package} uses {name}: only {allowed:?} are below it")));
    }
    check(findings);
}

#[test]
fn only_two_crates_see_the_sdk_and_pure_ones_see_no_runtime() {
    let mut findings = Vec::new();
    for (package, uses) in dependencies() {
        let sees_sdk = uses.iter().any(|name| name.starts_with("aws-"));
        if sees_sdk && !SDK_USERS.contains(&package.as_str()) {
            findings.push(format!("{package} sees the AWS SDK: go through runtime or deployer"));
        }
        if PURE.contains(&package.as_str()) && uses.contains("tokio") {
            findings.push(format!("{package} sees tokio: it is pure"));
        }
    }
    check(findings);
}

#[test]
fn the_tool_is_made_of_these() {
    let all: BTreeSet<String> = dependencies().into_values().flatten().collect();
    check(
        PACKAGES
            .iter()
            .filter(|name| !all.contains(**name))
            .map(|name| format!("no crate of ours uses {name}"))
            .collect(),
    );
}

#[test]
fn versions_are_declared_once() {
    let manifests = files().into_iter().filter(|file| file.ends_with("/Cargo.toml"));
    let mut findings = Vec::new();
    for file in manifests {
        let text = read(&file);
        let sections = text.split("\n[").filter(|section| section.contains("dependencies]"));
        let lines = sections.flat_map(|section| section.lines().skip(1)).filter(|line| line.contains('='));
        let wrong = lines.filter(|line| !line.contains("workspace = true"));
        findings.extend(wrong.map(|line| format!("{file}: `{line}`: declare the version in the root manifest")));
    }
    check(findings);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let starts = [(".rs", "//! "), (".py", "\"\"\"")];
    let sources = files().into_iter().filter_map(|file| {
        let (_, start) = starts.into_iter().find(|(ending, _)| file.ends_with(ending))?;
        Some((file, start))
    });
    check(
        sources
            .filter(|(file, start)| !read(file).starts_with(start))
            .map(|(file, start)| format!("{file}: begin with one sentence that says what it is for, after `{start}`"))
            .collect(),
    );
}

#[test]
fn no_source_file_is_too_long_to_read() {
    let sources = files().into_iter().filter(|file| file.ends_with(".rs") || file.ends_with(".py"));
    check(
        sources
            .map(|file| (read(&file).lines().count(), file))
            .filter(|(n_lines, _)| *n_lines > 400)
            .map(|(n_lines, file)| format!("{file}: {n_lines} lines: split it"))
            .collect(),
    );
}

#[test]
fn handlers_reach_nothing_but_their_links() {
    let mut findings = Vec::new();
    for file in files() {
        let parts: Vec<&str> = file.split('/').collect();
        let is_handler = matches!(parts.as_slice(), ["handlers", name, "src", ..]
            if !["contracts", "runtime", "standins", "backlog-client"].contains(name));
        if !is_handler || file.ends_with("tests.rs") || file.contains("/tests/") {
            continue;
        }
        let text = read(&file);
        for word in ["std::env", "aws_sdk", "aws_config", "std::fs", "std::process::Command"] {
            if text.contains(word) {
                findings.push(format!("{file}: `{word}`: declare a link in the contract"));
            }
        }
    }
    check(findings);
}

#[test]
fn the_deployer_knows_no_stack_by_name() {
    let stacks = local_stacks();
    let functions = stacks.iter().flat_map(|stack| stack.functions()).map(|function| function.logical_id);
    let names: BTreeSet<String> = stacks::NAMES.iter().copied().chain(functions).map(str::to_owned).collect();
    let mut findings = Vec::new();
    for file in files().into_iter().filter(|file| file.starts_with("deployer/src/")) {
        let text = read(&file);
        for name in &names {
            if text.contains(name.as_str()) {
                findings.push(format!("{file}: `{name}`: the stack tells it"));
            }
        }
    }
    check(findings);
}

#[test]
fn the_top_level_stays_as_it_is() {
    let names: BTreeSet<String> = files().iter().map(|file| file.split('/').next().unwrap().to_owned()).collect();
    check(
        names
            .iter()
            .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()))
            .map(|name| format!("{name}: move it into one of the folders"))
            .collect(),
    );
}

#[test]
fn no_path_of_a_machine_is_committed() {
    // Written in parts, so that this file does not find itself.
    let words = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    let mut findings = Vec::new();
    for file in files().into_iter().filter(|file| !file.ends_with(".lock")) {
        let text = read(&file);
        findings.extend(words.iter().filter(|word| text.contains(**word)).map(|word| format!("{file}: `{word}`")));
    }
    check(findings);
}

#[test]
fn the_documents_are_as_the_sources_say() {
    let run = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["docs", "--check"]).current_dir(root()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn every_stack_has_its_section_in_the_readme() {
    let readme = read("README.md");
    let parts =
        stacks::NAMES.iter().flat_map(|name| [format!("### `{name}`\n"), format!("<!-- docs: picture {name} -->")]);
    check(
        parts
            .filter(|part| !readme.contains(part))
            .map(|part| format!("README.md: add `{}`, then: cargo xtask docs", part.trim()))
            .collect(),
    );
}

#[test]
fn ci_runs_every_test_of_the_tool() {
    let ci = read("xtask/src/ci.rs");
    let names = files().into_iter().filter_map(|file| {
        let name = file.strip_prefix("xtask/tests/")?.strip_suffix(".rs")?.to_owned();
        (!name.contains('/')).then_some(name)
    });
    check(
        names
            .filter(|name| !ci.contains(&format!("--test {name}")) && !ci.contains(&format!("\"{name}\"")))
            .map(|name| format!("xtask/src/ci.rs: add `{name}` to a step or a lane"))
            .collect(),
    );
}
