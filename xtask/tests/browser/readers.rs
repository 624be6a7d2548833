//! Who reads the question form: their languages, their clipboards, and whether everybody can use it.

use super::axe::{findings, finds_nothing};
use super::page::Browser;
use super::question_form::{asks, is_clean, is_confirmed, is_failed, is_wrong};
use super::server::{Answer, Server};
use crate::{ENGLISH, JAPANESE, QUESTION, fits};
use serde_json::json;

#[test]
fn an_empty_form_is_told_what_to_enter_and_nothing_else() {
    for (languages, project, question) in [
        (JAPANESE, "プロジェクト ID を入力してください。", "質問を入力してください。"),
        (ENGLISH, "Enter your project ID.", "Enter your question."),
    ] {
        let (server, browser) = (Server::start(), Browser::start(languages));
        browser.narrow_to(320);
        browser.open(&server.url());
        let before = browser.text("main");
        browser.click("#send");
        assert_eq!(is_wrong(&browser, "project"), project);
        assert_eq!(browser.text("#text-wrong"), question);
        let added: Vec<_> =
            browser.text("main").lines().map(str::to_owned).filter(|line| !before.contains(line)).collect();
        assert_eq!(added, [project, question], "each once, and no word beside");
        fits(&browser);
        browser.picture(&format!("empty-{}", &languages[..2]));
        // What has become right is taken back at once; what has not, stays.
        browser.fill("#project", "AWS-101");
        assert!(!browser.is_shown("#project-wrong") && browser.is_shown("#text-wrong"));
        browser.fill("#text", "x");
        assert!(!browser.is_shown("#text-wrong"));
        assert_eq!(server.received(), [""; 0]);
        is_clean(&browser);
    }
}

#[test]
fn the_number_is_short_and_can_be_copied() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    let number = asks(&browser, &server.url(), "AWS-101", QUESTION);
    assert!(number.len() <= 12, "{number}");
    browser.allow_the_clipboard(&server.url());
    browser.click("#copy");
    browser.wait_until("the page says that it was copied", || browser.text("#copy") == "コピーしました");
    assert_eq!(browser.text_on_the_clipboard(), number);
    assert_eq!(browser.execute("return document.getElementById('status').textContent", &[]), json!("コピーしました"));

    // The next receipt starts again. A browser that does not let the page copy has the number selected.
    browser.click("#again");
    browser.fill("#text", "次の質問");
    browser.click("#send");
    is_confirmed(&browser);
    assert_eq!(browser.text("#copy"), "番号をコピー");
    browser.execute("navigator.clipboard.writeText = () => Promise.reject(new Error())", &[]);
    browser.click("#copy");
    browser.wait_for("#by-hand");
    assert_eq!(browser.execute("return String(getSelection())", &[]), json!(number));
    browser.narrow_to(320);
    fits(&browser);
    browser.picture("japanese-narrow-receipt");
    is_clean(&browser);
}

#[test]
fn everybody_can_use_the_form_in_every_state() {
    let server = Server::start();
    for (languages, width) in [(JAPANESE, 1280), (ENGLISH, 320)] {
        let browser = Browser::start(languages);
        browser.narrow_to(width);
        let judge = |state: &str| {
            for prefer in [Browser::prefer_light, Browser::prefer_dark] {
                prefer(&browser);
                finds_nothing(&browser, &format!("{state}, {languages}, {width} px"));
            }
        };
        browser.open(&server.url());
        judge("empty");
        browser.click("#send");
        is_wrong(&browser, "project");
        judge("wrong");
        browser.fill("#project", "AWS-101");
        browser.fill("#text", QUESTION);
        server.plan(Answer::Fixed(503, "application/json", "{}"));
        browser.click("#send");
        is_failed(&browser);
        judge("failed");
        browser.click("#send");
        is_confirmed(&browser);
        judge("done");
        browser.execute("document.body.append(new Image())", &[]);
        let found = findings(&browser);
        assert!(found.iter().any(|line| line.starts_with("critical: image-alt")), "a planted fault: {found:?}");
    }
}

#[test]
fn other_readers_read_what_they_know_best_and_else_english() {
    let server = Server::start();
    for (languages, spoken) in [("fr,en-US,ja", "en"), ("de,ja-JP,en", "ja"), ("ko,zh-TW", "en"), ("fr-FR,fr,de", "en")]
    {
        let browser = Browser::start(languages);
        browser.open(&server.url());
        assert_eq!(browser.execute("return document.documentElement.lang", &[]), json!(spoken), "{languages}");
        browser.prefer_dark();
        browser.picture(&format!("dark-{}", &languages[..2]));
        is_clean(&browser);
    }
}
