//! Chapters of `mackerel-incidents`: alerts of Mackerel as issues of Backlog.

use super::world::now_seconds;
use crate::local::stage::{Stage, post, sources};
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};

const STACK: &str = "mackerel-incidents";
const STAGE_FILE: &str = "stacks/stages/local.yaml";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("mackerel: an alert has one issue", one_issue),
    chapter("mackerel: later changes of the alert are added as comments", changes),
    chapter("mackerel: other events are ignored", other_events),
    chapter("mackerel: an alert of a new kind is an alert", new_kinds),
    chapter("mackerel: thirty deliveries at once make one issue", thirty_at_once),
    chapter("mackerel: a lost answer makes no second issue", lost_answer),
    chapter("mackerel: an issue with long fields is found again", long_fields),
    chapter("mackerel: a rate limit delays the issue", rate_limit),
    chapter("mackerel: an API key that Backlog refuses is reported", refused_key),
    chapter("mackerel: a name that Backlog does not have stops the deployment", wrong_names),
    chapter("mackerel: only the published senders may call", published_senders),
    chapter("mackerel: a recovery does what the stage file says, deployed alone", on_recovery),
];

/// The test event as one of another alert, with some fields of the alert changed.
fn alert(id: &str, change: &Json) -> Json {
    let text = std::fs::read_to_string(sources().join("handlers/contracts/events/mackerel-alert.json")).unwrap();
    let mut event: Json = serde_json::from_str(&text).unwrap();
    event["alert"]["id"] = json!(id);
    event["alert"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    event
}

fn recovery(id: &str) -> Json {
    alert(id, &json!({"status": "ok", "isOpen": false, "closedAt": 1_692_629_121, "statusChangedAt": 1_692_629_121}))
}

/// Posts events one after the other, each after the one before was handled.
fn post_events(stage: &Stage, events: &[Json]) {
    for event in events {
        let answer = stage.post(&stage.registered(STACK), "application/json", event.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        stage.settles(STACK, "Alerts");
    }
}

/// The one issue of an alert.
fn issue(stage: &Stage, id: &str) -> Json {
    let issues = stage.issues_with(&format!("Alert ID: {id}"));
    assert_eq!(issues.len(), 1, "{issues:#?}");
    issues[0].clone()
}

/// Texts of the comments of an issue.
fn comments(issue: &Json) -> Vec<&str> {
    issue["comments"].as_array().unwrap().iter().map(|comment| comment["content"].as_str().unwrap()).collect()
}

fn gives_up_nothing(stage: &Stage) {
    assert_eq!(stage.depth(STACK, "AlertsDeadLetters"), 0);
}

fn one_issue(stage: &Stage) {
    let event = alert("one", &json!({}));
    post_events(stage, &[event.clone(), event.clone(), event]);
    let issue = issue(stage, "one");
    assert_eq!(issue["summary"], "critical@app01 - CPU % (occurred at 2023-08-21 23:35:21 +09:00)");
    assert_eq!((&issue["issueType"]["name"], &issue["priority"]["name"]), (&json!("バグ"), &json!("高")));
    assert!(issue["description"].as_str().unwrap().contains("Warning: > 80\nCritical: > 90\n"), "{issue:#}");
    assert_eq!(comments(&issue), [""; 0]);
    gives_up_nothing(stage);
}

fn changes(stage: &Stage) {
    post_events(stage, &[alert("two", &json!({"status": "warning"}))]);
    assert!(issue(stage, "two")["summary"].as_str().unwrap().starts_with("warning@app01"));
    let later = json!({"status": "critical", "statusChangedAt": 1_692_628_821});
    post_events(stage, &[alert("two", &later)]);
    let changed = issue(stage, "two");
    let [comment] = comments(&changed)[..] else { panic!("{changed:#}") };
    assert!(comment.starts_with("Status: critical\nChanged at: 2023-08-21 23:40:21 +09:00\n"), "{comment}");
    post_events(stage, &[recovery("two"), recovery("two")]);
    let issue = issue(stage, "two");
    let [_, comment] = comments(&issue)[..] else { panic!("{issue:#}") };
    assert!(comment.starts_with("Recovered: status ok\n"), "{comment}");
    assert_eq!(issue["status"]["id"], 1, "a comment leaves the issue open");
}

fn other_events(stage: &Stage) {
    let n_before = stage.held("backlog/issues").len();
    post_events(
        stage,
        &[
            json!({"event": "sample", "message": "Sample Notification from Mackerel", "imageUrl": null}),
            json!({"event": "hostRetire", "host": {"id": "22D4", "name": "app01"}}),
            json!({"event": "somethingNew", "alert": {"id": "x"}}),
            json!({"event": "alertGroup", "alertGroup": {"id": "g", "status": "CRITICAL"}}),
            recovery("never-seen-before"),
        ],
    );
    assert_eq!(stage.held("backlog/issues").len(), n_before);
    gives_up_nothing(stage);
    // What says that it is an alert and is none must not vanish.
    let mut nameless = recovery("not an id");
    nameless["alert"]["url"] = json!(null);
    post_events(stage, &[nameless]);
    let (body, reason) = stage.given_up(STACK, "AlertsDeadLetters");
    assert!(body.contains("not an id") && reason.contains("`alert.id`"), "{reason}");
}

fn new_kinds(stage: &Stage) {
    // A type of monitor that is not known yet, and an id that stands in the address of the page alone.
    let mut unknown = alert("", &json!({"url": "https://mackerel.io/orgs/example/alerts/unknown"}));
    unknown["type"] = json!("dream");
    post_events(stage, &[unknown]);
    assert!(issue(stage, "unknown")["description"].as_str().unwrap().contains("Type: dream\n"));
    gives_up_nothing(stage);
}

fn thirty_at_once(stage: &Stage) {
    // A changed function begins with new processes: the first two deliveries meet in their start.
    let function = &stage.resources(STACK)["IncidentReporter"];
    let there = stage.aws(&["lambda", "get-function-configuration", "--function-name", function]);
    let environment = there["Environment"].to_string();
    stage.aws(&["lambda", "update-function-configuration", "--function-name", function, "--environment", &environment]);
    let (url, body) = (stage.registered(STACK), alert("thirty", &json!({})).to_string());
    std::thread::scope(|scope| {
        let posting = || post(&url, "application/json", body.as_bytes()).status;
        let posts: Vec<_> = (0..30).map(|_| scope.spawn(posting)).collect();
        assert!(posts.into_iter().all(|post| post.join().unwrap() == 200));
    });
    stage.settles(STACK, "Alerts");
    assert_eq!(comments(&issue(stage, "thirty")), [""; 0]);
    println!(
        "    {} deliveries met another one in progress",
        stage.logs().matches("another delivery is updating").count()
    );
    gives_up_nothing(stage);
}

fn lost_answer(stage: &Stage) {
    let n_calls = stage.n_calls();
    stage.fail(&json!({
        "service": "backlog", "status": 500, "times": 1, "path_contains": "/api/v2/issues", "after": true,
    }));
    post_events(stage, &[alert("lost", &json!({}))]);
    assert_eq!(comments(&issue(stage, "lost")), [""; 0]);
    let calls = stage.calls_since(n_calls, "backlog");
    let created: Vec<_> = calls.iter().filter(|call| call["method"] == "POST").map(|call| &call["status"]).collect();
    assert_eq!(created, [500], "{calls:#?}");
    assert!(calls.iter().any(|call| call["method"] == "GET"), "no call looked for the issue: {calls:#?}");
    gives_up_nothing(stage);
}

/// Whatever is long, the issue is found again and made once.
fn long_fields(stage: &Stage) {
    stage.fail(&json!({
        "service": "backlog", "status": 500, "times": 1, "path_contains": "/api/v2/issues", "after": true,
    }));
    post_events(stage, &[alert("long", &json!({"monitorName": "m".repeat(150_000)}))]);
    let issue = issue(stage, "long");
    assert!(issue["description"].as_str().unwrap().contains("\nValue: "), "{issue:#}");
    gives_up_nothing(stage);
}

fn rate_limit(stage: &Stage) {
    let (n_calls, reset) = (stage.n_calls(), now_seconds() + 3);
    let headers = json!({"X-RateLimit-Reset": reset.to_string()});
    stage.fail(&json!({"service": "backlog", "status": 429, "times": 1, "headers": headers}));
    post_events(stage, &[alert("limited", &json!({}))]);
    issue(stage, "limited");
    let calls = stage.calls_since(n_calls, "backlog");
    assert_eq!(calls[0]["status"], 429, "{calls:#?}");
    assert!(calls[1..].iter().all(|call| call["at"].as_u64() >= Some(reset * 1000)), "too early: {calls:#?}");
    // Where nothing was done, nothing is looked for.
    assert!(calls.iter().all(|call| call["method"] == "POST"), "{calls:#?}");
    gives_up_nothing(stage);
}

fn refused_key(stage: &Stage) {
    // A refused key is read again and tried once more.
    stage.fail(&json!({"service": "backlog", "status": 401, "times": 2}));
    let event = alert("refused", &json!({}));
    post_events(stage, std::slice::from_ref(&event));
    let (body, reason) = stage.given_up(STACK, "AlertsDeadLetters");
    assert_eq!(serde_json::from_str::<Json>(&body).unwrap(), event);
    assert!(reason.contains("refuses the API key (401)"), "{reason}");
    assert_eq!(stage.issues_with("Alert ID: refused").len(), 0);
    // With a valid key, a redrive makes the issue after all.
    post_events(stage, &[event]);
    issue(stage, "refused");
    gives_up_nothing(stage);
}

fn wrong_names(stage: &Stage) {
    let n_events = stage.n_events(STACK);
    for (old, new, words) in [
        (
            "type: バグ",
            "type: 障害",
            &[
                "local.yaml:16: mackerel_incidents.issue.type: Backlog has no issue type `障害` of project `SUB`",
                "タスク (",
                "バグ (",
                "その他 (",
            ][..],
        ),
        ("priority: 高", "priority: 至急", &["Backlog has no priority `至急`", "高 (2), 中 (3), 低 (4)"]),
        (
            "type: バグ",
            "project: NOPE\n    type: バグ",
            &[
                "local.yaml:16: mackerel_incidents.issue.project: Backlog has no project `NOPE`",
                "write the key of one of these there: SUB (SUB プロジェクト)",
            ],
        ),
        (
            "priority: 高",
            "priority: 高\n    assignee: jiro",
            &["local.yaml:18: mackerel_incidents.issue.assignee: Backlog has no member `jiro`", "Taro (25), 花子 (26)"],
        ),
        ("priority: 高", "priority: 高\n    milestone: v1", &["Backlog has no milestone `v1`", "いますぐ (101)"]),
        (
            "type: バグ\n",
            "type: バグ\n    project: NOPE\n",
            &["local.yaml:17: mackerel_incidents.issue.project: Backlog has no project `NOPE`"],
        ),
        (
            "type: バグ\n    priority: 高",
            "type: 障害\n    priority: 至急",
            &[
                "2 settings of the stage file do not fit Backlog\n  stacks/stages/local.yaml:16: mackerel_incidents.issue.type",
                "\n  stacks/stages/local.yaml:17: mackerel_incidents.issue.priority: Backlog has no priority `至急`\n    write one of",
                "hint: correct these lines",
            ],
        ),
        (
            "    priority: 高\n",
            "    priority: 高\n    custom_fields: {Cause: n/a}\n",
            &[
                "issue.custom_fields.Cause: issue type `バグ` has no such custom field",
                "take the line out: it has none",
            ],
        ),
    ] {
        stage.edit(STAGE_FILE, old, new);
        let run = stage.run(&["deploy", STACK]).fails_with(2);
        words.iter().for_each(|words| {
            run.says(words);
        });
        assert_eq!(run.stdout, "");
        stage.edit(STAGE_FILE, new, old);
    }
    assert_eq!(stage.n_events(STACK), n_events);
    stage.run(&["deploy", STACK]).succeeds().says("nothing to do");
}

fn published_senders(stage: &Stage) {
    let (everyone, published) = ("    priority: 高\n", "    priority: 高\n  allowed_senders: mackerel\n");
    stage.edit(STAGE_FILE, everyone, published);
    // Without the list, nothing is deployed.
    stage.fail(&json!({"service": "mackerel", "status": 500, "times": 1}));
    let run = stage.run(&["deploy", STACK]).fails_with(2);
    run.says("local.yaml:18: mackerel_incidents.allowed_senders: the list of senders of Mackerel: the answer is 500")
        .says("hint: check https://mackerel.io/meta/ip-ranges.json");
    let of_this_machine = "Mackerel publishes 1 range of senders";
    let run = stage.run(&["deploy", STACK]).succeeds();
    run.says(&format!("{of_this_machine}; new: 127.0.0.1/32"));
    post_events(stage, &[alert("published", &json!({}))]);
    issue(stage, "published");
    stage.run(&["deploy", STACK]).succeeds().says(&format!("{of_this_machine}, as when this was deployed"));
    // From then on this machine is no sender.
    assert!(stage.control("mackerel/senders", &json!({"outgoing": ["192.0.2.0/28", "198.51.100.9/32"]})).is_success());
    let run = stage.run(&["deploy", STACK]).succeeds();
    run.says("Mackerel publishes 2 ranges of senders; new: 192.0.2.0/28, 198.51.100.9/32; removed: 127.0.0.1/32");
    let refused =
        stage.post(&stage.registered(STACK), "application/json", alert("x", &json!({})).to_string().as_bytes());
    assert_eq!(refused.status, 403, "{}", refused.body);
    stage.edit(STAGE_FILE, published, everyone);
    stage.run(&["deploy", STACK]).succeeds();
    post_events(stage, &[recovery("published")]);
    gives_up_nothing(stage);
}

fn on_recovery(stage: &Stage) {
    // A deployment of one stack leaves the others as they are.
    let others = || stacks::NAMES.iter().filter(|name| **name != STACK);
    let n_events = || others().map(|stack| stage.n_events(stack)).collect::<Vec<_>>();
    let before = n_events();
    let sections = [
        ("    priority: 高\n", "    priority: 高\n  on_recovery: close\n"),
        ("  on_recovery: close\n", "  on_recovery: ignore\n"),
    ];
    for ((old, new), id) in sections.into_iter().zip(["closes", "ignores"]) {
        post_events(stage, &[alert(id, &json!({}))]);
        stage.edit(STAGE_FILE, old, new);
        let run = stage.run(&["deploy", STACK, "--output", "json"]).succeeds();
        run.says("changed IncidentReporter (AWS::Lambda::Function): Environment");
        let document = run.json();
        let [stack] = &document["stacks"].as_array().unwrap()[..] else { panic!("{document:#}") };
        assert_eq!(
            (&stack["name"], &stack["status"], &stack["changed"]),
            (&json!(STACK), &json!("UPDATE_COMPLETE"), &json!(true))
        );
        post_events(stage, &[recovery(id), recovery(id)]);
    }
    assert_eq!(n_events(), before);
    let closed = issue(stage, "closes");
    assert_eq!(closed["status"]["id"], 4, "{closed:#}");
    let [comment] = comments(&closed)[..] else { panic!("{closed:#}") };
    assert!(comment.starts_with("Recovered: status ok\n"), "{comment}");
    let ignored = issue(stage, "ignores");
    assert_eq!((&ignored["status"]["id"], comments(&ignored).len()), (&json!(1), 0), "{ignored:#}");
    gives_up_nothing(stage);
}
