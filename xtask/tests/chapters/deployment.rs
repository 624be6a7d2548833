//! Chapters about all systems at once: deploying, registering, testing, secrets, destroying.

use super::world::full;
use crate::local::stage::{Run, Stage};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// What a person has to register: stack, SaaS, how the address begins and ends, words of the place.
const REGISTRATIONS: [(&str, &str, &str, &str, &str); 4] = [
    ("backlog-files", "Backlog", "http://127.0.0.1:", "/v1/backlog-files/TOKEN", "`Webhook URL`"),
    ("mackerel-incidents", "Mackerel", "http://127.0.0.1:", "/v1/mackerel-incidents/TOKEN", "field `URL`"),
    ("question-form", "a page or mail of yours", "http://", "", "`?project_id=…`"),
    (
        "sns-slack",
        "CloudWatch, Budgets and EventBridge",
        "arn:aws:sns:ap-northeast-1:000000000000:",
        "tsugite-local-sns-slack-Notifications",
        "Amazon SNS ARN",
    ),
];

/// Every system, in the order in which they are listed.
const NAMES: [&str; 5] = ["backlog-files", "bytebase-workflow", "mackerel-incidents", "question-form", "sns-slack"];

pub fn starts_empty(stage: &Stage) -> Json {
    stage.run(&["local", "start"]).succeeds();
    stage.account("inventory", &[])
}

pub fn graphs(stage: &Stage) {
    let all = stage.run(&["graph"]).succeeds().stdout;
    assert_eq!(all.matches("flowchart LR\n").count(), NAMES.len(), "{all}");
    for (name, words) in NAMES.iter().zip([
        "FileReplicator<br>Lambda",
        "Workflow<br>Step Functions",
        "IncidentReporter<br>Lambda",
        "QuestionArchiver<br>Lambda",
        "SlackNotifier<br>Lambda",
    ]) {
        assert!(all.contains(&format!("%% {name}\nflowchart LR\n")), "{all}");
        let graph = stage.run(&["graph", name]).succeeds().stdout;
        assert!(graph.starts_with("flowchart LR\n") && graph.contains(words), "{graph}");
        assert!(all.contains(&graph), "{name} alone is drawn in another way");
    }
}

pub fn first(stage: &Stage) {
    let run = stage.run(&["deploy", "--output", "json"]).succeeds();
    let builds = run.stderr.lines().filter(|line| line.starts_with("building the handlers")).collect::<Vec<_>>();
    let [build] = builds[..] else { panic!("not one build but {builds:?}") };
    for package in [
        "file-replicator",
        "incident-reporter",
        "question-archiver",
        "question-receiver",
        "slack-notifier",
        "teams-poster",
        "ticket-creator",
        "webhook-receiver",
    ] {
        assert!(build.contains(package), "{package} is missing in: {build}");
    }
    run.says("secrets stored: BACKLOG_API_KEY, BYTEBASE_SERVICE_KEY, SLACK_WEBHOOK_URL, TEAMS_WORKFLOW_URL");
    let document = run.json();
    assert_eq!(names_of(&document), NAMES);
    for stack in document["stacks"].as_array().unwrap() {
        assert_eq!((&stack["status"], &stack["changed"]), (&json!("CREATE_COMPLETE"), &json!(true)), "{stack:#}");
    }
    for (name, saas, start, end, place) in REGISTRATIONS {
        let stack = stack_of(&document, name);
        let [registration] = &stack["registrations"].as_array().unwrap()[..] else { panic!("{stack:#}") };
        assert_eq!(registration["saas"], saas);
        assert!(registration["where"].as_str().unwrap().contains(place), "{registration:#}");
        let url = registration["url"].as_str().unwrap();
        let (address, token) = match end.strip_suffix("/TOKEN") {
            Some(end) => (end, Some(last_part(url))),
            None => (end, None),
        };
        let shown = token.map_or(url, |token| url.strip_suffix(token).unwrap().trim_end_matches('/'));
        assert!(shown.starts_with(start) && shown.ends_with(address), "{url}");
        assert!(token.is_none_or(is_token), "{url}");
    }
    let site = stack_of(&document, "question-form")["registrations"][0]["url"].as_str().unwrap();
    assert!(site.contains(".cloudfront.localhost:"), "{site}");
    let retention = stage.account("retention", &["/aws/lambda/tsugite-local-"]);
    let retention = retention.as_object().unwrap();
    assert_eq!(retention.len(), 9, "a log group for each function: {retention:#?}");
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

/// 40 letters and digits that nobody can guess.
fn is_token(text: &str) -> bool {
    text.len() == 40 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

pub fn second(stage: &Stage) {
    let n_events = || NAMES.map(|name| stage.n_events(name));
    let before = n_events();
    let run = stage.run(&["deploy", "--output", "json"]).succeeds();
    for name in NAMES {
        run.says(&format!("{name}: nothing to do"));
        assert_eq!(stage.account("change_sets", &[&full(name)]), json!([]));
    }
    run.says("nothing new: 8 archives are there");
    let document = run.json();
    for (stack, first) in
        document["stacks"].as_array().unwrap().iter().zip(stage.document()["stacks"].as_array().unwrap())
    {
        assert_eq!(stack["changed"], false, "{stack:#}");
        assert_eq!((&stack["registrations"], &stack["outputs"]), (&first["registrations"], &first["outputs"]));
    }
    assert_eq!(n_events(), before);
}

pub fn endpoints(stage: &Stage) {
    let document = stage.run(&["endpoints", "--output", "json"]).succeeds().json();
    assert_eq!(names_of(&document), NAMES);
    let text = stage.run(&["endpoints"]).succeeds().stdout;
    for (name, secret) in [
        ("backlog-files", "BACKLOG_API_KEY"),
        ("bytebase-workflow", "BYTEBASE_SERVICE_KEY"),
        ("mackerel-incidents", "BACKLOG_API_KEY"),
        ("question-form", "BACKLOG_API_KEY"),
        ("question-form", "TEAMS_WORKFLOW_URL"),
        ("sns-slack", "SLACK_WEBHOOK_URL"),
    ] {
        assert!(text.contains(&format!("{name}: secret {secret}\n  from   ")), "{text}");
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

/// The hops of each system: the way in, then for each end its queue, its function, its effect.
pub fn test_events(stage: &Stage) {
    let ends = |entry: &str, ends: &[(&str, &str)]| -> Vec<String> {
        let hops = ends.iter().flat_map(|(function, effect)| {
            [format!("queue to {function}"), format!("{function} at work"), (*effect).to_owned()]
        });
        std::iter::once(entry.to_owned()).chain(hops).collect()
    };
    let systems = [
        ("mackerel-incidents", ends("POST to WebhookReceiver", &[("IncidentReporter", "issue in Backlog")])),
        (
            "sns-slack",
            ends("publish to tsugite-local-sns-slack-Notifications", &[("SlackNotifier", "message in Slack")]),
        ),
        (
            "question-form",
            ends(
                "POST to QuestionReceiver",
                &[
                    ("TeamsPoster", "card in Teams"),
                    ("TicketCreator", "issue in Backlog"),
                    ("QuestionArchiver", "item in the table"),
                ],
            ),
        ),
    ];
    for (system, hops) in systems {
        let mut details = BTreeSet::new();
        for _ in 0..2 {
            let report = stage.run(&["publish-test-event", system, "--output", "json"]).succeeds().json();
            assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");
            let passed = report["hops"].as_array().unwrap();
            let names: Vec<_> = passed.iter().map(|hop| hop["name"].as_str().unwrap()).collect();
            assert_eq!(names, hops);
            assert!(passed.iter().all(|hop| hop["passed"] == true), "{report:#}");
            let effects = passed.iter().skip(3).step_by(3);
            details.extend(effects.map(|hop| hop["detail"].as_str().unwrap().to_owned()));
        }
        let n_ends = (hops.len() - 1) / 3;
        assert_eq!(details.len(), 2 * n_ends, "the second event of {system} was taken for the first: {details:?}");
    }
    // Two alerts and two questions.
    assert_eq!(stage.held("backlog/issues").len(), 4);
    assert_eq!((stage.held("slack/messages").len(), stage.held("teams/cards").len()), (2, 2));
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
    assert_eq!(stage.held("slack/messages").len(), 5);
}

pub fn canary(stage: &Stage) {
    let secrets = stage.secrets();
    let names = ["BACKLOG_API_KEY", "BYTEBASE_SERVICE_KEY", "SLACK_WEBHOOK_URL", "TEAMS_WORKFLOW_URL"];
    assert_eq!(secrets.keys().collect::<Vec<_>>(), names);
    let tokens = ["backlog-files", "mackerel-incidents"].map(|stack| last_part(&stage.registered(stack)).to_owned());
    let words: Vec<&str> = secrets.values().chain(&tokens).map(String::as_str).collect();
    assert_eq!(stage.account("find", &words), json!([]));
    let (said, lines, environments) = (stage.everything_said(), stage.command_lines(), stage.function_environments());
    assert!(environments.contains("WEBHOOK_SECRET_ARN"), "no function runs");
    let received = stage.controlled("received").body;
    for secret in secrets.values() {
        assert!(secret.len() >= 32, "a secret that is so short is found by chance");
        assert_eq!(stage.files_that_hold(secret), ["stand-ins.json", "state.json"]);
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

pub fn keeps_data(stage: &Stage) {
    let table = stage.output("question-form", "ArchiveName");
    let count =
        |name: &str| stage.aws(&["dynamodb", "scan", "--table-name", name, "--select", "COUNT"])["Count"].clone();
    let n_items = count(&table);
    assert!(n_items.as_u64() > Some(0), "there is no data to keep");
    let seen = stage.run(&["destroy", "question-form", "--dry-run"]).succeeds();
    seen.says(&format!("data goes: table {table}"));
    let kept = stage.run(&["destroy", "question-form", "--keep-data", "--output", "json"]).succeeds();
    kept.says(&format!("data is kept: table {table}"));
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
pub fn former(stage: &Stage) {
    let file = stage.root.join("stacks/stages/local.yaml");
    let whole = std::fs::read_to_string(&file).unwrap();
    // The form's table is what the chapter before has kept.
    let table = stage.output("question-form", "ArchiveName");
    let (rest, form) = whole.split_once("question_form:\n").unwrap();
    assert!(form.lines().all(|line| line.starts_with(' ')), "the form's section is not the last one");
    let bytebase = "bytebase_workflow:\n  service_account: tsugite@service.bytebase.com\n";
    assert!(rest.contains(bytebase));
    std::fs::write(&file, rest.replace(bytebase, "")).unwrap();

    let run = stage.run(&["deploy"]).succeeds();
    run.says("bytebase-workflow is there although").says("`cargo xtask destroy bytebase-workflow` removes it");
    assert!(!run.stderr.contains("question-form is there"), "{}", run.stderr);
    let seen = stage.run(&["destroy", "--dry-run"]).succeeds();
    seen.says("bytebase-workflow: no longer in the stage file, 8 resources to delete");
    seen.says("question-form: no longer in the stage file").says(&format!("data goes: table {table}"));
    for _ in 0..2 {
        stage.run(&["destroy", "bytebase-workflow", "question-form"]).succeeds();
    }
    let again = stage.run(&["destroy", "bytebase-workflow"]).succeeds();
    again.says("bytebase-workflow: nothing is there");
    let there = stage.account("inventory", &[]);
    assert_eq!(there["stacks"].as_array().unwrap().len(), 3, "{there:#}");
    assert_eq!(there["us-east-1"]["stacks"], json!([]), "the certificate's stack is still there");
    assert!(!there["tables"].as_array().unwrap().contains(&json!(table)), "{there:#}");
    std::fs::write(&file, whole).unwrap();
    // Alone, it has nothing to build.
    let alone = stage.run(&["deploy", "bytebase-workflow"]).succeeds();
    alone.says("bytebase-workflow: new stack");
    assert!(!alone.stderr.contains("building"), "{}", alone.stderr);
}

pub fn destroys(stage: &Stage, before: &Json) {
    let run: Run = stage.run(&["destroy", "--output", "json"]).succeeds();
    run.says("the artifact bucket went with the last stack");
    assert_eq!(names_of(&run.json()), NAMES);
    assert_eq!(&stage.account("inventory", &[]), before);
    for name in NAMES {
        stage.run(&["destroy", name]).succeeds().says(&format!("{name}: nothing is there"));
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
