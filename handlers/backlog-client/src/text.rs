//! Texts as Backlog takes them: a summary of one line, and neither too long.

use contracts::text::{beginning, one_line, utf16_units};

/// Longest summary, in UTF-16 units, which are never fewer than characters.
///
/// Backlog does not document its limit; this is the one that its form keeps to.
pub const SUMMARY_LIMIT: usize = 255;
/// Longest description or comment; undocumented as well.
const TEXT_LIMIT: usize = 100_000;
/// What stands at the end of a text that was cut.
const CUT: char = '…';

/// A text as the summary of an issue: one line, and cut where Backlog would refuse it.
pub fn shorten_summary(text: &str) -> String {
    shorten_line(text, SUMMARY_LIMIT)
}

/// A text as one line of at most so many UTF-16 units.
pub fn shorten_line(text: &str, limit: usize) -> String {
    cut(one_line(text), limit)
}

/// A text of any number of lines, of at most so many UTF-16 units.
pub fn shorten_text(text: &str, limit: usize) -> String {
    // A control character is nothing that a reader would miss, and nothing says that Backlog takes it.
    let readable = text.replace("\r\n", "\n").replace('\r', "\n");
    cut(readable.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect(), limit)
}

/// A text of any number of lines, cut where Backlog would refuse it.
pub(crate) fn shorten(text: &str) -> String {
    shorten_text(text, TEXT_LIMIT)
}

/// The same, with a line that comes last if it would be cut off.
pub(crate) fn shorten_around(text: &str, line: &str) -> String {
    let shortened = shorten(text);
    if shortened.lines().any(|other| other == line) {
        return shortened;
    }
    let end = format!("\n\n{line}");
    shorten_text(text, TEXT_LIMIT.saturating_sub(utf16_units(&end))) + &end
}

fn cut(text: String, limit: usize) -> String {
    // Java and MySQL count differently; UTF-16 is the larger count of both.
    if utf16_units(&text) <= limit {
        return text;
    }
    let shortened = beginning(&text, limit.saturating_sub(CUT.len_utf16()), char::len_utf16);
    format!("{}{CUT}", shortened.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line() {
        for (text, expected) in [
            ("a\r\nb\n\nc\td", "a b c d"),
            (" a  b ", "a b"),
            ("a\u{2028}b\u{0}c\u{85}d\u{3000}e", "a b c d e"),
            ("", ""),
        ] {
            assert_eq!(shorten_summary(text), expected);
        }
    }

    #[test]
    fn a_summary_keeps_to_the_limit_in_whole_characters() {
        assert_eq!(shorten_summary(&"あ".repeat(255)), "あ".repeat(255));
        assert_eq!(shorten_summary(&"あ".repeat(256)), format!("{}…", "あ".repeat(254)));
        assert_eq!(shorten_summary(&"👍".repeat(127)), "👍".repeat(127));
        assert_eq!(shorten_summary(&"👍".repeat(128)), format!("{}…", "👍".repeat(127)));
        // No blank is left before the mark.
        assert_eq!(shorten_summary(&format!("{} {}", "a".repeat(253), "b".repeat(9))), format!("{}…", "a".repeat(253)));
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(shorten("a\r\nb\rc\n\n\td\u{0}\u{1b}e"), "a\nb\nc\n\n\tde");
        assert_eq!(shorten(&"x".repeat(100_000)), "x".repeat(100_000));
        assert_eq!(shorten(&"x".repeat(100_001)).chars().count(), 100_000);
    }

    #[test]
    fn a_line_to_find_a_text_by_is_never_cut_off() {
        for (before, after) in [(0, 0), (10, 200_000), (99_996, 0), (99_997, 0), (100_000, 5), (200_000, 200_000)] {
            let text = format!("{}\nmark\n{}", "x".repeat(before), "y".repeat(after));
            let shortened = shorten_around(&text, "mark");
            assert_eq!(shortened.lines().filter(|line| *line == "mark").count(), 1, "{before} {after}");
            assert!(utf16_units(&shortened) <= TEXT_LIMIT);
            assert!(utf16_units(&text) > TEXT_LIMIT || shortened == text, "{before} {after}");
        }
    }
}
