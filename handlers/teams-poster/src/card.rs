//! A question as a message with one adaptive card, never longer than Teams takes.
//!
//! The texts of others stand in `TextRun`s, because `TextBlock` and `Fact` interpret Markdown and
//! `RichTextBlock` does not. It has no line breaks that all clients honor, so each line is a block.
//! Source: Microsoft Learn, "Adaptive Cards: text features" and "Text formatting in cards".

use contracts::question::{Question, receipt};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

/// Longest message in bytes. Teams documents 28 KB; less was seen to be refused.
pub const BUDGET_BYTES: usize = 20_000;
/// Longest message in bytes as Teams seems to count it: as a text inside JSON, where each quotation mark and each
/// backslash takes one more. Its limit is 28,672; what it adds itself is not known.
///
/// Source: the error `MessageSizeExceeded` in MicrosoftDocs/msteams-docs, issue 11274.
const COUNTED_BUDGET_BYTES: usize = 26_000;
/// Longest project id or number that is shown in full; the form and SNS keep far below it.
const WORD_LIMIT_BYTES: usize = 256;
/// What indents, since clients shorten ordinary spaces.
const WIDE_SPACE: &str = "\u{a0}";

/// The JSON of the message; a text that is too long for it is cut between two characters, with a notice.
pub fn message(question: &Question, number: &str, asked_at: Option<&str>) -> String {
    let text = question.text.trim_end();
    let written = |text: &str, notice: Option<&str>| {
        envelope(&blocks(text, notice, &facts(&question.project_id, number, asked_at))).to_string()
    };
    let whole = written(text, None);
    if fits(&whole) {
        return whole;
    }
    let notice = Some("(長いため途中で省略しました。続きは質問番号で記録を探してご覧ください。)");
    let ends = text.grapheme_indices(true).map(|(start, character)| start + character.len());
    let ends: Vec<usize> = ends.take_while(|end| *end <= BUDGET_BYTES).collect();
    let n_fitting = ends.partition_point(|end| fits(&written(&text[..*end], notice)));
    let end = n_fitting.checked_sub(1).map_or(0, |last| ends[last]);
    written(text[..end].trim_end(), notice)
}

fn fits(message: &str) -> bool {
    let n_escapes = message.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    message.len() <= BUDGET_BYTES && message.len() + n_escapes <= COUNTED_BUDGET_BYTES
}

/// What a workflow takes. Source: Microsoft Learn, "Create incoming webhooks with Workflows".
fn envelope(body: &[Value]) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
            },
        }],
    })
}

fn blocks(text: &str, notice: Option<&str>, facts: &[String]) -> Vec<Value> {
    let title = json!({
        "type": "TextBlock", "text": "受講者からの質問", "weight": "Bolder", "size": "Medium", "wrap": true,
    });
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let spacing = if index == 0 { "Default" } else { "None" };
        json!({"type": "RichTextBlock", "spacing": spacing, "inlines": runs(line)})
    });
    let notice = notice.map(|notice| aside("Default", notice));
    let facts = facts.iter().enumerate().map(|(index, fact)| aside(if index == 0 { "Medium" } else { "None" }, fact));
    std::iter::once(title).chain(lines).chain(notice).chain(facts).collect()
}

/// A line of the question as runs of text.
fn runs(line: &str) -> Vec<Value> {
    let content = line.trim_start_matches([' ', '\t']);
    let indent = line[..line.len() - content.len()].replace('\t', "    ").replace(' ', WIDE_SPACE);
    // A run without text is not shown, and the line with it.
    let line = if line.trim().is_empty() { WIDE_SPACE.to_owned() } else { indent + content };
    // Clients turn `{{DATE(…)}}` into a date, which it cannot be when its braces are in two runs.
    let cuts = line.match_indices("{").map(|(start, _)| start).filter(|start| line[..*start].ends_with('{'));
    let starts: Vec<usize> = std::iter::once(0).chain(cuts).collect();
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    starts.iter().zip(ends).map(|(start, end)| json!({"type": "TextRun", "text": line[*start..end]})).collect()
}

/// A line about the question.
fn aside(spacing: &str, text: &str) -> Value {
    let mut runs = runs(text);
    for run in &mut runs {
        run["isSubtle"] = json!(true);
        run["size"] = json!("Small");
    }
    json!({"type": "RichTextBlock", "spacing": spacing, "inlines": runs})
}

fn facts(project_id: &str, number: &str, asked_at: Option<&str>) -> Vec<String> {
    let project = format!("プロジェクト: {}", word(project_id));
    let time = asked_at.map(|asked_at| format!("日時: {asked_at}"));
    let receipt = format!("受付番号: {}", word(receipt(number)));
    let number = format!("質問番号: {}", word(number));
    std::iter::once(project).chain(time).chain([receipt, number]).collect()
}

/// A text that is one word if it came through the form; in any case one line of bounded length.
fn word(text: &str) -> String {
    let mut shown = String::new();
    for character in text.graphemes(true) {
        if shown.len() + character.len() > WORD_LIMIT_BYTES {
            shown.push('…');
            break;
        }
        shown.push_str(if character.trim().is_empty() { " " } else { character });
    }
    shown
}

#[cfg(test)]
mod tests;
