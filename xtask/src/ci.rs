//! `cargo xtask ci`: everything that must hold before a change is accepted.

mod clients;
mod lanes;

use crate::cli::CiOptions;
use crate::commands::policy::permissions_json;
use crate::context::root;
use crate::display::write_line;
use crate::failure::Failure;
use crate::stage_file;
use deployer::{PythonTools, Reporter, Workspace, variables_of_cargo, variables_of_python};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Tools that judge what we make and know nothing of our code.
const JUDGES: PythonTools = PythonTools { name: "judges", requirements: include_str!("../ci/requirements.txt") };
/// Templates must be right in more than one region.
const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];

/// What compiles: one step after the other, because each fills the machine.
const COMPILED: [&str; 6] = [
    "cargo fmt --all --check",
    "cargo clippy --workspace --all-targets --locked -- --deny warnings",
    // In three parts, so that each shares its dependencies with what is built anyway: what is pure, the handlers
    // with one TLS implementation, the tool with the other. A feature that a test alone wants (proptest brings
    // some) would compile every client of AWS once more.
    "cargo test --locked -p policies -p contracts -p stacks",
    "cargo test --locked --workspace --exclude policies --exclude contracts --exclude stacks --exclude compiler --exclude deployer --exclude xtask",
    "cargo test --locked -p compiler -p deployer -p xtask --lib --bins --test cli --test credentials --test tidy",
    // With examples, although there are none: then cargo chooses features as it did for clippy.
    "cargo doc --workspace --lib --bins --examples --no-deps --document-private-items --locked",
];
/// What drives local stages, each with a folder of its own. The first lane compiles most of the time, the second
/// waits for what comes by itself; within a lane one begins when the one before has ended.
const LANES: [&[&str]; 2] = [
    &["local", "aws_stage", "machine", "long_template", "browser", "faults"],
    &["systems", "new_integration", "ways_out", "safety", "links"],
];

/// Runs every step, each printed before it runs; stops at the first that fails.
pub fn run(options: &CiOptions) -> Result<(), Failure> {
    let root = root()?;
    let began = Instant::now();
    for step in COMPILED {
        run_step(&root, step)?;
    }
    let (judges, emulator) = install(&root)?;
    lint_templates(&root, &judges)?;
    judge_rights(&root, &judges)?;
    clients::judge_stand_ins(&root)?;
    test_emulator(&root, &emulator.join("bin/python"), options.thorough)?;
    if !options.fast {
        // Compiled before, so that the lanes do not wait for each other's build.
        run_step(&root, "cargo test --locked -p xtask --no-run")?;
        lanes::run(&root, &LANES, options.thorough)?;
    }
    write_line(&format!("\nall of it holds ({:.0} s)", began.elapsed().as_secs_f64()));
    Ok(())
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

/// Every committed template, in every region, without a finding; and as a YAML 1.1 reader reads it.
fn lint_templates(root: &Path, judges: &Path) -> Result<(), Failure> {
    let mut templates = Vec::new();
    find_templates(&root.join("stacks/tests/expected"), &mut templates).map_err(Failure::nothing_changed)?;
    if templates.is_empty() {
        return Err(Failure::nothing_changed("there is no template to judge"));
    }
    let templates: Vec<String> =
        templates.iter().map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string()).collect();
    let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
    let arguments = [&["-f", "parseable", "-r"], &REGIONS[..], &["-t"], &templates].concat();
    run_program(root, &judges.join("bin/cfn-lint"), &arguments, "")?;
    run_program(root, &judges.join("bin/python"), &[&["xtask/ci/yaml11.py"], &templates[..]].concat(), "")?;
    Ok(())
}

/// The rights of whoever deploys, against what AWS says of its resource types and actions.
fn judge_rights(root: &Path, judges: &Path) -> Result<(), Failure> {
    const EXAMPLE: &str = "target/tsugite/policy-example.json";
    let stage = stage_file::read(&Workspace::new(root), "example")?;
    let policy = permissions_json(&stage, "111122223333").to_string();
    std::fs::write(root.join(EXAMPLE), policy).map_err(Failure::nothing_changed)?;
    let arguments = ["xtask/ci/rights.py", "stacks/src/rights/handlers.json", EXAMPLE];
    run_program(root, &judges.join("bin/python"), &arguments, "")
}

/// What the emulator does as AWS does; and, if thorough, that it would not without each of the gaps that are closed.
fn test_emulator(root: &Path, python: &Path, is_thorough: bool) -> Result<(), Failure> {
    const FOLDER: &str = "deployer/emulator";
    run_program(root, python, &["-m", "unittest", "discover", "-q", "-p", "*_test.py"], FOLDER)?;
    if is_thorough {
        run_program(root, python, &["-m", "unittest", "-q", "needed"], FOLDER)?;
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

/// Runs a step as it would be typed.
fn run_step(root: &Path, step: &str) -> Result<(), Failure> {
    run_command(typed(root, step), step)
}

/// The command of a line as it would be typed; a variable may stand before the program.
fn typed(root: &Path, line: &str) -> Command {
    let (variable, line) = match line.split_once(' ') {
        Some((first, rest)) if first.contains('=') => (first.split_once('='), rest),
        _ => (None, line),
    };
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).envs(variable).current_dir(root);
    surround(&mut command);
    command
}

/// What every step sees, and does not see.
fn surround(command: &mut Command) {
    for variable in variables_of_cargo() {
        command.env_remove(variable);
    }
    command
        .env("RUSTDOCFLAGS", "--deny warnings")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(std::process::Stdio::null());
}

/// Runs a program in a folder below the root.
fn run_program(root: &Path, program: &Path, arguments: &[&str], folder: &str) -> Result<(), Failure> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let mut command = Command::new(program);
    for variable in variables_of_python() {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(root.join(folder));
    run_command(command, &format!("{name} {}", arguments.join(" ")))
}

/// Prints a command, runs it with the same output, and tells how long it took.
fn run_command(mut command: Command, shown: &str) -> Result<(), Failure> {
    write_line(&format!("\n$ {shown}"));
    let began = Instant::now();
    surround(&mut command);
    ended(command.status(), shown)?;
    write_line(&format!("({:.0} s)", began.elapsed().as_secs_f64()));
    Ok(())
}

fn ended(status: std::io::Result<ExitStatus>, shown: &str) -> Result<(), Failure> {
    let status = status.map_err(|error| Failure::nothing_changed(format!("cannot run `{shown}`: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::nothing_changed(format!("this does not hold: {shown}"))),
    }
}
