//! Chapters about all integrations at once: deploying, registering, testing, secrets, destroying.

use super::world::full;
use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};
use stacks::{Effect, Entry, FunctionSpec, NAMES, SecretSource, Stack, StageName, TestPlan};
use std::collections::{BTreeMap, BTreeSet};

/// The chapter that most others need.
pub const DEPLOYED: &str = "all integrations are deployed at once, from nothing";
/// What a command with `--detailed-exitcode` exits with after changes.
const CHANGED: i32 = 3;
const KEPT: &str = "destroy keeps data if asked to";

/// What needs no deployment, and the deployment.
pub const FIRST: &[Chapter<Stage>] = &[chapter("graph draws every integration", graphs), chapter(DEPLOYED, first)];
/// What is true of every integration.
pub const ALL: &[Chapter<Stage>] = &[
    chapter("a second deployment changes nothing", second),
    chapter("each change is seen after a deployment without changes", every_change),
    chapter("endpoints prints what to register", endpoints),
    chapter("test events reach every end, and do so again", test_events),
];
/// What ends the deployment.
pub const LAST: &[Chapter<Stage>] = &[
    chapter("the secrets are found nowhere", canary),
    chapter(KEPT, keeps_data),
    chapter("a retired stack is reported and destroyed", retired).after(&[KEPT]),
    chapter("destroy leaves nothing", destroys),
];

/// Every stack of the local stage, as it is defined.
fn defined() -> Vec<Stack> {
    let text = include_str!("../../../stacks/stages/local.yaml");
    let name = StageName::try_from(StageName::LOCAL.to_owned()).unwrap();
    stacks::all(&stacks::Stage::parse(name, text).unwrap())
}

/// The packages of all functions.
fn packages(stacks: &[Stack]) -> BTreeSet<&'static str> {
    stacks.iter().flat_map(|stack| stack.functions()).map(|function| function.package).collect()
}

/// The names of all secrets that a person gives.
fn given(stacks: &[Stack]) -> BTreeSet<&'static str> {
    let secrets = stacks.iter().flat_map(|stack| stack.secrets());
    secrets.filter(|secret| secret.source == SecretSource::Given).map(|secret| secret.name).collect()
}

fn graphs(stage: &Stage) {
    let all = stage.run(&["graph"]).succeeds().stdout;
    assert_eq!(all.matches("flowchart LR\n").count(), NAMES.len(), "{all}");
    for stack in defined() {
        let name = stack.name();
        assert!(all.contains(&format!("%% {name}\nflowchart LR\n")), "{all}");
        let graph = stage.run(&["graph", name]).succeeds().stdout;
        assert_eq!(graph, stack.graph());
        assert!(all.contains(&graph), "{name} alone is drawn in another way");
        let is_drawn = |function: &&FunctionSpec| graph.contains(&format!("{}<br>Lambda", function.logical_id));
        assert!(stack.functions().iter().all(|function| is_drawn(&function)), "{graph}");
    }
}

fn first(stage: &Stage) {
    let run = stage.run(&["deploy", "--output", "json"]).succeeds();
    let builds = run.stderr.lines().filter(|line| line.starts_with("building the handlers")).collect::<Vec<_>>();
    let [build] = builds[..] else { panic!("not one build but {builds:?}") };
    let stacks = defined();
    for package in packages(&stacks) {
        assert!(build.contains(package), "{package} is missing in: {build}");
    }
    run.says(&format!("secrets stored: {}", Vec::from_iter(given(&stacks)).join(", ")));
    let document = run.json();
    assert_eq!(names_of(&document), NAMES);
    for stack in document["stacks"].as_array().unwrap() {
        assert_eq!((&stack["status"], &stack["changed"]), (&json!("CREATE_COMPLETE"), &json!(true)), "{stack:#}");
    }
    for stack in &stacks {
        let there = stack_of(&document, stack.name())["registrations"].as_array().unwrap();
        assert_eq!(there.len(), stack.registrations().len(), "{there:#?}");
        for (registered, defined) in there.iter().zip(stack.registrations()) {
            assert_eq!((&registered["saas"], &registered["where"]), (&json!(defined.saas), &json!(defined.place)));
            let url = registered["url"].as_str().unwrap();
            // What is posted to is an endpoint of this machine, or has a name here; the rest is an ARN.
            assert!(url.starts_with("http://") || url.starts_with("arn:aws:sns:ap-northeast-1:000000000000:"), "{url}");
            if defined.token_secret.is_some() {
                let path = format!("/v1/{}/{}", stack.name(), last_part(url));
                assert!(
                    url.starts_with("http://127.0.0.1:") && url.ends_with(&path) && is_token(last_part(url)),
                    "{url}"
                );
            }
        }
    }
    let site = stack_of(&document, "question-form")["registrations"][0]["url"].as_str().unwrap();
    assert!(site.contains(".cloudfront.localhost:"), "{site}");
    let retention = stage.account("retention", &["/aws/lambda/tsugite-local-"]);
    let retention = retention.as_object().unwrap();
    let n_functions: usize = stacks.iter().map(|stack| stack.functions().len()).sum();
    assert_eq!(retention.len(), n_functions, "a log group for each function: {retention:#?}");
    assert!(retention.values().all(|days| *days == 7), "{retention:#?}");
    stage.remember(&document);
}

fn stack_of<'a>(document: &'a Json, name: &str) -> &'a Json {
    document["stacks"].as_array().unwrap().iter().find(|stack| stack["name"] == name).unwrap()
}

fn names_of(document: &Json) -> Vec<&str> {
    document["stacks"].as_array().unwrap().iter().map(|stack| stack["name"].as_str().unwrap()).collect()
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// 40 letters and digits that cannot be guessed.
fn is_token(text: &str) -> bool {
    text.len() == 40 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn second(stage: &Stage) {
    let n_events = || NAMES.iter().map(|name| stage.n_events(name)).collect::<Vec<_>>();
    let before = n_events();
    let n_calls = stage.n_calls();
    // 3 would say that there were changes.
    let run = stage.run(&["deploy", "--detailed-exitcode", "--output", "json"]).succeeds();
    for name in NAMES {
        run.says(&format!("{name}: nothing to do"));
        assert_eq!(stage.account("change_sets", &[&full(name)]), json!([]));
    }
    // What was completed is not looked at again, neither in Backlog nor in the artifact bucket.
    assert_eq!(stage.calls_since(n_calls, "backlog"), [Json::Null; 0]);
    assert!(!run.stderr.contains("uploading"), "{}", run.stderr);
    let document = run.json();
    for (stack, first) in
        document["stacks"].as_array().unwrap().iter().zip(stage.document()["stacks"].as_array().unwrap())
    {
        assert_eq!(stack["changed"], false, "{stack:#}");
        assert_eq!((&stack["registrations"], &stack["outputs"]), (&first["registrations"], &first["outputs"]));
    }
    assert_eq!(n_events(), before);
}

/// What is known of the last deployment does not hide a change, of what a person set or of what somebody did.
fn every_change(stage: &Stage) {
    const STAGE: &str = "stacks/stages/local.yaml";
    let preview = || stage.run(&["deploy", "--dry-run", "--detailed-exitcode"]);
    for (before, after) in
        [("log_retention_days: 7", "log_retention_days: 14"), ("watched_folder: /sample/", "watched_folder: /other/")]
    {
        stage.edit(STAGE, before, after);
        preview().ends_with(CHANGED).says("changed ");
        stage.edit(STAGE, after, before);
        preview().succeeds();
    }
    let deploy = || stage.run(&["deploy", "--detailed-exitcode"]);
    deploy().succeeds();
    let bucket = stage.output("question-form", "SiteBucket");
    // Put back without an invalidation: what was not there is in no cache.
    stage.aws(&["s3api", "delete-object", "--bucket", &bucket, "--key", "favicon.svg"]);
    deploy().ends_with(CHANGED).says("question-form: 1 file of the site updated");
    deploy().succeeds();
}

fn endpoints(stage: &Stage) {
    let document = stage.run(&["endpoints", "--output", "json"]).succeeds().json();
    assert_eq!(names_of(&document), NAMES);
    let text = stage.run(&["endpoints"]).succeeds().stdout;
    for stack in defined() {
        let name = stack.name().to_owned();
        for secret in given(&[stack]) {
            assert!(text.contains(&format!("{name}: secret {secret}\n  from   ")), "{text}");
        }
    }
    for (there, first) in
        document["stacks"].as_array().unwrap().iter().zip(stage.document()["stacks"].as_array().unwrap())
    {
        assert_eq!(there["registrations"], first["registrations"]);
        for registration in there["registrations"].as_array().unwrap() {
            let saas = registration["saas"].as_str().unwrap();
            assert!(text.contains(&format!("{}: register in {saas}\n", there["name"].as_str().unwrap())), "{text}");
            assert!(text.contains(registration["where"].as_str().unwrap()), "{text}");
            assert!(text.contains(registration["url"].as_str().unwrap()), "{text}");
        }
    }
}

/// The hops of each integration: the way in, then for each end its queue, its function, its effect.
fn test_events(stage: &Stage) {
    let held = |list: &str| stage.held(list).len();
    let mut n_held: BTreeMap<String, usize> = BTreeMap::new();
    for stack in defined() {
        let plan = stack.plan_test(stack.test_event().unwrap(), Some("fresh")).unwrap();
        // Executions are followed in chapters of their own.
        let Some(hops) = hops(&stack, &plan) else { continue };
        for branch in &plan.branches {
            let list = match &branch.effect {
                Effect::Issue { .. } => "backlog/issues".to_owned(),
                Effect::Message { saas, item, .. } => format!("{}/{item}s", saas.id()),
                _ => continue,
            };
            *n_held.entry(list.clone()).or_insert_with(|| held(&list)) += 2;
        }
        let name = stack.name();
        let mut details = BTreeSet::new();
        for _ in 0..2 {
            let report = stage.run(&["publish-test-event", name, "--output", "json"]).succeeds().json();
            assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");
            let passed = report["hops"].as_array().unwrap();
            let names: Vec<_> = passed.iter().map(|hop| hop["name"].as_str().unwrap()).collect();
            assert!(names[0].starts_with(&hops[0]), "{}: {}", names[0], hops[0]);
            assert_eq!(names[1..], hops[1..]);
            assert!(passed.iter().all(|hop| hop["passed"] == true), "{report:#}");
            let effects = passed.iter().skip(3).step_by(3);
            details.extend(effects.map(|hop| hop["detail"].as_str().unwrap().to_owned()));
        }
        // A file keeps its number, so that its second copy has the same name; its content differs.
        let n_ends = plan.branches.len();
        assert_eq!(details.len(), 2 * n_ends, "the second event of {name} was taken for the first: {details:?}");
    }
    for (list, n_expected) in &n_held {
        assert_eq!(held(list), *n_expected, "{list}");
    }
    // An event that is given is sent as it is, as often as one likes; its words may stand in older messages.
    let file = stage.root.join("target/event.txt");
    for (event, code) in [("errors in checkout", 0), ("errors in checkout", 0), ("{\"AlarmName\": 1}", 0), (" \n", 2)] {
        std::fs::write(&file, event).unwrap();
        let arguments = ["publish-test-event", "sns-slack", "--file", &file.display().to_string()];
        let run = stage.run(&arguments);
        if code == 0 {
            run.succeeds()
        } else {
            run.fails_with(code)
        };
    }
    assert_eq!(held("slack/messages"), n_held["slack/messages"] + 3);
}

/// The hops of a test event: the way in, then for each end its queue, its function, its effect.
fn hops(stack: &Stack, plan: &TestPlan) -> Option<Vec<String>> {
    let name = stack.full_stack_name();
    // What has a name of its own is known by its beginning.
    let entry = match &plan.entry {
        Entry::Webhook { function, .. } | Entry::Post { function, .. } => format!("POST to {function}"),
        Entry::Publish { .. } => format!("publish to {name}-"),
        Entry::Send { .. } => format!("send to {name}-"),
        Entry::Execute { .. } => return None,
    };
    let ends = plan.branches.iter().flat_map(|branch| {
        let effect = match &branch.effect {
            Effect::Object { .. } => "object in the bucket".to_owned(),
            Effect::Issue { .. } => "issue in Backlog".to_owned(),
            Effect::Item { .. } => "item in the table".to_owned(),
            Effect::Message { saas, item, .. } => format!("{item} in {}", saas.name),
            Effect::Nothing(why) => panic!("the event of the test has no effect: {why}"),
        };
        [format!("queue to {}", branch.function), format!("run of {}", branch.function), effect]
    });
    Some(std::iter::once(entry).chain(ends).collect())
}

fn canary(stage: &Stage) {
    // So that functions run, whose environments are searched.
    stage.run(&["publish-test-event", "mackerel-incidents"]).succeeds();
    let mut secrets = stage.secret_words();
    assert_eq!(secrets.len(), standins::Keys::names().count());
    secrets.push(stage.seed());
    let with_token = |stack: &Stack| stack.registrations().iter().any(|known| known.token_secret.is_some());
    let stacks = defined();
    let tokens = stacks.iter().filter(|stack| with_token(stack)).map(|stack| stage.registered(stack.name()));
    let tokens: Vec<String> = tokens.map(|url| last_part(&url).to_owned()).collect();
    let words: Vec<&str> = secrets.iter().chain(&tokens).map(String::as_str).collect();
    assert_eq!(stage.account("find", &words), json!([]));
    let (said, lines, environments) = (stage.everything_said(), stage.command_lines(), stage.function_environments());
    assert!(environments.contains("WEBHOOK_SECRET_ARN"), "no function runs");
    let received = stage.controlled("received").body;
    assert_eq!(stage.files_that_hold(&stage.seed()), ["stand-ins.json", "state.json"]);
    for secret in &secrets {
        assert!(secret == &stage.seed() || stage.files_that_hold(secret).is_empty());
        for (place, text) in
            [("output", &said), ("command lines", &lines), ("environments", &environments), ("received", &received)]
        {
            assert!(!text.contains(secret), "a secret is in: {place}");
        }
    }
    // Root's secret key is in no function, for all of the emulator's environment reaches each of them.
    let root = stage.variables().remove("AWS_SECRET_ACCESS_KEY").unwrap();
    assert_eq!(stage.files_that_hold(&root), ["state.json"]);
    assert!(![said, lines.clone(), environments.clone(), received.clone()].concat().contains(&root));
    for token in &tokens {
        assert!(!lines.contains(token) && !environments.contains(token) && !received.contains(token));
    }
    // The search itself finds what is there.
    let found = stage.account("find", &["INCIDENTS_TABLE"]);
    assert!(found.as_array().unwrap().iter().any(|place| place == "template of tsugite-local-mackerel-incidents"));
}

fn keeps_data(stage: &Stage) {
    stage.run(&["publish-test-event", "question-form"]).succeeds();
    let table = stage.output("question-form", "ArchiveName");
    let count =
        |name: &str| stage.aws(&["dynamodb", "scan", "--table-name", name, "--select", "COUNT"])["Count"].clone();
    let n_items = count(&table);
    assert!(n_items.as_u64() > Some(0), "there is no data to keep");
    let seen = stage.run(&["destroy", "question-form", "--dry-run"]).succeeds();
    seen.says(&format!("data to be deleted: table {table}"));
    let kept = stage.run(&["destroy", "question-form", "--keep-data", "--output", "json"]).succeeds();
    kept.says(&format!("data to be kept: table {table}"));
    let kept = kept.json();
    assert_eq!((&kept["stacks"][0]["status"], &kept["stacks"][0]["changed"]), (&Json::Null, &json!(true)));
    let there = stage.account("inventory", &[]);
    assert!(!there["stacks"].as_array().unwrap().contains(&json!(full("question-form"))), "{there:#}");
    assert_eq!((&there["distributions"], &there["access_controls"]), (&json!([]), &json!([])), "{there:#}");
    let tables = there["tables"].as_array().unwrap();
    assert!(tables.contains(&json!(table)), "{tables:?}");
    // What functions had to remember is no data of people.
    assert!(!tables.iter().any(|name| name.as_str().unwrap().contains("TicketClaims")), "{tables:?}");
    assert_eq!(count(&table), n_items);
    stage.run(&["publish-test-event", "sns-slack"]).succeeds();
}

/// A section that leaves the stage file leaves its stack in the account, with all that it kept.
fn retired(stage: &Stage) {
    let file = "stacks/stages/local.yaml";
    let whole = std::fs::read_to_string(stage.root.join(file)).unwrap();
    // The form's table is what the chapter before has kept.
    let table = stage.output("question-form", "ArchiveName");
    let (rest, form) = whole.split_once("question_form:\n").unwrap();
    assert!(form.lines().all(|line| line.starts_with(' ')), "the form's section is not the last one");
    let bytebase = "bytebase_workflow:\n  service_account: tsugite@service.bytebase.com\n";
    assert!(rest.contains(bytebase));
    stage.write(file, &rest.replace(bytebase, ""));

    let run = stage.run(&["deploy"]).succeeds();
    run.says("bytebase-workflow is still deployed, but its section is gone from the stage file")
        .says("delete it with: cargo xtask destroy bytebase-workflow");
    assert!(!run.stderr.contains("question-form is still deployed"), "{}", run.stderr);
    let seen = stage.run(&["destroy", "--dry-run"]).succeeds();
    seen.says("bytebase-workflow: no longer in the stage file, 8 resources to delete");
    seen.says("question-form: no longer in the stage file").says(&format!("data to be deleted: table {table}"));
    for _ in 0..2 {
        stage.run(&["destroy", "bytebase-workflow", "question-form"]).succeeds();
    }
    let again = stage.run(&["destroy", "bytebase-workflow"]).succeeds();
    again.says("bytebase-workflow: nothing to delete");
    let there = stage.account("inventory", &[]);
    assert_eq!(there["stacks"].as_array().unwrap().len(), NAMES.len() - 2, "{there:#}");
    assert_eq!(there["us-east-1"]["stacks"], json!([]), "the certificate's stack is still there");
    assert!(!there["tables"].as_array().unwrap().contains(&json!(table)), "{there:#}");
    stage.write(file, &whole);
    // Alone, it has nothing to build.
    let alone = stage.run(&["deploy", "bytebase-workflow"]).succeeds();
    alone.says("bytebase-workflow: new stack");
    assert!(!alone.stderr.contains("building"), "{}", alone.stderr);
}

fn destroys(stage: &Stage) {
    let run = stage.run(&["destroy", "--output", "json"]).succeeds();
    run.says("the artifact bucket was deleted with the last stack");
    let document = run.json();
    let names = names_of(&document);
    assert!(NAMES.iter().all(|name| names.contains(name)), "{names:?}");
    stage.is_empty();
    for name in NAMES {
        stage.run(&["destroy", name]).succeeds().says(&format!("{name}: nothing to delete"));
    }
}

pub fn stops(stage: &Stage) {
    stage.run(&["local", "stop"]).succeeds().says("stopped");
    let lines = stage.command_lines();
    assert!(
        !lines.contains("launcher.py") && !lines.contains("__stand-ins") && !lines.contains("bootstrap"),
        "{lines}"
    );
}
