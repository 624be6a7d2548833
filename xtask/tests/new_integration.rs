//! What `cargo xtask new` writes works as it is, and nothing else has to be edited: one of each trigger, in a copy.
//!
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test new_integration`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

mod local {
    #[expect(dead_code, reason = "the other stories use the rest of it")]
    pub mod stage;
    pub mod story;
    pub mod watching;
}

use local::stage::{Run, Stage, shares_what_is_compiled};
use local::story::{Chapter, Part, Story, chapter};
use local::watching::{Watching, has};
use serde_json::{Value as Json, json};
use std::process::{Command, ExitCode};

/// Each with the options that follow its name.
const NEW: [(&str, &[&str]); 5] = [
    ("deploy-notes", &["--trigger", "webhook", "--signed", "github"]),
    ("build-notes", &["--trigger", "topic"]),
    ("daily-notes", &["--trigger", "schedule"]),
    ("other-notes", &["--trigger", "queue"]),
    ("chat-notes", &["--trigger", "webhook", "--calls", "chat-tool"]),
];
/// The only existing files that may change: three lists, two stage files, and generated files.
const EDITED: [&str; 8] = [
    "Cargo.lock",
    "README.ja.md",
    "README.md",
    "handlers/contracts/src/lib.rs",
    "handlers/standins/src/lib.rs",
    "stacks/src/lib.rs",
    "stacks/stages/example.yaml",
    "stacks/stages/local.yaml",
];
/// Lists, with the lines that all of them add: one for each integration, and one for the SaaS that is called.
const LISTS: [(&str, usize); 3] =
    [("handlers/contracts/src/lib.rs", 6), ("handlers/standins/src/lib.rs", 1), ("stacks/src/lib.rs", 5)];

const MADE: &str = "new makes one of each trigger";
const STARTED: &str = "the local stage starts empty";
const DEPLOYED: &str = "all are deployed at once";

const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("nothing else is edited", only_lists_and_documents),
    chapter("the new crates pass the checks", checks),
    chapter(STARTED, Stage::starts),
    chapter(DEPLOYED, deploys).after(&[STARTED]),
    chapter("their test events arrive, and do so again", test_events).after(&[DEPLOYED]),
    chapter("a webhook without a valid signature is refused", refuses_what_is_not_signed).after(&[DEPLOYED]),
    chapter("watch continues with a tool that was built again", watches).after(&[DEPLOYED]),
    chapter("destroy leaves nothing", destroys).after(&[DEPLOYED]),
];

fn main() -> ExitCode {
    Story {
        make: || Stage::in_a_copy_of_the_sources("new-integrations"),
        opening: chapter(MADE, make),
        parts: vec![Part { after: &[], chapters: CHAPTERS }],
        ending: chapter("the local stage stops", Stage::stops),
    }
    .run()
}

fn names() -> [&'static str; NEW.len()] {
    NEW.map(|(name, _)| name)
}

fn git(stage: &Stage, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(&stage.root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The first ones leave what follows to the last one, since it takes a compilation.
fn make(stage: &Stage) {
    stage.shares_tools();
    git(stage, &["init", "--quiet"]);
    git(stage, &["add", "--all"]);
    for (n, (name, options)) in NEW.iter().enumerate() {
        let later: &[&str] = if n + 1 < NEW.len() { &["--only-sources"] } else { &[] };
        let run = stage.run(&[&["new", name], *options, later].concat()).succeeds();
        assert!(run.stdout.contains(&format!("cargo xtask deploy {name}")), "{}", run.stdout);
    }
    let again = stage.run(&["new", "deploy-notes", "--trigger", "queue"]).fails_with(2);
    again.says("already exists");
    stage.run(&["new", "Deploy_Notes", "--trigger", "queue"]).fails_with(2).says("is not a name");
    stage.run(&["new", "more-notes", "--trigger", "queue", "--signed", "line"]).fails_with(2).says("only a webhook");
    let known = ["new", "more-notes", "--trigger", "queue", "--calls", "slack"];
    stage.run(&known).fails_with(2).says("`slack` has a stand-in");
    // The tool that was built with the new sources knows their sections of the stage file.
    stage.uses_its_own_tool();
}

fn only_lists_and_documents(stage: &Stage) {
    let changed = git(stage, &["status", "--porcelain", "--untracked-files=no"]);
    let mut edited: Vec<&str> =
        changed.lines().filter(|line| line.get(1..2) == Some("M")).map(|line| line[3..].trim()).collect();
    edited.sort_unstable();
    assert_eq!(edited, EDITED, "{changed}");
    for (list, n_lines) in LISTS {
        let difference = git(stage, &["diff", "--numstat", list]);
        assert!(difference.starts_with(&format!("{n_lines}\t0\t")), "not one line for each: {difference}");
    }
}

/// With the tool in each selection, cargo finds the dependencies that were compiled for it.
fn checks(stage: &Stage) {
    let packages: Vec<&str> = names().iter().flat_map(|name| ["-p", name]).collect();
    let binaries: Vec<&str> = names().iter().flat_map(|name| ["--bin", name]).collect();
    cargo(stage, &["fmt", "--all", "--check"]);
    let clippy = ["clippy", "--locked", "-p", "xtask", "-p", "contracts", "-p", "stacks"];
    cargo(stage, &[&clippy, &packages[..], &["--all-targets", "--", "--deny", "warnings"]].concat());
    let test =
        ["test", "--locked", "-p", "xtask", "-p", "contracts", "-p", "policies", "-p", "stacks", "-p", "standins"];
    let targets = ["--lib", "--test", "standins", "--test", "templates"];
    cargo(stage, &[&test, &packages[..], &binaries, &targets].concat());
    stage.run(&["docs", "--check"]).succeeds();
}

fn cargo(stage: &Stage, arguments: &[&str]) {
    // By its name, as a person types it: a path would lead to one toolchain past the choice of the sources.
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(&stage.root);
    shares_what_is_compiled(&mut command);
    for variable in deployer::variables_of_cargo() {
        command.env_remove(variable);
    }
    Run::of(command.output().unwrap()).succeeds();
}

fn deploys(stage: &Stage) {
    let names = names();
    let document = stage.run(&[&["deploy", "--output", "json"], &names[..]].concat()).succeeds().json();
    let mut deployed: Vec<_> =
        document["stacks"].as_array().unwrap().iter().map(|stack| stack["name"].as_str().unwrap()).collect();
    deployed.sort_unstable();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(deployed, expected);
    let of = |name: &str| {
        let stacks = document["stacks"].as_array().unwrap();
        stacks.iter().find(|stack| stack["name"] == name).unwrap()["registrations"][0].clone()
    };
    // A key to paste is part of what is to be registered.
    assert_eq!(of("deploy-notes")["secret"]["where"], "field `Secret`");
    assert!(of("build-notes")["url"].as_str().unwrap().starts_with("arn:aws:sns:"), "{:#}", of("build-notes"));
    stage.remember(&document);
}

fn test_events(stage: &Stage) {
    let names = names();
    for name in names.iter().chain(&names) {
        let report = stage.run(&["publish-test-event", name, "--output", "json"]).succeeds().json();
        assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");
        assert_eq!(report["hops"].as_array().unwrap().len(), 4, "{report:#}");
    }
}

/// The tool is built again, because the definitions are a part of it, and continues.
fn watches(stage: &Stage) {
    const TOOL: &str = "xtask/src/commands/endpoints.rs";
    const FIRST_LINE: &str = "//! `cargo xtask endpoints`.";
    const MORE: &str = "//! `cargo xtask endpoints`, and more.";
    let mut watching = Watching::start(stage, "build-notes");
    watching.round();
    stage.edit(TOOL, FIRST_LINE, &format!("{FIRST_LINE}\nconst BROKEN: = 1;"));
    watching.says("the definitions do not compile");
    stage.edit(TOOL, &format!("{FIRST_LINE}\nconst BROKEN: = 1;"), MORE);
    has(&watching.round(), &["building this tool: built", "was built again and continues"]);
    watching.ends_by_ctrl_c();
    stage.edit(TOOL, MORE, FIRST_LINE);
}

fn destroys(stage: &Stage) {
    stage.run(&["destroy"]).succeeds();
    stage.is_empty();
}

/// The address is no secret: without a signature, or with another one, nothing is queued.
fn refuses_what_is_not_signed(stage: &Stage) {
    let url = stage.registered("deploy-notes");
    let event = br#"{"kind":"created","text":"forged"}"#;
    assert_eq!(stage.post(&url, "application/json", event).status, 401);
    let forged = format!("sha256={}", "0".repeat(64));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(&url).header("content-type", "application/json").header("x-hub-signature-256", forged);
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = tokio.block_on(request.body(event.to_vec()).send()).unwrap();
    assert_eq!(answer.status().as_u16(), 401);
    let table = stage.output("deploy-notes", "RecordsName");
    let items = stage.aws(&["dynamodb", "scan", "--table-name", &table]);
    assert!(!items.to_string().contains("forged"), "{items:#}");
}
