//! What a reader does with the question form, at any stage that serves it.

#![allow(dead_code, reason = "each test that shares this file uses a part of it")]

use super::page::Browser;

/// The path of the API, whose refusals a browser notes in its console.
pub const API: &str = "/api/questions";
/// Longest question, in code points.
pub const TEXT_LIMIT: usize = 4_000;
const PROJECT: &str = "#project";
const TEXT: &str = "#text";
const SEND: &str = "#send";
const FAILURE: &str = "#failure";

/// Opens the page and asks a question; gives the number that the page shows.
pub fn asks(browser: &Browser, site_url: &str, project_id: &str, text: &str) -> String {
    browser.open(&format!("{site_url}?project_id={project_id}"));
    assert_eq!(browser.value(PROJECT), project_id, "the link fills in the project");
    browser.fill(TEXT, text);
    browser.click(SEND);
    is_confirmed(browser)
}

/// Waits for the confirmation; gives the number that it shows.
pub fn is_confirmed(browser: &Browser) -> String {
    browser.wait_for("#done");
    assert_eq!(browser.focus(), "done-title", "the focus is where the news is");
    assert!(!browser.is_shown("#form") && !browser.is_shown(FAILURE));
    let number = browser.text("#number");
    assert!(!number.is_empty(), "the page shows a number");
    number
}

/// An empty question is refused before anything is sent.
pub fn refuses_an_empty_question(browser: &Browser, site_url: &str) {
    browser.open(&format!("{site_url}?project_id=AWS-101"));
    for blank in ["", " \u{3000}\n\t", "\u{200b}\u{feff}"] {
        browser.fill(TEXT, blank);
        browser.click(SEND);
        is_wrong(browser, "text");
    }
}

/// A question of one character too many is refused, and all of it is still there.
///
/// The characters are of two units of UTF-16 and four bytes of UTF-8, so that only who counts
/// code points finds the limit where it is.
pub fn refuses_a_question_that_is_too_long(browser: &Browser, site_url: &str) {
    browser.open(&format!("{site_url}?project_id=AWS-101"));
    browser.fill(TEXT, &"👍".repeat(TEXT_LIMIT));
    assert!(browser.execute("return document.querySelector('#count.over')", &[]).is_null());
    let long = "👍".repeat(TEXT_LIMIT + 1);
    browser.fill(TEXT, &long);
    browser.click(SEND);
    is_wrong(browser, "text");
    assert!(browser.text("#count.over").contains("4,001"));
    assert_eq!(browser.value(TEXT), long);
}

/// While the API is down, the page that is open says so and keeps what was typed; gives what it says.
///
/// When the API is back, [`sends_again_after_a_reload`].
pub fn fails_while_the_api_is_down(browser: &Browser, text: &str) -> String {
    browser.fill(PROJECT, "AWS-101");
    browser.fill(TEXT, text);
    browser.click(SEND);
    let said = is_failed(browser);
    assert_eq!((browser.value(PROJECT), browser.value(TEXT)), ("AWS-101".to_owned(), text.to_owned()));
    said
}

/// Reloads the page, which still has everything, and sends it; gives the number that the page shows.
pub fn sends_again_after_a_reload(browser: &Browser, text: &str) -> String {
    browser.reload();
    assert_eq!((browser.value(PROJECT), browser.value(TEXT)), ("AWS-101".to_owned(), text.to_owned()));
    browser.click(SEND);
    is_confirmed(browser)
}

/// Waits for a failure that concerns no field; gives what the page says.
pub fn is_failed(browser: &Browser) -> String {
    browser.wait_for(FAILURE);
    assert_eq!(browser.focus(), "failure", "the focus is where the news is");
    assert!(browser.is_shown("#form") && !browser.is_shown("#done"));
    browser.text(FAILURE)
}

/// Waits for a failure that concerns one field and leads to it; gives what the page says there.
///
/// It says so once, at the field, and nothing else.
pub fn is_wrong(browser: &Browser, field: &str) -> String {
    browser.wait_for(&format!("#{field}-wrong"));
    assert_eq!(browser.focus(), field, "the focus is where something is to be done");
    assert!(browser.is_shown("#form") && !browser.is_shown(FAILURE) && !browser.is_shown("#done"));
    let said = browser.text(&format!("#{field}-wrong"));
    assert!(!said.is_empty());
    let read_out = browser.execute(
        "const field = document.getElementById(arguments[0]);
         return [field.ariaInvalid, field.getAttribute('aria-describedby').split(' ').includes(field.id + '-wrong')]",
        &[serde_json::json!(field)],
    );
    assert_eq!(read_out, serde_json::json!(["true", true]));
    said
}

/// Nothing was loaded from elsewhere, no policy was violated, no script has failed.
pub fn is_clean(browser: &Browser) {
    let complaints = browser.complaints_but_of(API);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let elsewhere = browser.execute(
        "return performance.getEntriesByType('resource').map(entry => entry.name)
            .filter(name => !name.startsWith(location.origin + '/'))",
        &[],
    );
    assert_eq!(elsewhere, serde_json::json!([]));
}
