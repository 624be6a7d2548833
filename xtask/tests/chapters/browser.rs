//! The question form as a person meets it: in a browser, with everything behind it.

use super::form::{self, STACK};
use crate::browser::page::Browser;
use crate::browser::question_form::{
    asks, fails_while_the_api_is_down, is_clean, refuses_a_question_that_is_too_long, refuses_an_empty_question,
    sends_again_after_a_reload,
};
use crate::local::stage::Stage;
use serde_json::{Value as Json, json};

const QUESTION: &str =
    "可視性タイムアウトは？ 👩‍💻🇯🇵\n\n\t1. 既定の 30 秒 <b>&amp;</b>\n2. 家族 👨‍👩‍👧‍👦 に \"𠮷野家\" で聞きました";

/// A question arrives at all three ends, where the short number that the page shows finds it.
pub fn asks_a_question(stage: &Stage) {
    let browser = Browser::start("ja,en-US");
    let number = asks(&browser, &stage.registered(STACK), "AWS-101", QUESTION);
    arrives(stage, &number, QUESTION);
    is_clean(&browser);
}

fn arrives(stage: &Stage, receipt: &str, text: &str) {
    form::settle(stage);
    let number = form::found_by(stage, receipt);
    assert_eq!(form::cards(stage, &number).len(), 1);
    let description = form::issue(stage, &number)["description"].as_str().unwrap().to_owned();
    assert!(description.starts_with(text), "{description}");
    assert_eq!(form::item(stage, &number)["text"]["S"], text);
}

/// What cannot be asked is refused, and nothing is lost while the API is down.
pub fn is_told_what_fails(stage: &Stage) {
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
