//! The local stage belongs to its owner alone, and leaves no process that cannot be stopped.
//!
//! A page of another site attacks it in a real browser, requests made by hand try the rest, and what a
//! command remembers is lost in every way. It builds nothing, and has a folder of its own.
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test safety`. It needs Debian's packages
//! `chromium` and `chromium-driver`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

mod browser {
    pub mod chromedriver;
    pub mod page;
}
#[allow(dead_code, reason = "each story that shares these files uses a part of them")]
mod local {
    pub mod processes;
    pub mod stage;
    pub mod story;
}
mod attack {
    pub mod evil;
}

use browser::page::Browser;
use local::processes::read_process;
use local::stage::{Run, Stage, sources};
use local::story::{Chapter, Part, Story, chapter};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const REGION: &str = "ap-northeast-1";
const EVIL: &str = "https://evil.example";

const PREPARED: &str = "the stage holds something worth an attack";

const CHAPTERS: &[Chapter<Stage>] = &[
    chapter(PREPARED, prepare),
    chapter("a page of another site can do nothing", page_of_another_site).after(&[PREPARED]),
    chapter("requests made by hand are refused", made_by_hand),
    chapter("other keys than its own are refused", other_keys),
    chapter("the end of the emulator is reported, with what was lost", tells_what_was_lost),
    chapter("stand-ins that ended are started again alone", stand_ins_alone),
    chapter("a stage without its state file stops by itself", without_state),
    chapter("`local stop` stops a stage whose state file is unreadable", unreadable_state),
    chapter("a state that cannot be written leaves no process", unwritable_state),
    chapter("a command that waits for another start answers Ctrl-C", interrupted_while_waiting),
];

fn main() -> ExitCode {
    Story {
        make: || Stage::beside_the_sources("safety"),
        opening: chapter("the local stage starts", Stage::starts),
        parts: vec![Part { after: &[], chapters: CHAPTERS }],
        ending: chapter("the local stage stops", Stage::stops),
    }
    .run()
}

/// Makes a bucket, a function and an API, and remembers how to reach them.
fn prepare(stage: &Stage) {
    stage.remember(&account(stage, "prepare", &stage.variables()));
}

/// Runs a command of the victim with these variables; fails if it fails.
fn account(stage: &Stage, command: &str, variables: &BTreeMap<String, String>) -> Json {
    try_account(stage, command, variables).unwrap_or_else(|said| panic!("{command}: {said}"))
}

fn try_account(stage: &Stage, command: &str, variables: &BTreeMap<String, String>) -> Result<Json, String> {
    let output = Command::new(stage.python("emulator"))
        .arg(sources().join("xtask/tests/attack/victim.py"))
        .args([REGION, command])
        .env_remove("AWS_PROFILE")
        .envs(variables)
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Calls an address from the page; says how that ended: `failed`, `opaque`, or the status and the text.
const CALL: &str = "const [url, options] = arguments; \
    return fetch(url, options).then( \
        async (answer) => answer.type === 'opaque' ? 'opaque' : `${answer.status} ${await answer.text()}`, \
        () => 'failed')";

fn page_of_another_site(stage: &Stage) {
    let victim = stage.document();
    let before = account(stage, "look", &stage.variables());
    assert_eq!((&before["buckets"], &before["functions"]), (&json!(["precious"]), &json!(["f"])));
    assert!(stage.control("fail", &json!({"service": "slack", "status": 500, "times": 3})).is_success());
    let n_refused = n_refused(stage);

    let (emulator, stand_ins) = (stage.address("emulator"), stage.stand_ins());
    let port = emulator.rsplit(':').next().unwrap();
    let runtime = format!("http://{}/2018-06-01/runtime/invocation", victim["runtime_api"].as_str().unwrap());
    let browser = Browser::start("en");
    browser.open(&attack::evil::page());
    let call = |url: &str, options: Json| browser.execute(CALL, &[json!(url), options]);

    // What a browser asks about before it sends it.
    let signed =
        json!({"authorization": "AWS4-HMAC-SHA256 Credential=x", "x-amz-target": "secretsmanager.ListSecrets"});
    for (url, options) in [
        (emulator.clone(), json!({"method": "POST", "headers": signed, "body": "{}"})),
        (format!("{emulator}/precious"), json!({"method": "DELETE"})),
        (format!("{emulator}/_ministack/health"), json!({})),
        (format!("{emulator}/2015-03-31/functions/"), json!({})),
        (format!("{stand_ins}/_control/received"), json!({"headers": {"x-control-token": "x"}})),
        (format!("{stand_ins}/received.json"), json!({})),
        (format!("{runtime}/next"), json!({})),
        (
            format!("{runtime}/x/response"),
            json!({"method": "POST", "headers": {"content-type": "application/json"}, "body": "{}"}),
        ),
    ] {
        assert_eq!(call(&url, options), json!("failed"), "{url}");
    }
    // What it sends at once, although the page cannot read the answer.
    let text = |body: &str| json!({"method": "POST", "mode": "no-cors", "headers": {"content-type": "text/plain"}, "body": body});
    let signed = &victim["signed"];
    let sent = [
        (signed["url"].as_str().unwrap().to_owned(), text(signed["body"].as_str().unwrap())),
        (format!("{emulator}/_ministack/reset"), text("")),
        (format!("{emulator}/_ministack/config"), text(r#"{"lambda_svc.LAMBDA_EXECUTOR": "docker"}"#)),
        (format!("http://x.cloudfront.localhost:{port}/_ministack/reset"), text("")),
        (format!("http://localhost:{port}/_ministack/reset"), text("")),
        (format!("{stand_ins}/_control/reset"), text("")),
        (format!("{stand_ins}/_control/stop"), text("")),
        (format!("{runtime}/next"), json!({"mode": "no-cors"})),
        (format!("{runtime}/init/error"), text("{}")),
    ];
    for (url, options) in sent {
        assert_eq!(call(&url, options), json!("opaque"), "{url}");
    }
    assert!(self::n_refused(stage) >= n_refused + 7, "the emulator did not see the attack");
    assert_eq!(account(stage, "look", &stage.variables()), before);
    // The failure that was planned is still to come, so nothing was reset.
    let slack = format!("{stand_ins}/slack/services/T00000000/B00000000/x");
    assert_eq!(stage.post(&slack, "application/json", b"{}").status, 500);

    // An API is for pages, if it says so itself.
    let api = call(&format!("{emulator}{}", victim["api"].as_str().unwrap()), json!({}));
    assert_eq!(api, json!(format!("200 {}", before["answer"].as_str().unwrap())));
    // The page of the stand-ins still shows what they hold.
    browser.open(&stand_ins);
    browser.wait_until("the page shows a call", || browser.text("#lists").contains("/slack/services/"));
}

/// How many requests the emulator has refused as a page's or a stranger's.
fn n_refused(stage: &Stage) -> usize {
    let log = std::fs::read_to_string(stage.folder().join("emulator.log")).unwrap();
    log.lines().filter(|line| line.contains("refused a request")).count()
}

fn made_by_hand(stage: &Stage) {
    let (emulator, stand_ins) = (stage.address("emulator"), stage.stand_ins());
    let sent = |url: &str, name: &str, value: &str| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(async { client.post(url).header(name, value).body("").send().await.unwrap().status().as_u16() })
    };
    let pages = ["/", "/2015-03-31/functions", "/_ministack/reset", "/_ministack/health", "/precious"];
    for url in pages.map(|page| format!("{emulator}{page}")).into_iter().chain([format!("{stand_ins}/_control/reset")])
    {
        for origin in [EVIL, "null", &emulator, &format!("{emulator}.evil.example")] {
            assert_eq!(sent(&url, "origin", origin), 403, "{url} {origin}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0"] {
            assert_eq!(sent(&url, "host", host), 403, "{url} {host}");
        }
    }
    assert_eq!(sent(&emulator, "sec-fetch-site", "cross-site"), 403);
    // Without the token, every caller is refused.
    assert_eq!(sent(&format!("{stand_ins}/_control/reset"), "x-control-token", "x"), 401);
    assert_eq!(stage.controlled("received").status, 200);
}

fn other_keys(stage: &Stage) {
    let right = stage.variables();
    let with = |key: &str, secret: &str| {
        let mut other = right.clone();
        other.insert("AWS_ACCESS_KEY_ID".into(), key.into());
        other.insert("AWS_SECRET_ACCESS_KEY".into(), secret.into());
        try_account(stage, "look", &other).unwrap_err()
    };
    let (key, secret) = (&right["AWS_ACCESS_KEY_ID"], &right["AWS_SECRET_ACCESS_KEY"]);
    assert!(with("test", "test").contains("InvalidAccessKeyId"));
    assert!(with("000000000000", "test").contains("InvalidAccessKeyId"));
    assert!(with(key, "test").contains("SignatureDoesNotMatch"));
    assert!(with(key, &format!("{secret}0")).contains("SignatureDoesNotMatch"));
    // What the shell reads is the same.
    let lines = Run::of(stage.command(&["local", "env"]).output().unwrap()).succeeds().stdout;
    assert!(lines.contains(&format!("export AWS_SECRET_ACCESS_KEY={secret}\n")) && lines.contains("unset AWS_PROFILE"));
    stage.run(&["local", "status"]).succeeds();
    assert!(!stage.everything_said().contains(secret), "a secret was shown unasked");
}

/// The number of one of the two processes.
fn pid(stage: &Stage, part: &str) -> String {
    stage.state()[part]["pid"].to_string()
}

/// Ends a process, and all that it started, as a machine without memory does.
fn kill(pid: &str) {
    let killed = Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status().unwrap();
    assert!(killed.success());
}

fn tells_what_was_lost(stage: &Stage) {
    stage.run(&["local", "start"]).succeeds();
    stage.run(&["deploy", "bytebase-workflow"]).succeeds();
    let noted = || std::fs::read_to_string(stage.folder().join("stacks.json")).unwrap_or_default();
    stage.until("the stack is noted", || noted().contains("tsugite-local-bytebase-workflow"));
    kill(&pid(stage, "emulator"));
    for command in
        [&["local", "status"][..], &["endpoints"], &["publish-test-event", "bytebase-workflow"], &["local", "logs"]]
    {
        let run = stage.run(command).fails_with(2);
        run.says("the emulator of the local stage ended unexpectedly").says("tsugite-local-bytebase-workflow");
        run.says("emulator.log").says("deploy again with: cargo xtask deploy");
    }
    let status = stage.run(&["local", "status", "--output", "json"]).succeeds().json();
    assert_eq!((&status["running"], status["lost"].is_string()), (&json!(false), true));
    stage.run(&["destroy", "--dry-run"]).succeeds().says("ended unexpectedly").says("nothing to delete");
    let again = stage.run(&["local", "start"]).succeeds();
    again.says("these stacks are lost with it: tsugite-local-bytebase-workflow").says("emulator.log.old");
    assert!(stage.folder().join("emulator.log.old").exists());
    stage.run(&["endpoints"]).fails_with(2).says("nothing is deployed");
}

fn stand_ins_alone(stage: &Stage) {
    stage.run(&["local", "start"]).succeeds();
    let (emulator, stand_ins, address) = (pid(stage, "emulator"), pid(stage, "stand_ins"), stage.stand_ins());
    stage.run(&["deploy", "bytebase-workflow"]).succeeds();
    kill(&stand_ins);
    let run = stage.run(&["publish-test-event", "bytebase-workflow"]).fails_with(2);
    run.says("the stand-ins ended unexpectedly").says("start them again with: cargo xtask local start");
    stage.run(&["local", "start"]).succeeds().says("the stand-ins ended unexpectedly");
    assert_eq!((pid(stage, "emulator"), stage.stand_ins()), (emulator, address));
    assert_ne!(pid(stage, "stand_ins"), stand_ins);
    stage.run(&["publish-test-event", "bytebase-workflow"]).succeeds();
}

/// Waits until nothing of the stage runs.
fn ends(stage: &Stage, emulator: &str, stand_ins: &str) {
    let there = |pid: &str| read_process(pid, "cmdline").contains(&stage.folder().display().to_string());
    let began = Instant::now();
    while there(emulator) || there(stand_ins) {
        assert!(began.elapsed().as_secs() < 60, "a process is still there: {}", stage.command_lines());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

fn without_state(stage: &Stage) {
    stage.run(&["local", "start"]).succeeds();
    let (emulator, stand_ins) = (pid(stage, "emulator"), pid(stage, "stand_ins"));
    std::fs::remove_file(stage.folder().join("state.json")).unwrap();
    ends(stage, &emulator, &stand_ins);
    stage.run(&["local", "status"]).succeeds();
    stage.run(&["local", "stop"]).succeeds().says("does not run");
}

fn unreadable_state(stage: &Stage) {
    stage.run(&["local", "start"]).succeeds();
    let (emulator, stand_ins) = (pid(stage, "emulator"), pid(stage, "stand_ins"));
    std::fs::write(stage.folder().join("state.json"), "{").unwrap();
    stage.run(&["local", "stop"]).succeeds().says("stopped");
    ends(stage, &emulator, &stand_ins);
    assert_eq!(stage.command_lines(), "");
}

fn unwritable_state(stage: &Stage) {
    stage.run(&["local", "stop"]).succeeds();
    let path = stage.folder().join("state.json");
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir(&path).unwrap();
    stage.run(&["local", "start"]).fails_with(2).says("state.json");
    assert_eq!(stage.command_lines(), "", "something was left running");
    std::fs::remove_dir(&path).unwrap();
}

fn interrupted_while_waiting(stage: &Stage) {
    let lock = File::create(stage.root.join("target/tsugite/local.lock")).unwrap();
    lock.lock().unwrap();
    let mut child = stage.command(&["local", "start"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = said.find(|line| line.as_ref().unwrap().contains("waiting")).unwrap().unwrap();
    assert!(waits.contains("another command that starts or stops the local stage"), "{waits}");
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    assert!(rest.iter().any(|line| line.contains("interrupted")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(lock);
    stage.run(&["local", "start"]).succeeds();
    stage.run(&["local", "stop"]).succeeds().says("stopped");
}
