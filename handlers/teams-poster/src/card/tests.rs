//! The card of a question: its exact form, what it never interprets, and where it is cut.

use super::*;

const NUMBER: &str = "2f0e3b5c-0000-5000-8000-000000000001";
const ASKED_AT: &str = "2026-08-04 11:01:52 +09:00";

fn question(text: &str) -> Question {
    Question { project_id: "AWS-101".into(), text: text.into() }
}

/// The body of the card for a text, which keeps to the budget whatever it is.
fn body(text: &str) -> Vec<Value> {
    let message = message(&question(text), NUMBER, Some(ASKED_AT));
    assert!(message.len() <= BUDGET_BYTES, "{} bytes", message.len());
    let message: Value = serde_json::from_str(&message).unwrap();
    message["attachments"][0]["content"]["body"].as_array().unwrap().clone()
}

fn text_of(block: &Value) -> String {
    block["inlines"].as_array().unwrap().iter().map(|run| run["text"].as_str().unwrap()).collect()
}

/// The lines of the question as the card shows them; it ends with four facts and perhaps a notice.
fn lines(text: &str) -> (Vec<String>, bool) {
    let body = body(text);
    let shown: Vec<String> = body[1..body.len() - 4].iter().map(text_of).collect();
    match shown.split_last() {
        Some((last, lines)) if last.contains("省略") => (lines.to_vec(), true),
        _ => (shown, false),
    }
}

#[test]
fn a_question_is_a_message_with_one_card() {
    let message = message(&question("一行目\n\n  三行目"), NUMBER, Some(ASKED_AT));
    let aside = |spacing: &str, text: &str| {
        let run = json!({"type": "TextRun", "text": text, "isSubtle": true, "size": "Small"});
        json!({"type": "RichTextBlock", "spacing": spacing, "inlines": [run]})
    };
    let line = |spacing: &str, text: &str| json!({"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", "text": text}]});
    let expected = json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": [
                    {"type": "TextBlock", "text": "受講者からの質問", "weight": "Bolder", "size": "Medium", "wrap": true},
                    line("Default", "一行目"),
                    line("None", "\u{a0}"),
                    line("None", "\u{a0}\u{a0}三行目"),
                    aside("Medium", "プロジェクト: AWS-101"),
                    aside("None", "日時: 2026-08-04 11:01:52 +09:00"),
                    aside("None", &format!("受付番号: {}", receipt(NUMBER))),
                    aside("None", &format!("質問番号: {NUMBER}")),
                ],
            },
        }],
    });
    assert_eq!(serde_json::from_str::<Value>(&message).unwrap(), expected);
}

#[test]
fn a_time_that_is_not_known_is_left_out() {
    let message = message(&question("x"), NUMBER, None);
    assert!(!message.contains("日時") && message.contains(NUMBER));
}

#[test]
fn nothing_that_others_write_stands_where_markdown_is_read() {
    let markdown = "[x](https://example.com) **b** _i_ `c` # h - l 1. l <at>x</at> &amp; \"\\ \u{1b}";
    let body = body(markdown);
    let blocks: Vec<&Value> = body.iter().filter(|block| block["type"] != "RichTextBlock").collect();
    assert_eq!(blocks.iter().map(|block| block["text"].as_str().unwrap()).collect::<Vec<_>>(), ["受講者からの質問"]);
    assert_eq!(lines(markdown), (vec![markdown.to_owned()], false));
}

#[test]
fn no_run_holds_what_clients_turn_into_a_date() {
    for text in ["{{DATE(2017-02-14T06:00:00Z, SHORT)}}", "a {{{{TIME(2017-02-14T06:00:00Z)}} {{", "{ {x} {"] {
        let body = body(text);
        assert_eq!(text_of(&body[1]), text);
        for run in body[1]["inlines"].as_array().unwrap() {
            assert!(!run["text"].as_str().unwrap().contains("{{"), "{run}");
            assert_ne!(run["text"], "", "{text}");
        }
    }
}

#[test]
fn the_longest_question_of_the_form_is_shown_in_full() {
    let japanese = "質問".repeat(2_000);
    assert_eq!(lines(&japanese), (vec![japanese.clone()], false));
    let emoji = "👍".repeat(4_000);
    assert_eq!(lines(&emoji), (vec![emoji.clone()], false));
}

#[test]
fn a_text_that_is_too_long_is_cut_between_characters_with_a_notice() {
    for character in ["👩‍💻", "🇯🇵", "か\u{3099}", "e\u{301}\u{327}", "あ", "\"", "{{"] {
        let (shown, is_cut) = lines(&format!("x{}", character.repeat(30_000)));
        assert!(is_cut);
        let [line] = shown.as_slice() else { panic!("{shown:?}") };
        let characters: Vec<&str> = line[1..].graphemes(true).collect();
        assert!(!characters.is_empty() && line[1..].starts_with(character));
        assert!(
            characters.iter().all(|found| character.starts_with(found) && (found == &character || character == "{{"))
        );
    }
}

#[test]
fn as_much_is_shown_as_the_budget_allows() {
    let size = |n: usize| message(&question(&"x".repeat(n)), NUMBER, Some(ASKED_AT)).len();
    let n_whole = BUDGET_BYTES - size(1) + 1;
    assert_eq!(size(n_whole), BUDGET_BYTES);
    // One more is cut, and only by what the notice takes.
    assert!((BUDGET_BYTES - 1..=BUDGET_BYTES).contains(&size(n_whole + 1)), "{}", size(n_whole + 1));
    assert!(lines(&"x".repeat(n_whole + 1)).1);
}

#[test]
fn many_lines_are_cut_as_well_and_none_is_left_empty_at_the_end() {
    let (shown, is_cut) = lines(&"a\n\n".repeat(1_300));
    assert!(is_cut && shown.len() > 100);
    assert_eq!(shown.last().unwrap(), "a");
}

#[test]
fn a_question_that_came_past_the_form_keeps_to_the_budget() {
    let heavy = format!("a{}", "\u{301}".repeat(30_000));
    assert_eq!(lines(&heavy), (vec!["\u{a0}".into()], true));
    let question = Question { project_id: format!("a\nb{}", "é".repeat(30_000)), text: heavy.repeat(10) };
    let message = message(&question, &"n".repeat(30_000), None);
    assert!(message.len() <= BUDGET_BYTES, "{}", message.len());
    assert!(message.contains("プロジェクト: a b") && message.contains("é…"));
}

#[test]
fn what_teams_counts_is_below_its_limit_whatever_the_text_is_made_of() {
    let counted = |text: &str| {
        let message = message(&question(text), NUMBER, Some(ASKED_AT));
        serde_json::to_string(&message).unwrap().len()
    };
    let marks = [("\"", 30_000), ("\\", 30_000), ("\t\"", 2_000), ("\"\n", 2_000), ("\\\n", 2_000), ("{{\n", 1_300)];
    for (text, n) in marks.into_iter().chain([("a\n", 2_000), ("👍", 4_000)]) {
        let n_bytes = counted(&text.repeat(n));
        assert!(n_bytes <= 28_672 - 2_000, "{n} x {text:?}: {n_bytes}");
    }
}

#[test]
fn four_thousand_emoji_on_a_hundred_lines_are_cut_with_a_notice_and_none_in_two() {
    let text = vec!["😀".repeat(39); 100].join("\n");
    let (shown, is_cut) = lines(&text);
    assert!(is_cut && shown.len() > 70, "{}", shown.len());
    let (last, whole) = shown.split_last().unwrap();
    assert!(whole.iter().all(|line| *line == "😀".repeat(39)));
    assert!(!last.is_empty() && last.chars().all(|c| c == '😀'));
}

#[test]
fn the_card_that_microsofts_reader_judges_is_the_one_that_is_made() {
    let text = "# 見出し **b** [x](http://y)\n\n  <b>&amp;</b> {{DATE()}} ${x} <at>\n\t👩‍💻🇯🇵";
    let made: Value = serde_json::from_str(&message(&question(text), NUMBER, Some(ASKED_AT))).unwrap();
    let judged: Value = serde_json::from_str(include_str!("made/question.json")).unwrap();
    assert_eq!(made, judged, "write this into made/question.json: {made:#}");
}
