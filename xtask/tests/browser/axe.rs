//! axe-core, which judges whether everybody can use a page: from PyPI, by hash, and run in the browser.

use super::page::Browser;
use deployer::{PythonTools, Reporter, Workspace};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKAGE: &str = include_str!("../../ci/axe.txt");
const FILE: &str = "pytest_playwright_axe/resources/axe.min.js";
/// A Python without packages, whose pip fetches the wheel.
const PYTHON: PythonTools = PythonTools { name: "axe", requirements: "" };
/// The wheel is made for this Python; nothing of it is run by one.
const MADE_FOR: &str = "3.13";
/// What is judged: WCAG 2.2 up to AA, and what axe calls best practice.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Judges the page as it is now; one line for each finding, with its impact first.
pub fn findings(browser: &Browser) -> Vec<String> {
    browser.execute(source(), &[]);
    let script = "return axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(found =>
        found.violations.flatMap(rule => rule.nodes.map(node =>
            `${rule.impact}: ${rule.id} at ${node.target}: ${node.failureSummary}`)))";
    let found = browser.execute(script, &[json!(RULES)]);
    let found: &Vec<Json> = found.as_array().unwrap_or_else(|| panic!("axe gives no list: {found}"));
    found.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// Demands that axe finds nothing at all in the page as it is now.
pub fn finds_nothing(browser: &Browser, state: &str) {
    let found = findings(browser);
    assert!(found.is_empty(), "{state}:\n{}", found.join("\n"));
}

/// The script, fetched once for all tests of this run.
fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| std::fs::read_to_string(file()).unwrap())
}

fn file() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (reporter, _events) = Reporter::new();
    let environment = tokio.block_on(PYTHON.install(&Workspace::new(root), &reporter)).unwrap();
    let (python, folder) = (environment.join("bin/python"), environment.join(version()));
    if !folder.join(FILE).exists() {
        let unpacked = environment.join(format!("{}.new", version()));
        let _ = std::fs::remove_dir_all(&unpacked);
        std::fs::create_dir_all(&unpacked).unwrap();
        let list = unpacked.join("axe.txt");
        std::fs::write(&list, PACKAGE).unwrap();
        let pip = ["-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
        let given = ["--require-hashes", "--only-binary", ":all:", "--python-version", MADE_FOR, "--dest"];
        run(Command::new(&python).args(pip).args(given).arg(&unpacked).arg("-r").arg(&list));
        let entries = std::fs::read_dir(&unpacked).unwrap().map(|entry| entry.unwrap().path());
        let wheel = entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl")).unwrap();
        run(Command::new(&python).args(["-I", "-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked));
        // It is there whole or not at all.
        std::fs::rename(unpacked, &folder).unwrap();
    }
    folder.join(FILE)
}

/// The requirement without its hash.
fn version() -> &'static str {
    let line = PACKAGE.lines().find(|line| !line.starts_with('#')).unwrap();
    line.split_whitespace().next().unwrap()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
