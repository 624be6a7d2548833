//! The question form as a person meets it: in a browser, with everything behind it.

use super::form::{self, STACK};
use crate::browser::page::Browser;
use crate::browser::question_form::{
    asks, fails_while_the_api_is_down, is_clean, refuses_a_question_that_is_too_long, refuses_an_empty_question,
    sends_again_after_a_reload,
};
use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};

const QUESTION: &str =
    "可視性タイムアウトは？ 👩‍💻🇯🇵\n\n\t1. 既定の 30 秒 <b>&amp;</b>\n2. 家族 👨‍👩‍👧‍👦 に \"𠮷野家\" で聞きました";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("form: a person asks in a browser", asks_a_question),
    chapter("form: the page of the stand-ins shows the journey of a question", sees_its_way),
    chapter("form: the page reports failures and keeps the question", is_told_what_fails),
];

/// A question arrives at all three ends, where the short number that the page shows finds it.
fn asks_a_question(stage: &Stage) {
    let browser = Browser::start("ja,en-US");
    let number = asks(&browser, &stage.registered(STACK), "AWS-101", QUESTION);
    arrives(stage, &number, QUESTION);
    is_clean(&browser);
}

/// The page of the stand-ins shows one question on its way: by whom it came, at which ends it worked, with
/// their times and lines, and which of the SaaS were called for it.
fn sees_its_way(stage: &Stage) {
    stage.fail(&json!({"service": "teams", "status": 503, "times": 1}));
    let text = "どの道を通りましたか？";
    let body = json!({"project_id": "AWS-101", "text": text}).to_string();
    let asked = stage.post(&format!("{}/api/questions", form::site(stage)), "application/json", body.as_bytes());
    let number = asked.json()["id"].as_str().unwrap().to_owned();
    form::settle(stage);
    let way = || {
        let shown = stage.get(&format!("{}/journeys.json", stage.stand_ins())).json();
        let ways = shown["journeys"].as_array().unwrap();
        ways.iter().find(|way| way["id"] == json!(number)).cloned().unwrap_or_default()
    };
    stage.until("the whole journey is shown", || way()["outcome"] == "done");
    let way = way();
    assert_eq!((&way["endpoint"]["request"], &way["endpoint"]["status"]), (&json!("POST /api/questions"), &json!(200)));
    assert!(way["topic"].as_str().unwrap().contains("Questions"), "{way:#}");
    let branches: Vec<Json> = way["branches"].as_array().unwrap().clone();
    let called = |name: &str| {
        let branch = branches.iter().find(|branch| branch["queue"].as_str().unwrap().contains(name)).unwrap();
        let deliveries = branch["deliveries"].as_array().unwrap();
        let of_one = |step: &Json| {
            let calls = step["calls"].as_array().unwrap().iter();
            let calls: Vec<_> = calls.map(|call| json!([call["service"], call["method"], call["status"]])).collect();
            assert!(step["began"].as_u64() <= step["ended"].as_u64() && step["lines"].as_array().unwrap().len() > 1);
            json!([step["outcome"], calls])
        };
        deliveries.iter().map(of_one).collect::<Vec<_>>()
    };
    assert_eq!(branches.len(), 3, "{way:#}");
    assert_eq!(called("ArchiveQuestions"), [json!(["done", []])]);
    assert_eq!(called("TicketQuestions"), [json!(["done", [["backlog", "POST", 201]]])]);
    let twice = [json!(["retrying", [["teams", "POST", 503]]]), json!(["done", [["teams", "POST", 202]]])];
    assert_eq!(called("TeamsQuestions"), twice);
    // What was asked is in what the SaaS hold, and nowhere in its journey.
    assert!(!way.to_string().contains(text));

    let browser = Browser::start("en-GB,en");
    browser.open(&stage.stand_ins());
    browser.wait_for("#journeys summary");
    browser.click("#journeys summary");
    browser.wait_for("#journeys .hops");
    let said = browser.text("#journeys .more");
    for words in ["POST /api/questions", "TeamsPoster", "TicketCreator", "delivery 2", "created issue", &number] {
        assert!(said.contains(words), "{words}: {said}");
    }
    browser.picture("way-of-a-question");
}

fn arrives(stage: &Stage, receipt: &str, text: &str) {
    form::settle(stage);
    let number = form::found_by(stage, receipt);
    assert_eq!(form::cards(stage, &number).len(), 1);
    let description = form::issue(stage, &number)["description"].as_str().unwrap().to_owned();
    // The project writes in Markdown, and nothing of a question is any.
    let shown = text.replace('\t', &"\u{a0}".repeat(4)).replace("1.", "1\\.").replace("2.", "2\\.");
    let shown = shown.replace('<', "\\<").replace("&amp;", "\\&amp;");
    assert!(description.starts_with(&shown), "{description}");
    assert_eq!(form::item(stage, &number)["text"]["S"], text);
}

/// What cannot be asked is refused, and nothing is lost while the API is down.
fn is_told_what_fails(stage: &Stage) {
    let browser = Browser::start("en-GB,en");
    let site = stage.registered(STACK);
    let n_issues = stage.held("backlog/issues").len();
    refuses_an_empty_question(&browser, &site);
    refuses_a_question_that_is_too_long(&browser, &site);
    assert_eq!(stage.held("backlog/issues").len(), n_issues);

    browser.open(&site);
    let receiver = stage.resources(STACK)["QuestionReceiver"].clone();
    let environment =
        stage.aws(&["lambda", "get-function-configuration", "--function-name", &receiver])["Environment"].clone();
    let mut broken = environment.clone();
    broken["Variables"]["TOPIC_ARN"] = json!("arn:aws:sns:ap-northeast-1:000000000000:nowhere");
    set_environment(stage, &receiver, &broken);
    let said = fails_while_the_api_is_down(&browser, QUESTION);
    assert!(said.contains("not sent") && said.contains("500"), "{said}");
    set_environment(stage, &receiver, &environment);
    let number = sends_again_after_a_reload(&browser, QUESTION);
    arrives(stage, &number, QUESTION);
    is_clean(&browser);
}

fn set_environment(stage: &Stage, function: &str, environment: &Json) {
    let environment = environment.to_string();
    stage.aws(&["lambda", "update-function-configuration", "--function-name", function, "--environment", &environment]);
}
