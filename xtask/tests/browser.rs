//! The question form in a browser: a reader's languages, hands and eyes, and an API that fails; and the
//! page of the stand-ins (`browser/standins.rs`). axe-core judges both.
//!
//! The form comes from a small server with the headers that CloudFront will set. The story of the
//! local stage (`local.rs`) repeats some of it with everything that is behind the page.
//! By itself: `cargo test -p xtask --test browser`. It needs Debian's packages `chromium` and
//! `chromium-driver`; what it saw is in `target/tmp/browser`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser {
    pub mod axe;
    pub mod chromedriver;
    pub mod page;
    pub mod question_form;
    pub mod readers;
    pub mod server;
    pub mod standins;
}

use browser::page::{Browser, ENTER, TAB};
use browser::question_form::{
    TEXT_LIMIT, asks, fails_while_the_api_is_down, is_clean, is_confirmed, is_failed, is_wrong,
    refuses_a_question_that_is_too_long, refuses_an_empty_question, sends_again_after_a_reload,
};
use browser::server::{Answer, Server, file};
use serde_json::{Value as Json, json};

const JAPANESE: &str = "ja,en-US";
const ENGLISH: &str = "en-GB,en,ja";
const QUESTION: &str = "S3 の署名付き URL は、どこまで共有してよいですか？ 🙏🏽\n\n試したこと:\n\t1. aws s3 presign \"…\" \
    <b>\\n</b>\n2. 家族 👨‍👩‍👧‍👦 に 𠮷野家で聞きました 🍜";
const LONG_NUMBER: &str =
    r#"{"message":"queued","id":"x","number":"0123456789abcdef0123456789abcdef0123456789abcdef"}"#;
const NUMBER: &str = "5d0c3f7e-6b";

/// What a question is posted as.
fn posted(project_id: &str, text: &str) -> String {
    format!(r#"{{"project_id":"{project_id}","text":{}}}"#, json!(text))
}

#[test]
fn a_question_with_emoji_and_line_breaks_arrives_as_it_was_typed() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    assert_eq!(asks(&browser, &server.url(), "AWS-101", QUESTION), NUMBER);
    assert_eq!(server.received(), [posted("AWS-101", QUESTION)]);
    assert_eq!(server.last_header("content-type").as_deref(), Some("application/json"));
    assert_eq!(server.last_header("referer"), None);
    assert_eq!(browser.text("#done-title"), "質問を受け付けました");
    is_clean(&browser);
    browser.picture("japanese-done");

    // Another question, for the same project, by the keyboard alone.
    browser.press(&[TAB, TAB, ENTER].concat());
    browser.wait_for("#form");
    assert_eq!((browser.focus(), browser.value("#text"), browser.value("#project")), strings("text", "", "AWS-101"));
    browser.fill("#text", "次の質問");
    browser.press(TAB);
    assert_eq!(browser.focus(), "send");
    browser.press(ENTER);
    is_confirmed(&browser);
    assert_eq!(server.received()[1..], [posted("AWS-101", "次の質問")]);
    browser.reload();
    assert_eq!(browser.value("#text"), "", "what was sent is not kept");
    is_clean(&browser);
}

fn strings(a: &str, b: &str, c: &str) -> (String, String, String) {
    (a.to_owned(), b.to_owned(), c.to_owned())
}

#[test]
fn a_double_click_sends_once_and_nothing_changes_meanwhile() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    browser.open(&format!("{}?project_id=a", server.url()));
    browser.fill("#text", "一度だけ");
    server.plan(Answer::Held);
    browser.double_click("#send");
    browser.wait_until("the question is sent", || !server.received().is_empty());
    assert_eq!((browser.text("#send"), browser.focus()), ("送信しています…".to_owned(), "send".to_owned()));
    browser.press(ENTER);
    let state =
        "return [text.readOnly, send.ariaDisabled, form.ariaBusy, document.getElementById('status').textContent]";
    assert_eq!(browser.execute(state, &[]), json!([true, "true", "true", "送信しています…"]));
    browser.picture("japanese-sending");
    server.allow_one();
    is_confirmed(&browser);
    assert_eq!(browser.execute(state, &[]), json!([false, "false", "false", ""]));
    // Whatever else was sent has arrived before this one.
    browser.click("#again");
    browser.fill("#text", "次");
    browser.click("#send");
    is_confirmed(&browser);
    assert_eq!(server.received(), [posted("a", "一度だけ"), posted("a", "次")]);
    is_clean(&browser);
}

#[test]
fn what_cannot_be_asked_is_not_sent() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    refuses_an_empty_question(&browser, &server.url());
    refuses_a_question_that_is_too_long(&browser, &server.url());
    assert_eq!(browser.text("#count"), "4,001 / 4,000 文字\nあと 1 文字減らしてください");
    browser.picture("japanese-wrong");

    for wrong in ["A 1", "../x", "講座", &"x".repeat(65)] {
        browser.fill("#text", "x");
        browser.fill("#project", wrong);
        browser.click("#send");
        let said = is_wrong(&browser, "project");
        assert!(said.contains("半角の英数字") && browser.text("#text-wrong").is_empty(), "{said}");
        assert_eq!(browser.value("#project"), wrong);
    }
    assert_eq!(server.received(), [""; 0]);

    // The longest that can be asked, by the letters of a Japanese keyboard.
    let longest = "👍".repeat(TEXT_LIMIT);
    browser.fill("#text", &longest);
    browser.fill("#project", " ＡＷＳー１０１−ａ＿b ");
    browser.click("#send");
    is_confirmed(&browser);
    assert_eq!(server.received(), [posted("AWS-101-a_b", &longest)]);
    is_clean(&browser);
}

#[test]
fn every_answer_but_an_acceptance_is_told_and_what_was_typed_stays() {
    const JSON: &str = "application/json";
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    browser.open(&server.url());
    browser.fill("#project", "AWS-101");
    browser.fill("#text", QUESTION);
    let answers = [
        (500, JSON, r#"{"code":"failed","message":"m"}"#, "サーバーの問題"),
        (503, "text/html", "<h1>503</h1>", "サーバーの問題"),
        (504, JSON, r#"{"message":"Endpoint request timed out"}"#, "応答が正しくありません"),
        (429, JSON, r#"{"message":"Too Many Requests"}"#, "質問が集中しています"),
        (429, JSON, r#"{"code":"daily_limit","message":"m"}"#, "今日受け付けられる質問の数が上限に達しました"),
        (403, "text/html", "<h1>403</h1>", "受け付けられませんでした"),
        (415, JSON, r#"{"code":"unsupported_type"}"#, "古くなっている"),
        (400, JSON, r#"{"code":"bad_request"}"#, "古くなっている"),
        (400, JSON, r#"{"code":"__proto__"}"#, "古くなっている"),
        // None of these is an acceptance, though the status says so.
        (200, "text/html", "<html><p>queued</p></html>", "応答が正しくありません"),
        (200, JSON, "", "応答が正しくありません"),
        (200, JSON, "null", "応答が正しくありません"),
        (200, JSON, r#"{"message":"queued"}"#, "応答が正しくありません"),
        (200, JSON, r#"{"message":"queued","id":"x"}"#, "応答が正しくありません"),
        (200, JSON, r#"{"message":"queued","id":"x","number":""}"#, "応答が正しくありません"),
        (202, JSON, r#"{"message":"queued","id":"x","number":"x"}"#, "応答が正しくありません"),
    ];
    for (status, kind, body, words) in answers {
        server.plan(Answer::Fixed(status, kind, body));
        browser.click("#send");
        browser.wait_until(&format!("{status}: {words}"), || browser.text("#failure").contains(words));
        let said = is_failed(&browser);
        assert!(said.contains(&format!("応答コード: {status}")), "{said}");
        assert!(said.contains("残っています") && !said.contains('<') && !said.contains("message"), "{said}");
        assert_eq!(browser.value("#text"), QUESTION);
    }
    // The server is the judge: it refuses what the page would let pass, at the right field.
    let refusals = [
        (400, r#"{"code":"blank","message":"m"}"#, "text", "質問を入力"),
        (400, r#"{"code":"too_long","message":"m"}"#, "text", "4,000 文字まで"),
        (413, r#"{"code":"too_large","message":"m"}"#, "text", "4,000 文字まで"),
        (400, r#"{"code":"project_id","message":"m"}"#, "project", "プロジェクト ID を"),
    ];
    for (status, body, field, words) in refusals {
        server.plan(Answer::Fixed(status, JSON, body));
        browser.click("#send");
        browser.wait_until(&format!("{status}: {words}"), || browser.text(&format!("#{field}-wrong")).contains(words));
        is_wrong(&browser, field);
        assert_eq!((browser.value("#project"), browser.value("#text")), ("AWS-101".into(), QUESTION.into()));
    }
    assert_eq!(sends_again_after_a_reload(&browser, QUESTION), NUMBER);
    assert_eq!(server.received().len(), answers.len() + refusals.len() + 1);
    assert!(server.received().iter().all(|body| *body == posted("AWS-101", QUESTION)));
    is_clean(&browser);
}

#[test]
fn without_a_connection_the_page_says_so_and_sends_later() {
    let (mut server, browser) = (Server::start(), Browser::start(JAPANESE));
    browser.open(&server.url());
    server.stop();
    let said = fails_while_the_api_is_down(&browser, QUESTION);
    assert!(said.contains("サーバーと通信できませんでした"), "{said}");
    browser.picture("japanese-failed");
    // Nothing can be loaded meanwhile, not even the icon of the tab.
    assert_eq!(browser.complaints_but_of("/"), [""; 0]);
    server.start_again();
    assert_eq!(sends_again_after_a_reload(&browser, QUESTION), NUMBER);

    browser.click("#again");
    browser.cut_the_network();
    let said = fails_while_the_api_is_down(&browser, "もう一つ");
    assert!(said.contains("送れませんでした") && said.contains("インターネットに接続されていません"), "{said}");
    browser.mend_the_network();
    browser.click("#send");
    is_confirmed(&browser);
    assert_eq!(server.received(), [posted("AWS-101", QUESTION), posted("AWS-101", "もう一つ")]);
    is_clean(&browser);
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for_without_end() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    // The browser's clock runs fast; what the page asked of it is noted.
    browser.begin_pages_with(
        "const slow = setTimeout; window.waits = [];
         window.setTimeout = (done, wait) => { window.waits.push(wait); return slow(done, wait / 50); };",
    );
    browser.open(&server.url());
    for answer in [Answer::Held, Answer::Unfinished] {
        server.plan(answer);
        let said = fails_while_the_api_is_down(&browser, QUESTION);
        assert!(said.contains("20 秒待ちましたが") && said.contains("重複"), "{said}");
    }
    assert_eq!(browser.execute("return window.waits", &[]), json!([20_000, 20_000]));
    assert_eq!(server.received().len(), 2);
    is_clean(&browser);
}

#[test]
fn an_english_reader_reads_english_on_a_telephone() {
    let (server, browser) = (Server::start(), Browser::start(ENGLISH));
    browser.narrow_to(320);
    browser.open(&format!("{}?project_id=AWS-101", server.url()));
    let language = "return [document.documentElement.lang, document.title, form.ariaLabel]";
    assert_eq!(browser.execute(language, &[]), json!(["en", "Ask a question", "Ask a question"]));
    fits(&browser);
    browser.picture("english-narrow");
    let long_words = format!("How do I count {}? 🤔", "x".repeat(200));
    browser.fill("#text", &long_words);
    assert_eq!(browser.text("#count"), "218 of 4,000 characters");
    server.plan(Answer::Fixed(503, "application/json", r#"{"message":"m"}"#));
    browser.click("#send");
    let said = is_failed(&browser);
    assert!(said.contains("The server has a problem") && said.contains("Status code: 503"), "{said}");
    fits(&browser);
    browser.prefer_dark();
    browser.picture("english-narrow-failed-dark");
    browser.click("#send");
    is_confirmed(&browser);
    browser.picture("english-narrow-done-dark");
    speaks_no(&browser, |c| ('\u{3040}'..'\u{a000}').contains(&c));

    // No number is too long for the window, not even one without a place to break it.
    browser.click("#again");
    browser.fill("#text", "Once more");
    server.plan(Answer::Fixed(200, "application/json", LONG_NUMBER));
    browser.click("#send");
    is_confirmed(&browser);
    fits(&browser);
    is_clean(&browser);
}

/// The page is not wider than its window.
fn fits(browser: &Browser) {
    let widths = browser.execute("return [document.documentElement.scrollWidth, innerWidth]", &[]);
    assert_eq!(widths, json!([320, 320]));
}

fn speaks_no(browser: &Browser, is_foreign: impl Fn(char) -> bool) {
    let shown = browser.execute("return document.querySelector('main').innerText", &[]);
    let shown = shown.as_str().unwrap();
    assert!(!shown.is_empty() && !shown.contains(is_foreign), "{shown}");
}

#[test]
fn a_reload_keeps_what_was_typed_and_a_new_link_prevails() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    let url = format!("{}?project_id=AWS-101", server.url());
    browser.open(&url);
    browser.fill("#project", "AWS-102");
    browser.fill("#text", QUESTION);
    browser.reload();
    assert_eq!((browser.value("#project"), browser.value("#text")), ("AWS-102".into(), QUESTION.into()));
    browser.open(&url.replace("101", "201"));
    assert_eq!((browser.value("#project"), browser.value("#text")), ("AWS-201".into(), QUESTION.into()));
    // What comes by the link is a text, whatever it looks like.
    browser.open(&format!("{}?project_id=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", server.url()));
    assert_eq!(browser.value("#project"), "\"><img src=x onerror=alert(1)>");
    is_clean(&browser);
}

#[test]
fn without_javascript_the_page_says_what_it_needs_in_the_same_words() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    let words = "return Object.fromEntries([...document.querySelectorAll('[data-text]')]
        .map((node, n) => [n + node.dataset.text, node.textContent]))";
    browser.open(&server.url());
    let with: Json = browser.execute(words, &[]);
    assert!(with.as_object().unwrap().len() > 8, "{with}");
    assert!(!browser.is_shown("noscript") && !browser.is_shown("#waiting"));

    let browser = Browser::start(JAPANESE);
    browser.disable_javascript();
    browser.open(&server.url());
    assert_eq!(browser.execute(words, &[]), with);
    let said = browser.text("noscript");
    assert!(said.contains("JavaScript が必要です") && said.contains("needs JavaScript"), "{said}");
    assert_eq!(browser.execute("return document.getElementById('send').disabled", &[]), json!(true));
    browser.picture("without-javascript");
    is_clean(&browser);
}

#[test]
fn the_files_name_only_each_other_and_what_is_in_the_page() {
    let (page, script) = (file("index.html"), file("form.js"));
    let values = |text: &str, before: &str| -> Vec<String> {
        text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let described = values(&page, "aria-describedby=\"").join(" ");
    let mut ids = [values(&script, "find(\""), values(&page, " for=\"")].concat();
    ids.extend(described.split(' ').map(str::to_owned));
    assert!(ids.len() > 20, "{ids:?}");
    for id in ids {
        assert!(page.contains(&format!("id=\"{id}\"")), "index.html has no {id}");
    }
    let files = [values(&page, "href=\""), values(&page, "src=\"")].concat();
    assert!(files.len() > 3 && files.iter().all(|name| !file(name).is_empty()), "{files:?}");
    // It is shown under any path.
    let missing = file("not-found.html");
    let files = [values(&missing, "href=\""), values(&missing, "src=\"")].concat();
    let is_there = |name: &String| name.strip_prefix('/').is_some_and(|name| name.is_empty() || !file(name).is_empty());
    assert!(files.len() > 3 && files.iter().all(is_there), "{files:?}");
    for text in [page, script, missing, file("style.css")] {
        for word in ["innerHTML", "outerHTML", "eval(", "://", "url(", "@import", "maxlength", "style="] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn the_console_would_tell_of_a_violation_and_of_a_request_to_elsewhere() {
    let (server, browser) = (Server::start(), Browser::start(JAPANESE));
    browser.open(&server.url());
    is_clean(&browser);
    let spoil = "const add = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more));
        add('style', {textContent: 'body { color: red }'});
        add('img', {src: 'https://elsewhere.example/x.png'});
        add('img', {src: '/missing.png'});
        setTimeout(() => document.body.innerHTML = '<p>', 0);";
    browser.execute(spoil, &[]);
    let found = std::cell::RefCell::new(String::new());
    for word in ["style-src", "img-src", "missing.png", "TrustedHTML"] {
        browser.wait_until(word, || {
            found.borrow_mut().push_str(&browser.complaints_but_of("/api/questions").join("\n"));
            found.borrow().contains(word)
        });
    }
}
