//! Texts of other people as Slack may show them: escaped, and never longer than Slack takes.
//!
//! Lengths are counted in UTF-16 units after escaping: Slack does not say what it counts as a
//! character, and no other way to count finds more.

use contracts::text::utf16_units;

/// What stands before and after code, each on a line of its own.
const FENCE: &str = "```";

/// Most UTF-16 units of the text of a section. Source: docs.slack.dev, "Block Kit" reference, section.
pub const SECTION_LIMIT: usize = 3000;

/// How much of its code a notice can show, counted as [`code_length`] does.
pub const CODE_ROOM: usize = code_room(SECTION_LIMIT);

/// A text without control sequences of Slack, at most `limit` long.
///
/// Source: docs.slack.dev, "Formatting message text", escaping text.
pub fn escaped(text: &str, limit: usize) -> String {
    fit(text, limit, push_escaped)
}

/// The same as a block of code, which ends where it should whatever the text holds.
pub fn code(text: &str, limit: usize) -> String {
    let inner = fit(text, code_room(limit), code_writer());
    format!("{FENCE}\n{inner}\n{FENCE}")
}

/// How much a block of code of this length holds.
const fn code_room(limit: usize) -> usize {
    limit.saturating_sub(2 * (FENCE.len() + 1))
}

/// How much of its room a text takes in a block of code.
pub fn code_length(text: &str) -> usize {
    utf16_units(&fit(text, usize::MAX, code_writer()))
}

fn code_writer() -> impl FnMut(char, &mut String) {
    let mut n_ticks = 0;
    move |c, out| {
        n_ticks = if c == '`' { n_ticks + 1 } else { 0 };
        if n_ticks == FENCE.len() {
            // A space without width keeps a third backtick from closing the block.
            out.push('\u{200b}');
            n_ticks = 1;
        }
        push_escaped(c, out);
    }
}

/// Writes as much of a text as fits, and how much is left out.
fn fit(text: &str, limit: usize, mut write: impl FnMut(char, &mut String)) -> String {
    let n_chars = text.chars().count();
    let cut_limit = limit.saturating_sub(utf16_units(&left_out(n_chars)));
    let (mut out, mut written, mut cut) = (String::new(), 0, None);
    let mut chars = text.chars().enumerate().peekable();
    while let Some((n_before, c)) = chars.next() {
        let end = out.len();
        match c {
            // A line ends with `\r\n` once; a `\r` alone, as progress bars write it, ends one as well.
            '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\r' => write('\n', &mut out),
            c => write(c, &mut out),
        }
        written += utf16_units(&out[end..]);
        if written > cut_limit && cut.is_none() {
            cut = Some((end, n_before));
        }
        if written > limit {
            let (end, n_kept) = cut.unwrap_or_default();
            out.truncate(end);
            out.push_str(&left_out(n_chars - n_kept));
            return out;
        }
    }
    out
}

/// What stands in place of so many characters.
pub fn left_out(n_chars: usize) -> String {
    format!("… ({n_chars} more characters)")
}

fn push_escaped(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(char::REPLACEMENT_CHARACTER),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_of_slack_and_of_terminals_become_text() {
        assert_eq!(escaped("<!channel> & <https://x|y>", 99), "&lt;!channel&gt; &amp; &lt;https://x|y&gt;");
        assert_eq!(escaped("a\r\nb\tc\u{1b}[1m\0", 99), "a\nb\tc\u{fffd}[1m\u{fffd}");
        assert_eq!(escaped("&amp;", 99), "&amp;amp;");
        assert_eq!(escaped("10%\r20%\r\r\n30%\r", 99), "10%\n20%\n\n30%\n");
    }

    #[test]
    fn a_text_is_never_longer_than_its_limit_and_says_what_is_left_out() {
        for c in ["a", "<", "あ", "🦀", "`", "\n", "&`"] {
            for n in (0..400).step_by(7) {
                let text = c.repeat(n);
                for limit in [40, 150, 151, 999] {
                    for shown in [escaped(&text, limit), code(&text, limit)] {
                        assert!(utf16_units(&shown) <= limit, "{n} x {c}: {shown}");
                    }
                    let shown = escaped(&text, limit);
                    let n_kept = shown.replace("&lt;", "<").replace("&amp;", "&");
                    match n_kept.split_once("… (") {
                        None => assert_eq!(n_kept, text),
                        Some((kept, rest)) => {
                            let n_left: usize = rest.strip_suffix(" more characters)").unwrap().parse().unwrap();
                            assert!(text.starts_with(kept));
                            assert_eq!(kept.chars().count() + n_left, text.chars().count());
                            // Only what the notice needs is taken from the text.
                            assert!(utf16_units(&shown) + 6 >= limit, "{shown}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_limit_too_small_for_the_notice_keeps_nothing_of_the_text() {
        assert_eq!(escaped("abc", 2), "… (3 more characters)");
    }

    #[test]
    fn code_ends_only_at_its_end() {
        for n in 0..20 {
            let shown = code(&format!("a{}b{}", "`".repeat(n), "`".repeat(n)), 999);
            let inner = shown.strip_prefix("```\n").unwrap().strip_suffix("\n```").unwrap();
            assert!(!inner.contains("```"), "{shown}");
            assert_eq!(inner.matches('`').count(), 2 * n);
        }
        assert_eq!(code("`` x <b>", 99), "```\n`` x &lt;b&gt;\n```");
    }
}
