//! What stands in the issue of a question: a summary of one line, the whole text, and a line to find it by.

use backlog_client::{Markup, SUMMARY_LIMIT, shorten_summary};
use contracts::question::{Question, SUMMARY_LIMIT_GRAPHEMES, receipt};
use contracts::text::{one_line, utf16_units};
use unicode_segmentation::UnicodeSegmentation;

/// How much of a text is written, in UTF-16 units before any escape: many times what the form takes.
const TEXT_LIMIT: usize = 50_000;
/// How much of a project id is written, in bytes; the form takes far less.
const PROJECT_ID_LIMIT_BYTES: usize = 256;

/// The texts of one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The beginning of the question; Backlog shows a summary as it is.
    pub summary: String,
    /// The question, its receipt and the marker.
    pub description: String,
    /// The last line of the description, which no other issue has.
    pub marker: String,
}

impl Ticket {
    /// The issue of a cleaned question, in a project with this markup.
    pub fn of(question: &Question, number: &str, markup: Markup) -> Self {
        let project_id = one_line(&question.project_id);
        let project_id = markup.after_label(beginning(&project_id, PROJECT_ID_LIMIT_BYTES, str::len));
        let marker = format!("プロジェクト: {project_id} / 質問番号: {number}");
        let text = question.text.trim_end();
        let shown = beginning(text, TEXT_LIMIT, utf16_units);
        let cut = if shown.len() < text.len() { "…" } else { "" };
        let shown = markup.paragraph(shown);
        let description = format!("{shown}{cut}\n\n受付番号: {}\n{marker}", receipt(number));
        Self { summary: summary(text), description, marker }
    }
}

/// The first characters as a reader counts them, each whole, with blanks in place of line breaks.
fn summary(text: &str) -> String {
    let line = one_line(text);
    let end = line.grapheme_indices(true).nth(SUMMARY_LIMIT_GRAPHEMES).map_or(line.len(), |(start, _)| start);
    // Characters can be long, and Backlog's client would cut within one.
    let whole = beginning(&line[..end], SUMMARY_LIMIT, utf16_units).trim_end();
    match whole {
        // One letter under hundreds of accents: a part of it is better than no summary, which Backlog refuses.
        "" => shorten_summary(&line),
        whole => whole.to_owned(),
    }
}

/// As many whole characters of a text as have this size together.
fn beginning(text: &str, limit: usize, size: impl Fn(&str) -> usize) -> &str {
    let mut n_left = limit;
    let fits = |character: &&str| match n_left.checked_sub(size(character)) {
        Some(rest) => {
            n_left = rest;
            true
        }
        None => false,
    };
    &text[..text.graphemes(true).take_while(fits).map(str::len).sum()]
}

#[cfg(test)]
mod tests {
    use super::*;

    use contracts::backlog::TextFormatting;

    const MARKDOWN: Markup = Markup(TextFormatting::Markdown);
    const NUMBER: &str = "2f0e3b5c-0000-5000-8000-000000000001";

    fn ticket(text: &str) -> Ticket {
        let ticket = Ticket::of(&Question { project_id: "AWS-101".into(), text: text.into() }, NUMBER, MARKDOWN);
        assert_eq!(shorten_summary(&ticket.summary), ticket.summary, "the client would change it");
        assert_eq!(ticket.description.lines().last(), Some(ticket.marker.as_str()));
        ticket
    }

    #[test]
    fn a_short_question_is_its_own_summary() {
        let ticket = ticket("一行目\n\n  二行目\t終わり。\n");
        assert_eq!(ticket.summary, "一行目 二行目 終わり。");
        let marker = format!("プロジェクト: AWS-101 / 質問番号: {NUMBER}");
        assert_eq!(
            ticket.description,
            format!("一行目\n\n\u{a0}\u{a0}二行目\t終わり。\n\n受付番号: 2f0e3b5c-00\n{marker}")
        );
    }

    #[test]
    fn a_summary_has_fifty_characters_and_none_is_cut() {
        for character in ["a", "あ", "👍", "👍🏽", "👩‍💻", "🇯🇵", "e\u{301}", "か\u{3099}", "1\u{fe0f}\u{20e3}"]
        {
            for n in [49, 50] {
                assert_eq!(ticket(&character.repeat(n)).summary, character.repeat(n));
            }
            let ticket = ticket(&character.repeat(51));
            assert_eq!(ticket.summary, character.repeat(50));
            assert!(ticket.description.starts_with(&character.repeat(51)));
        }
    }

    #[test]
    fn line_breaks_count_as_one_blank_and_the_word_newline_stays() {
        let text = format!("{}\nnewline{}", "a".repeat(42), "b".repeat(9));
        assert_eq!(ticket(&text).summary, format!("{} newline", "a".repeat(42)));
        // A blank at the cut is not left behind.
        assert_eq!(ticket(&format!("{}\nb", "a".repeat(49))).summary, "a".repeat(49));
        assert_eq!(ticket(&format!("\n\n{}", "x ".repeat(100))).summary.len(), 49);
    }

    #[test]
    fn long_characters_are_left_out_whole_where_backlog_would_refuse_the_summary() {
        // A family has eleven units, of which the limit takes 23 times.
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(utf16_units(family), 11);
        assert_eq!(ticket(&family.repeat(50)).summary, family.repeat(SUMMARY_LIMIT / 11));
    }

    #[test]
    fn a_single_character_that_is_too_long_is_cut_and_not_left_out() {
        let summary = ticket(&format!("a{}", "\u{301}".repeat(300))).summary;
        assert!(summary.starts_with("a\u{301}") && summary.chars().count() <= SUMMARY_LIMIT, "{summary}");
    }

    #[test]
    fn no_text_of_who_asks_is_formatting_by_either_rule() {
        let text = "![x](http://y)\n[[a>http://z]]\n{code}\n* b";
        let question = Question { project_id: "[a](b)".into(), text: text.into() };
        for (rule, shown, project) in [
            (TextFormatting::Markdown, "!\\[x](http://y)\n\\[\\[a>http://z]]\n\\{code}\n\\* b", "\\[a](b)"),
            (TextFormatting::Backlog, "![x](http://y)\n\\[\\[a>http://z]]\n\\{code}\n\\* b", "[a](b)"),
        ] {
            let ticket = Ticket::of(&question, NUMBER, Markup(rule));
            assert_eq!(ticket.marker, format!("プロジェクト: {project} / 質問番号: {NUMBER}"));
            assert_eq!(ticket.description, format!("{shown}\n\n受付番号: 2f0e3b5c-00\n{}", ticket.marker));
            // A summary knows no formatting.
            assert_eq!(ticket.summary, "![x](http://y) [[a>http://z]] {code} * b");
        }
    }

    #[test]
    fn what_came_past_the_form_keeps_its_last_line() {
        let text = "👍".repeat(200_000);
        let ticket = ticket(&text);
        assert!(ticket.description.starts_with(&format!("{}…\n\n", "👍".repeat(TEXT_LIMIT / 2))));
        let question = Question { project_id: format!("a\n\0b {}", "x".repeat(1_000)), text: "y".into() };
        let ticket = Ticket::of(&question, NUMBER, MARKDOWN);
        assert_eq!(ticket.marker.lines().count(), 1);
        assert!(ticket.marker.starts_with("プロジェクト: a b x") && ticket.marker.ends_with(NUMBER));
        assert!(ticket.marker.len() < 400);
    }
}
