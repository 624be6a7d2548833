//! Chapters of `question-form`: from the form to Teams, Backlog and the table.

use super::site::has_security_headers;
use super::world::{envelope, now_seconds, texts};
use crate::local::stage::{Answer, Stage};
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};

pub const STACK: &str = "question-form";
/// The queues of the three ends.
const QUEUES: [&str; 3] = ["TeamsQuestions", "TicketQuestions", "ArchiveQuestions"];

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("form: invalid questions are refused with a reason", refusals),
    chapter("form: a question arrives byte by byte", question),
    chapter("form: no text of a stranger is formatting", markup),
    chapter("form: a day has its limit", daily_limit),
    chapter("form: a failing end does not delay the others", failing_end),
    chapter("form: a second delivery has no effect at any end", duplicates),
];

/// The address of the form, without a slash at its end.
pub fn site(stage: &Stage) -> String {
    stage.registered(STACK).trim_end_matches('/').to_owned()
}

fn post(stage: &Stage, content_type: &str, body: &str) -> Answer {
    stage.post(&format!("{}/api/questions", site(stage)), content_type, body.as_bytes())
}

/// Asks as the page does, waits until every end has had it, and returns its number.
fn ask(stage: &Stage, text: &str) -> String {
    let answer = post(stage, "application/json", &json!({"project_id": "AWS-101", "text": text}).to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    has_security_headers(&answer);
    settle(stage);
    answer.json()["id"].as_str().unwrap().to_owned()
}

pub fn settle(stage: &Stage) {
    for queue in QUEUES {
        stage.settles(STACK, queue);
    }
}

pub fn item(stage: &Stage, number: &str) -> Json {
    let key = json!({"id": {"S": number}}).to_string();
    let table = stage.output(STACK, "ArchiveName");
    let answer = stage.aws(&["dynamodb", "get-item", "--table-name", &table, "--key", &key]);
    answer["Item"].clone()
}

pub fn issue(stage: &Stage, number: &str) -> Json {
    let issues = stage.issues_with(&marker(number));
    assert_eq!(issues.len(), 1, "{issues:#?}");
    issues[0].clone()
}

/// The number of the question with this receipt, which is found by it at every end.
pub fn found_by(stage: &Stage, receipt: &str) -> String {
    let issues = stage.issues_with(&format!("受付番号: {receipt}"));
    let [issue] = &issues[..] else { panic!("not one issue for {receipt}: {issues:#?}") };
    let number = issue["description"].as_str().unwrap().rsplit_once("質問番号: ").unwrap().1.to_owned();
    assert!(number.starts_with(receipt) && number != receipt, "{number}");
    assert_eq!(cards(stage, &format!("受付番号: {receipt}")).len(), 1);
    assert_eq!(item(stage, &number)["receipt"]["S"], receipt);
    number
}

fn marker(number: &str) -> String {
    format!("プロジェクト: AWS-101 / 質問番号: {number}")
}

pub fn cards(stage: &Stage, number: &str) -> Vec<Json> {
    stage.shown_with("teams/cards", number)
}

fn gives_up_nothing(stage: &Stage) {
    for queue in QUEUES {
        assert_eq!(stage.depth(STACK, &format!("{queue}DeadLetters")), 0, "{queue}");
    }
}

fn refusals(stage: &Stage) {
    let asked = |project_id: &str, text: &str| json!({"project_id": project_id, "text": text}).to_string();
    let n_issues = stage.held("backlog/issues").len();
    for (content_type, body, status, code) in [
        ("application/json", asked("AWS-101", ""), 400, "blank"),
        ("application/json", asked("AWS-101", "\u{3000}\n\t"), 400, "blank"),
        ("application/json", asked("AWS-101", &"👍".repeat(4_001)), 400, "too_long"),
        ("application/json", asked("", "x"), 400, "project_id"),
        ("application/json", asked("AWS 101", "x"), 400, "project_id"),
        ("application/json", r#"{"project_id":"a"}"#.into(), 400, "bad_request"),
        ("application/json", r#"{"project_id":"a","text":"x","more":1}"#.into(), 400, "bad_request"),
        ("application/json", r#"["a","x"]"#.into(), 400, "bad_request"),
        ("text/plain", asked("AWS-101", "x"), 415, "unsupported_type"),
        ("application/x-www-form-urlencoded", "project_id=a&text=x".into(), 415, "unsupported_type"),
        ("application/json", asked("AWS-101", &"x".repeat(64 * 1024)), 413, "too_large"),
    ] {
        let answer = post(stage, content_type, &body);
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (status, code), "{}", answer.body);
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
        has_security_headers(&answer);
    }
    let site = site(stage);
    assert_eq!(stage.get(&format!("{site}/api/questions")).status, 404);
    assert_eq!(stage.post(&format!("{site}/api/other"), "application/json", b"{}").status, 404);
    // Files are for reading.
    assert_eq!(stage.post(&format!("{site}/index.html"), "application/json", b"{}").status, 403);
    settle(stage);
    assert_eq!(stage.held("backlog/issues").len(), n_issues);
    gives_up_nothing(stage);
}

fn question(stage: &Stage) {
    let text = "👩‍💻と👨‍👩‍👧‍👦の質問 🇯🇵\r\n\r\n  字下げ\tか\u{3099} e\u{301}\r<b>*&\"'\\ newline {{DATE(1)}}";
    let cleaned = text.replace("\r\n", "\n").replace('\r', "\n");
    let number = ask(stage, text);
    let asked_at = now_seconds();

    let issue = issue(stage, &number);
    // The project writes in Markdown, and nothing of a question is any.
    let shown = cleaned.replace("  字", "\u{a0}\u{a0}字").replace('\\', "\\\\");
    let shown = ["<", "*", "{"].iter().fold(shown, |text, mark| text.replace(mark, &format!("\\{mark}")));
    assert_eq!(issue["description"], format!("{shown}\n\n受付番号: {}\n{}", &number[..11], marker(&number)));
    // At most fifty characters as a reader counts them, on one line.
    let summary = issue["summary"].as_str().unwrap();
    assert!(summary.starts_with("👩‍💻と👨‍👩‍👧‍👦の質問 🇯🇵 字下げ か\u{3099} e\u{301} <b>*&\"'\\ newline"), "{summary}");
    assert_eq!((&issue["issueType"]["name"], &issue["priority"]["name"]), (&json!("要望"), &json!("中")));
    assert_eq!((&issue["assignee"]["userId"], &issue["milestone"][0]["name"]), (&json!("taro"), &json!("いますぐ")));

    let item = item(stage, &number);
    assert_eq!((&item["text"]["S"], &item["project_id"]["S"]), (&json!(cleaned), &json!("AWS-101")), "{item:#}");
    let expires_at: u64 = item["expires_at"]["N"].as_str().unwrap().parse().unwrap();
    let kept_for = expires_at - asked_at;
    assert!((400 * 86_400 - 120..=400 * 86_400).contains(&kept_for), "{kept_for} s in place of 400 days");
    let life = stage.aws(&["dynamodb", "describe-time-to-live", "--table-name", &stage.output(STACK, "ArchiveName")]);
    assert_eq!(life["TimeToLiveDescription"]["AttributeName"], "expires_at", "{life}");

    let [card] = &cards(stage, &number)[..] else { panic!("not one card for {number}") };
    for line in ["👩‍💻と👨‍👩‍👧‍👦の質問 🇯🇵", "<b>*&\"'\\ newline {", "{DATE(1)}}", "プロジェクト: AWS-101"]
    {
        assert!(texts(card).lines().any(|shown| shown == line), "`{line}` is missing in {card:#}");
    }
    // What people ask is in no log, and in the account where it belongs only.
    let table = stage.output(STACK, "ArchiveName");
    assert_eq!(stage.account("find", &["👨‍👩‍👧‍👦の質問"]), json!([format!("table {table}")]));
    gives_up_nothing(stage);
}

/// A day that has reached its limit takes no question, and says so; the function counts with its own role.
fn daily_limit(stage: &Stage) {
    const STAGE_FILE: &str = "stacks/stages/local.yaml";
    const LIMIT: &str = "  daily_limit: 1\n  keep_days: 400\n";
    let deploy = || stage.run(&["deploy", STACK]).succeeds();
    stage.edit(STAGE_FILE, "  keep_days: 400\n", LIMIT);
    deploy().says("changed QuestionReceiver (AWS::Lambda::Function): Environment");
    let question = json!({"project_id": "AWS-101", "text": "one too many"}).to_string();
    // At midnight a new day begins, and takes one.
    let answers: Vec<Answer> = (0..2).map(|_| post(stage, "application/json", &question)).collect();
    let last = answers.last().unwrap();
    assert_eq!((last.status, &last.json()["code"]), (429, &json!("daily_limit")), "{}", last.body);
    stage.edit(STAGE_FILE, LIMIT, "  keep_days: 400\n");
    deploy();
    ask(stage, "within the limit again");
}

/// A text of a stranger loads no image of a foreign host, and is no link that says something else.
fn markup(stage: &Stage) {
    let text =
        "#image(http://127.0.0.1:9/p.png)\n![x](http://127.0.0.1:9/p.png)\n[Sign in](http://127.0.0.1:9/)\n{code}";
    let issue = issue(stage, &ask(stage, text));
    let description = issue["description"].as_str().unwrap();
    let shown = "\\#image(http://127.0.0.1:9/p.png)\n!\\[x](http://127.0.0.1:9/p.png)\n\\[Sign in](http://127.0.0.1:9/)\n\\{code}";
    assert!(description.starts_with(&format!("{shown}\n\n")), "{description}");
    assert_eq!(issue["summary"].as_str().unwrap().chars().next(), Some('#'));
    // No call of a function or of the deployer had the key in its URL.
    let calls = stage.calls_since(0, "backlog");
    assert!(calls.iter().all(|call| !call["query"].as_str().unwrap().contains("apiKey")), "{calls:#?}");
    gives_up_nothing(stage);
}

fn failing_end(stage: &Stage) {
    let n_calls = stage.n_calls();
    stage.fail(&json!({"service": "teams", "status": 500, "times": 1}));
    let number = ask(stage, "while Teams fails");
    issue(stage, &number);
    assert_eq!(item(stage, &number)["text"]["S"], "while Teams fails");
    assert_eq!(cards(stage, &number).len(), 1);
    let (teams, backlog) = (stage.calls_since(n_calls, "teams"), stage.calls_since(n_calls, "backlog"));
    let statuses: Vec<_> = teams.iter().map(|call| call["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [500, 202]);
    let [created] = &backlog[..] else { panic!("{backlog:#?}") };
    assert!(created["at"].as_u64() < teams[1]["at"].as_u64(), "Backlog waited for Teams");
    gives_up_nothing(stage);
}

fn duplicates(stage: &Stage) {
    let (number, topic) = ("22222222-3333-4444-8555-666666666666", stage.output(STACK, "TopicArn"));
    let asked = envelope(number, &topic, &json!({"project_id": "AWS-101", "text": "asked once"}).to_string());
    // One after the other: at the same time, the second would wait as long as the first may take.
    for _ in 0..2 {
        for queue in QUEUES {
            stage.send(STACK, queue, &[&asked]);
        }
        settle(stage);
    }
    issue(stage, number);
    assert_eq!(cards(stage, number).len(), 1);
    let kept = item(stage, number);
    assert_eq!((&kept["text"]["S"], &kept["revision"]["N"]), (&json!("asked once"), &json!("1")), "{kept:#}");
    // Someone who publishes past the form has another number and is another question.
    stage.send(STACK, "TicketQuestions", &[&asked.replace(number, "another-number")]);
    stage.settles(STACK, "TicketQuestions");
    issue(stage, "another-number");
    issue(stage, number);
    gives_up_nothing(stage);
}
