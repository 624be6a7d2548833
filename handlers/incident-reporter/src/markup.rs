//! Texts of others, so that Backlog shows them as they are.
//!
//! A project writes in Markdown or in Backlog's own notation; both take a backslash before a
//! character that means something. Source: Backlog help, "Text formatting rules", for either.

/// Characters that may begin a code block, a link, an image, a color or a heading anywhere.
const ALWAYS: [char; 7] = ['\\', '`', '*', '[', '{', '<', '#'];
/// Characters that mean something at the beginning of a line: lists, quotes, tables, rules.
const FIRST: [char; 7] = ['-', '+', '>', '|', '=', '~', '_'];

/// A text with every character that would be taken for formatting escaped.
///
/// One of a single line stands behind a label, so its beginning is not that of a line.
/// An underscore or a percent sign stays: they are in half of all names of metrics.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut plain = String::with_capacity(text.len());
    let mut is_first = text.contains('\n');
    // Control characters would be lost on the way to Backlog, after all checks.
    for c in text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')) {
        if ALWAYS.contains(&c) || is_first && FIRST.contains(&c) {
            plain.push('\\');
        }
        plain.push(c);
        is_first = c == '\n' || is_first && c.is_whitespace();
    }
    plain
}

/// An address, which both notations make a link of; anything else is a text.
pub(crate) fn link(address: &str) -> String {
    let is_address = (address.starts_with("https://") || address.starts_with("http://"))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>[]{}`\\|".contains(c));
    if is_address { address.to_owned() } else { plain(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_of_either_notation_loses_its_meaning() {
        for (text, expected) in [
            ("# a", "\\# a"),
            ("a\n  - b\n+ c\n> d", "a\n  \\- b\n\\+ c\n\\> d"),
            ("a - b > c | d", "a - b > c | d"),
            ("|a|\n===", "\\|a|\n\\==="),
            ("- a\r+ b", "\\- a\n\\+ b"),
            ("- a > b", "- a > b"),
            ("```\ncode", "\\`\\`\\`\ncode"),
            ("{code}x{/code}", "\\{code}x\\{/code}"),
            ("![x](http://y) [[z]]", "!\\[x](http://y) \\[\\[z]]"),
            ("#image(http://y)", "\\#image(http://y)"),
            ("&color(red) { x }", "&color(red) \\{ x }"),
            ("<script>", "\\<script>"),
            ("a*b*c \\[", "a\\*b\\*c \\\\\\["),
            ("custom.a_b_c 96.2% > 90", "custom.a_b_c 96.2% > 90"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn an_address_stays_a_link_and_nothing_else_becomes_one() {
        for address in ["https://mackerel.io/orgs/a/alerts/2bj", "http://x/#role=a_b*c"] {
            assert_eq!(link(address), address);
        }
        assert_eq!(link("https://x/ [y](z)"), "https://x/ \\[y](z)");
        assert_eq!(link("https://x/\n# y"), "https://x/\n\\# y");
        assert_eq!(link("javascript:*"), "javascript:\\*");
    }
}
