//! `cargo xtask ci`: every check that a change must pass.

mod clients;
mod lanes;
mod steps;

use crate::cli::CiOptions;
use crate::commands::policy::permissions_json;
use crate::context::root;
use crate::display::write_line;
use crate::failure::Failure;
use crate::stage_file;
use deployer::{PythonTools, Reporter, Workspace};
use std::path::{Path, PathBuf};
use std::time::Instant;
use steps::Steps;

/// Tools of others that judge templates and policies.
const JUDGES: PythonTools = PythonTools { name: "judges", requirements: include_str!("../ci/requirements.txt") };
/// Templates must be right in more than one region.
const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];

/// The steps that compile, which run one after the other, because each uses all processors.
///
/// All crates but one are selected together, so that their dependencies are compiled once; a test of `tidy` compares
/// the features. `compiler` stands apart, because it brings many packages and other features; it has no tests. Clippy
/// lints it while it is built: `cargo clippy` would compile its packages in another way, and the stories build it anyway.
const COMPILED: [&str; 6] = [
    "cargo fmt --all --check",
    "cargo clippy --workspace --exclude compiler --all-targets --locked -- --deny warnings",
    // The stories: `--all-targets` leaves them out, as `cargo test` does.
    "cargo clippy -p xtask --test '*' --locked -- --deny warnings",
    "RUSTC_WORKSPACE_WRAPPER=clippy-driver cargo build -p compiler --locked",
    "cargo test --locked --workspace --exclude compiler",
    "cargo doc --workspace --exclude compiler --lib --bins --no-deps --document-private-items --locked",
];
/// Minutes of compilation for the documentation of one file: only if thorough.
const DOC_OF_COMPILER: &str = "cargo doc -p compiler --no-deps --document-private-items --locked";
/// The stories, each with a folder of its own. The first lane compiles most of the time, the second mostly waits;
/// the stories of a lane run one after the other.
const LANES: [&[&str]; 2] = [
    &["local", "aws_stage", "machine", "browser", "long_template"],
    &["integrations", "new_integration", "ways_out", "faults", "safety", "links"],
];

/// Runs every step, each printed before it runs; stops at the first that fails. Prints how long each took.
pub fn run(options: &CiOptions) -> Result<(), Failure> {
    let steps = Steps::new(root()?);
    let began = Instant::now();
    let result = run_steps(options, &steps);
    write_line(&format!("\n{}", steps.table()));
    if result.is_ok() {
        write_line(&format!("\nall checks passed ({:.0} s)", began.elapsed().as_secs_f64()));
    }
    result
}

fn run_steps(options: &CiOptions, steps: &Steps) -> Result<(), Failure> {
    for step in COMPILED.into_iter().chain(Some(DOC_OF_COMPILER).filter(|_| options.thorough)) {
        steps.run(step)?;
    }
    let (judges, emulator) = install(&steps.root)?;
    lint_templates(steps, &judges)?;
    judge_permissions(steps, &judges)?;
    clients::judge_stand_ins(steps)?;
    let test_emulator = || test_emulator(steps, &emulator.join("bin/python"), options.thorough);
    if options.fast {
        return test_emulator();
    }
    // Compiled before, so that the lanes do not wait for each other's build.
    steps.run("cargo test --locked -p xtask --test '*' --no-run")?;
    lanes::run(steps, &LANES, options.thorough, test_emulator)
}

fn install(root: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let workspace = Workspace::new(root);
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::nothing_changed)?;
    tokio.block_on(async {
        let (reporter, _events) = Reporter::new();
        write_line("\n$ installing judges: cfn-lint, awscli");
        let judges = JUDGES.install(&workspace, &reporter).await.map_err(|error| Failure::of(&error, false))?;
        let emulator =
            PythonTools::EMULATOR.install(&workspace, &reporter).await.map_err(|error| Failure::of(&error, false))?;
        Ok((judges, emulator))
    })
}

/// Lints every committed template in every region, and compares how readers of YAML 1.1 and 1.2 read it.
fn lint_templates(steps: &Steps, judges: &Path) -> Result<(), Failure> {
    let root = &steps.root;
    let mut templates = Vec::new();
    find_templates(&root.join("stacks/tests/expected"), &mut templates).map_err(Failure::nothing_changed)?;
    if templates.is_empty() {
        return Err(Failure::nothing_changed("no template found in stacks/tests/expected"));
    }
    let templates: Vec<String> =
        templates.iter().map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string()).collect();
    let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
    let arguments = [&["-f", "parseable", "-r"], &REGIONS[..], &["-t"], &templates].concat();
    steps.run_program(&judges.join("bin/cfn-lint"), &arguments, "")?;
    steps.run_program(&judges.join("bin/python"), &[&["xtask/ci/yaml11.py"], &templates[..]].concat(), "")
}

/// Compares the deployer's permissions with what AWS documents of its resource types and actions.
fn judge_permissions(steps: &Steps, judges: &Path) -> Result<(), Failure> {
    let root = &steps.root;
    const EXAMPLE: &str = "target/tsugite/policy-example.json";
    let stage = stage_file::read(&Workspace::new(root), "example")?;
    let policy = permissions_json(&stage, "111122223333").to_string();
    std::fs::write(root.join(EXAMPLE), policy).map_err(Failure::nothing_changed)?;
    let arguments = ["xtask/ci/rights.py", "stacks/src/rights/handlers.json", EXAMPLE];
    steps.run_program(&judges.join("bin/python"), &arguments, "")
}

/// Tests that the emulator does what AWS does; if thorough, also that each closed gap is still needed for it.
fn test_emulator(steps: &Steps, python: &Path, is_thorough: bool) -> Result<(), Failure> {
    const FOLDER: &str = "deployer/emulator";
    steps.run_program(python, &["-m", "unittest", "discover", "-q", "-p", "*_test.py"], FOLDER)?;
    if is_thorough {
        steps.run_program(python, &["-m", "unittest", "-q", "needed"], FOLDER)?;
    }
    Ok(())
}

fn find_templates(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_templates(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}
