//! Invariants of the sources that no compiler checks; each finding names the file and the remedy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "tidy/architecture.rs"]
mod architecture;
#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/handlers.rs"]
mod handlers;
#[path = "tidy/rust_source.rs"]
mod rust_source;
#[path = "tidy/words.rs"]
mod words;

use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates of the workspace each crate may use, tests included: dependencies run downhill only.
///
/// Handlers and the crates of links stand in no list; see `tidy/handlers.rs`.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("policies", &[]),
    ("contracts", &["policies"]),
    ("runtime", &["contracts"]),
    ("aws", &["contracts", "runtime"]),
    ("crc-fast", &[]),
    ("web", &["contracts", "runtime"]),
    ("standins", &["contracts"]),
    ("testing", &["aws", "contracts", "dynamodb", "runtime", "s3", "secretsmanager", "sns", "sqs", "standins"]),
    ("backlog-client", &["contracts", "runtime", "standins", "testing", "web"]),
    ("stacks", &["contracts", "policies"]),
    ("compiler", &[]),
    ("deployer", &["contracts", "policies", "stacks"]),
    ("xtask", &["deployer", "stacks", "standins"]),
];
/// Crates that see neither the AWS SDK nor the asynchronous world.
const PURE: [&str; 3] = ["policies", "contracts", "stacks"];
/// The only crates that see the AWS SDK, beside those of links; `testing` only to ask the emulator.
const SDK_USERS: [&str; 3] = ["aws", "deployer", "testing"];
/// The packages that the owner of the project has chosen; another one in their place is a decision of the owner.
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
const TOP_LEVEL: [&str; 15] = [
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.ja.md",
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

/// A crate of the workspace, as its manifest describes it.
struct Package {
    name: String,
    /// Where it is, from the root.
    folder: String,
    /// Its dependencies.
    uses: BTreeSet<String>,
    /// Those of its tests alone.
    tests_use: BTreeSet<String>,
}

impl Package {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.uses.iter().chain(&self.tests_use)
    }
}

fn packages() -> Vec<Package> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let package = |package: &Json| {
        let (mut uses, mut tests_use) = (BTreeSet::new(), BTreeSet::new());
        for dependency in package["dependencies"].as_array().unwrap() {
            let list = if dependency["kind"] == "dev" { &mut tests_use } else { &mut uses };
            list.insert(text(&dependency["name"]));
        }
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let folder = manifest.parent().unwrap().strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        Package { name: text(&package["name"]), folder, uses, tests_use }
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// The crates of the workspace that a crate may use; `None` if neither the table nor a rule knows it.
fn allowed(package: &Package, packages: &[Package]) -> Option<BTreeSet<String>> {
    let listed = MAY_USE.iter().find(|(name, _)| *name == package.name);
    let listed = listed.map(|(_, used)| used.iter().map(|name| (*name).to_owned()).collect());
    listed.or_else(|| handlers::may_use(package, packages))
}

#[test]
fn dependencies_run_downhill() {
    let packages = packages();
    let ours: BTreeSet<&String> = packages.iter().map(|package| &package.name).collect();
    let listed = MAY_USE.iter().flat_map(|(name, used)| used.iter().chain([name]));
    let missing = listed.chain(&PURE).chain(&SDK_USERS).filter(|name| !ours.iter().any(|other| other == *name));
    let mut findings: Vec<String> =
        missing.map(|name| format!("xtask/tests/tidy.rs: there is no crate `{name}`: remove it")).collect();
    for package in &packages {
        let Some(allowed) = allowed(package, &packages) else {
            findings.push(format!("{}: add it to the table in xtask/tests/tidy.rs", package.name));
            continue;
        };
        let wrong = package.all().filter(|name| ours.contains(name) && !allowed.contains(*name));
        findings.extend(wrong.map(|name| format!("{} uses {name}: only {allowed:?} are below it", package.name)));
    }
    check(findings);
}

#[test]
fn only_the_connection_the_links_and_the_deployer_see_the_sdk_and_pure_crates_see_no_runtime() {
    let mut findings = Vec::new();
    for package in packages() {
        let sees_sdk = package.all().any(|name| name.starts_with("aws-"));
        if sees_sdk && !SDK_USERS.contains(&package.name.as_str()) && !handlers::is_link(&package) {
            findings.push(format!("{} sees the AWS SDK: go through a link or the deployer", package.name));
        }
        if PURE.contains(&package.name.as_str()) && package.all().any(|name| name == "tokio") {
            findings.push(format!("{} sees tokio: it is pure", package.name));
        }
    }
    check(findings);
}

#[test]
fn the_packages_that_the_owner_has_chosen_are_used() {
    let all: BTreeSet<String> = packages().iter().flat_map(Package::all).cloned().collect();
    check(
        PACKAGES
            .iter()
            .filter(|name| !all.contains(**name))
            .map(|name| format!("no crate of the workspace uses {name}"))
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
    const ENDINGS: [&str; 6] = [".rs", ".py", ".js", ".mjs", ".css", ".html"];
    let sources = files().into_iter().filter(|file| ENDINGS.iter().any(|ending| file.ends_with(ending)));
    check(
        sources
            .map(|file| (read(&file).lines().count(), file))
            .filter(|(n_lines, _)| *n_lines > 400)
            .map(|(n_lines, file)| format!("{file}: {n_lines} lines: split it"))
            .collect(),
    );
}

#[test]
fn the_deployer_knows_no_stack_and_no_saas_by_name() {
    let stacks = local_stacks();
    let functions = stacks.iter().flat_map(|stack| stack.functions()).map(|function| function.logical_id);
    let names: BTreeSet<String> = stacks::NAMES.iter().copied().chain(functions).map(str::to_owned).collect();
    let opened = stacks.iter().flat_map(|stack| stack.secrets()).filter_map(|secret| Some(secret.saas?.id()));
    let callers = stacks.iter().flat_map(|stack| stack.registrations()).map(|registration| registration.saas);
    let callers = callers.map(|name| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
    let saas: BTreeSet<String> = opened.chain(callers).map(|name| name.to_lowercase()).collect();
    assert!(saas.len() > 3, "the stacks of the local stage name too few SaaS to judge: {saas:?}");
    let mut findings = Vec::new();
    for file in files().into_iter().filter(|file| file.starts_with("deployer/src/")) {
        let text = read(&file);
        let with_name = names.iter().filter(|name| text.contains(name.as_str()));
        findings.extend(with_name.map(|name| format!("{file}: `{name}`: take it from the stack")));
        // Tests take stacks and secrets as they are.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_lowercase();
        let is_test = file.ends_with("/tests.rs");
        let named =
            saas.iter().filter(|name| !is_test && (code.contains(name.as_str()) || file.contains(name.as_str())));
        findings.extend(named.map(|name| format!("{file}: `{name}`: what it is about belongs to stacks or contracts")));
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

/// `cargo test` runs the others.
#[test]
fn ci_names_every_test_that_cargo_test_leaves_out() {
    let (ci, manifest) = (read("xtask/src/ci.rs"), read("xtask/Cargo.toml"));
    let left_out: Vec<&str> = manifest
        .split("[[test]]")
        .filter(|test| test.contains("\ntest = false\n"))
        .filter_map(|test| test.split('"').nth(1))
        .collect();
    assert!(left_out.len() > 5, "the check finds nothing: {left_out:?}");
    let missing = left_out.iter().filter(|name| !ci.contains(&format!("\"{name}\"")));
    check(missing.map(|name| format!("xtask/src/ci.rs: add `{name}` to a lane")).collect());
}

/// The page is no Rust, and the browser's tests know nothing of contracts: each holds the number itself.
#[test]
fn the_longest_question_is_the_same_everywhere() {
    const NAME: &str = "const TEXT_LIMIT";
    let files = [
        "handlers/contracts/src/question.rs",
        "stacks/src/question_form/site/form.js",
        "xtask/tests/browser/question_form.rs",
    ];
    let limit = |file: &&str| {
        let text = read(file);
        let value = text.lines().find(|line| line.contains(NAME)).and_then(|line| line.split('=').nth(1));
        value.map(|value| value.chars().filter(char::is_ascii_digit).collect::<String>())
    };
    let limits: Vec<Option<String>> = files.iter().map(limit).collect();
    let is_same = limits[0].is_some() && limits.iter().all(|limit| *limit == limits[0]);
    check(if is_same { vec![] } else { vec![format!("the limits of {files:?} differ: {limits:?}")] });
}
