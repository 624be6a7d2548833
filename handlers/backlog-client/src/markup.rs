//! Texts of others, so that Backlog shows them letter by letter, by whichever rule a project formats texts.
//!
//! Both rules take a backslash before a character that means something. Sources: Backlog help, "Text formatting
//! rules", for either; Nulab's own reference of the notation, "Escape"; for Markdown the CommonMark specification.
//! What is an address stays a link: it leads where it says.

use contracts::backlog::TextFormatting;

/// Markdown: what may begin code, emphasis, a link, an image, an element or a crossed-out text anywhere.
///
/// An underscore inside a word means nothing, and half of all names of metrics have one.
const ANYWHERE: [char; 7] = ['\\', '`', '*', '[', '{', '<', '~'];
/// What means something at the beginning of a line: headings, lists, quotes, tables, rules, definitions.
const FIRST: [char; 10] = ['#', '-', '+', '>', '|', '=', '~', '_', ':', '*'];
/// The same in Backlog's notation.
const FIRST_OF_NOTATION: [char; 5] = ['*', '-', '+', '>', '|'];
/// Keeps its width at the beginning of a line, where blanks would make Markdown show code.
const NO_BREAK_SPACE: char = '\u{a0}';
/// How many blanks a tab at the beginning of a line stands for.
const TAB_BLANKS: usize = 4;

/// Writes texts of others for a project with this rule.
#[derive(Clone, Copy, Debug)]
pub struct Markup(pub TextFormatting);

impl Markup {
    /// A text that begins a line, with every character that would be taken for formatting escaped.
    pub fn paragraph(self, text: &str) -> String {
        self.written(text, true)
    }

    /// A text behind a label: the beginning of a single line is not that of a line.
    pub fn after_label(self, text: &str) -> String {
        self.written(text, text.contains(['\n', '\r']))
    }

    /// An address, which both rules make a link of; anything else is a text behind a label.
    pub fn link(self, address: &str) -> String {
        let is_address = (address.starts_with("https://") || address.starts_with("http://"))
            && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>[]{}`\\|".contains(c));
        if is_address { address.to_owned() } else { self.after_label(address) }
    }

    fn written(self, text: &str, mut begins_line: bool) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines = text.split('\n').map(|line| {
            // Control characters would be lost on the way to Backlog, after all checks.
            let characters: Vec<char> = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
            let written = match self.0 {
                TextFormatting::Markdown => markdown(&characters, begins_line),
                TextFormatting::Backlog => notation(&characters, begins_line),
            };
            begins_line = true;
            written
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn markdown(line: &[char], begins_line: bool) -> String {
    let first = line.iter().position(|c| !c.is_whitespace()).unwrap_or(line.len());
    // Markdown takes no other blank for one: a line of them is not empty.
    let indent = line.iter().position(|c| !matches!(c, ' ' | '\t')).unwrap_or(line.len());
    let numbering = if begins_line { end_of_numbering(line, first) } else { None };
    let mut written = String::with_capacity(line.len() + 8);
    let mut underscores = Underscores::default();
    for (place, c) in line.iter().enumerate() {
        match c {
            ' ' if begins_line && place < indent && indent < line.len() => written.push(NO_BREAK_SPACE),
            '\t' if begins_line && place < indent && indent < line.len() => {
                written.extend(std::iter::repeat_n(NO_BREAK_SPACE, TAB_BLANKS));
            }
            _ => {
                let means_something = ANYWHERE.contains(c)
                    || begins_line && place == first && FIRST.contains(c)
                    || numbering == Some(place)
                    || *c == '_' && !underscores.are_inside_word(line, place)
                    || is_call(line, place)
                    || *c == '&' && is_entity(&line[place + 1..]);
                if means_something {
                    written.push('\\');
                }
                written.push(*c);
            }
        }
    }
    written
}

fn notation(line: &[char], begins_line: bool) -> String {
    let first = line.iter().position(|c| !c.is_whitespace()).unwrap_or(line.len());
    let means_something = |place: usize| {
        let c = line[place];
        let next = line.get(place + 1).copied();
        let is_doubled = next == Some(c) || place > 0 && line[place - 1] == c;
        begins_line && place == first && FIRST_OF_NOTATION.contains(&c)
            || matches!(c, '\'' | '%' | '[') && is_doubled
            || c == '{' && next.is_some_and(|next| next.is_ascii_alphabetic() || next == '/')
            || c == '<' && next == Some('@')
            || is_call(line, place)
    };
    let mut written = String::with_capacity(line.len() + 8);
    for (place, c) in line.iter().enumerate() {
        // A backslash that stands before something else is shown, as in a path of Windows.
        let is_escape =
            *c == '\\' && line.get(place + 1).is_some_and(|next| *next == '\\' || next.is_ascii_punctuation());
        if is_escape || means_something(place) {
            written.push('\\');
        }
        written.push(*c);
    }
    written
}

/// The place of the mark behind the number of a numbered list, if a line begins with one.
fn end_of_numbering(line: &[char], first: usize) -> Option<usize> {
    let n_digits = line[first..].iter().take_while(|c| c.is_ascii_digit()).count();
    let end = first + n_digits;
    (n_digits > 0 && matches!(line.get(end), Some('.' | ')'))).then_some(end)
}

/// The underscores in a row that were looked at last: a row is looked at once, however long it is.
#[derive(Default)]
struct Underscores {
    end: usize,
    are_inside_word: bool,
}

impl Underscores {
    /// Whether those at a place stand between letters or digits; places come in order.
    fn are_inside_word(&mut self, line: &[char], place: usize) -> bool {
        if place >= self.end {
            let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
            self.end = place + line[place..].iter().take_while(|c| **c == '_').count();
            let before = place.checked_sub(1).and_then(|before| line.get(before));
            self.are_inside_word = is_word(before) && is_word(line.get(self.end));
        }
        self.are_inside_word
    }
}

/// Whether Backlog would carry something out here: `#image(…)`, `#contents`, `&color(…)`, `&br;`.
///
/// A fragment of an address and a parameter of a query differ only in what follows.
fn is_call(line: &[char], place: usize) -> bool {
    if !matches!(line[place], '#' | '&') {
        return false;
    }
    let rest = &line[place + 1..];
    let word: String = rest.iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    let behind = rest.get(word.len());
    match line[place] {
        '#' => !word.is_empty() && behind == Some(&'(') || word == "contents",
        '&' => !word.is_empty() && matches!(behind, Some('(' | ';')),
        _ => false,
    }
}

/// Whether what follows an ampersand makes it an entity of HTML, such as `amp;` or `#35;`.
fn is_entity(rest: &[char]) -> bool {
    let n_name = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '#').count();
    n_name > 0 && rest.get(n_name) == Some(&';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    const MARKDOWN: Markup = Markup(TextFormatting::Markdown);

    #[test]
    fn a_text_of_any_length_is_written_in_one_pass() {
        for mark in ["_", "#", "&", "a", "\\", "*", "&a", "#a"] {
            let text = mark.repeat(1_000_000);
            for markup in [MARKDOWN, Markup(TextFormatting::Backlog)] {
                assert!(markup.after_label(&text).len() >= text.len());
            }
        }
    }
    const NOTATION: Markup = Markup(TextFormatting::Backlog);

    /// What a reader of Markdown sees of a text, without its blanks; any formatting is an error.
    fn shown(markdown: &str) -> Result<String, String> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_DEFINITION_LIST;
        let mut text = String::new();
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) | Event::SoftBreak | Event::HardBreak => {}
                Event::Text(piece) => text.push_str(&piece),
                formatting => return Err(format!("{formatting:?}")),
            }
        }
        Ok(without_blanks(&text))
    }

    fn without_blanks(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn markdown_loses_its_meaning() {
        for (text, expected) in [
            ("# a", "\\# a"),
            ("a\n  - b\n+ c\n> d", "a\n\u{a0}\u{a0}\\- b\n\\+ c\n\\> d"),
            ("a - b > c | d", "a - b > c | d"),
            ("|a|\n|---|\n===", "\\|a|\n\\|---|\n\\==="),
            ("- a\r+ b", "\\- a\n\\+ b"),
            ("1. a\n12) b\n1.5 c", "1\\. a\n12\\) b\n1\\.5 c"),
            ("```\ncode", "\\`\\`\\`\ncode"),
            (
                "x\n\n    code\n\tcode\n   \nx",
                "x\n\n\u{a0}\u{a0}\u{a0}\u{a0}code\n\u{a0}\u{a0}\u{a0}\u{a0}code\n   \nx",
            ),
            ("![x](http://y) [[z]]", "!\\[x](http://y) \\[\\[z]]"),
            ("#image(http://y) https://x/y#z", "\\#image(http://y) https://x/y#z"),
            ("<script>", "\\<script>"),
            ("**b** _i_ a_b _", "\\*\\*b\\*\\* \\_i\\_ a_b \\_"),
            ("~~s~~", "\\~\\~s\\~\\~"),
            ("&lt; &#35; a & b ?a=1&b=2", "\\&lt; \\&#35; a & b ?a=1&b=2"),
            ("a\\", "a\\\\"),
            ("", ""),
        ] {
            assert_eq!(MARKDOWN.paragraph(text), expected);
            assert_eq!(shown(expected).unwrap(), without_blanks(text));
        }
    }

    #[test]
    fn the_notation_of_backlog_loses_its_meaning() {
        for (text, expected) in [
            ("* a\n  - b\n+ c\n> d\n|e|", "\\* a\n  \\- b\n\\+ c\n\\> d\n\\|e|"),
            ("a * b - c", "a * b - c"),
            ("''b'' '''i''' it's", "\\'\\'b\\'\\' \\'\\'\\'i\\'\\'\\' it's"),
            ("%%s%% 50%", "\\%\\%s\\%\\% 50%"),
            ("[[x>http://y]] [z]", "\\[\\[x>http://y]] [z]"),
            ("{code}x{/code} {quote} {\"a\": 1}", "\\{code}x\\{/code} \\{quote} {\"a\": 1}"),
            ("&color(red) { x } &br; a&b", "\\&color(red) { x } \\&br; a&b"),
            ("#image(http://y) #thumbnail(z) #contents #1", "\\#image(http://y) \\#thumbnail(z) \\#contents #1"),
            ("C:\\temp \\[[x]] \\\\", "C:\\temp \\\\\\[\\[x]] \\\\\\"),
            ("<@U1> <b>", "\\<@U1> <b>"),
            ("`x` _y_ # z", "`x` _y_ # z"),
        ] {
            assert_eq!(NOTATION.paragraph(text), expected);
        }
    }

    #[test]
    fn the_beginning_of_a_single_line_behind_a_label_is_none_of_a_line() {
        for markup in [MARKDOWN, NOTATION] {
            assert_eq!(markup.after_label("- a > b"), "- a > b");
            assert_eq!(markup.after_label("- a\n- b"), "\\- a\n\\- b");
            assert_eq!(markup.paragraph("- a > b"), "\\- a > b");
        }
        assert_eq!(MARKDOWN.after_label("custom.a_b_c 96.2% > 90"), "custom.a_b_c 96.2% > 90");
    }

    #[test]
    fn an_address_stays_a_link_and_nothing_else_becomes_one() {
        for markup in [MARKDOWN, NOTATION] {
            for address in ["https://mackerel.io/orgs/a/alerts/2bj", "http://x/#role=a_b*c"] {
                assert_eq!(markup.link(address), address);
            }
        }
        assert_eq!(MARKDOWN.link("https://x/ [y](z)"), "https://x/ \\[y](z)");
        assert_eq!(MARKDOWN.link("https://x/\n# y"), "https://x/\n\\# y");
        assert_eq!(MARKDOWN.link("javascript:*"), "javascript:\\*");
        assert_eq!(NOTATION.link("[[x>https://y]]"), "\\[\\[x>https://y]]");
    }

    #[test]
    fn a_reader_of_markdown_sees_every_text_letter_by_letter() {
        const PIECES: [&str; 60] = [
            "a",
            "b",
            "1",
            "あ",
            " ",
            "\t",
            "\n",
            "-",
            "+",
            "*",
            "_",
            "~",
            "`",
            "#",
            ">",
            "|",
            "=",
            ":",
            "!",
            "&",
            ";",
            ".",
            ")",
            "(",
            "\\",
            "<",
            ">",
            "{",
            "}",
            "[",
            "]",
            "/",
            "'",
            "\"",
            "$",
            "^",
            "    ",
            "**",
            "~~",
            "__",
            "```",
            "![",
            "](",
            "&amp;",
            "&#35;",
            "1. ",
            "https://x/",
            "[a]: b",
            "\n\n",
            "\n---\n",
            "\n===\n",
            "|-|",
            "- [ ] ",
            "[^1]",
            "<b>",
            "<!--",
            "a@b.c",
            "\n> [!NOTE]\n",
            "\u{a0}",
            "\u{3000}",
        ];
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..20_000 {
            let text: String = (0..random.usize(0..30)).map(|_| PIECES[random.usize(0..PIECES.len())]).collect();
            let written = MARKDOWN.paragraph(&text);
            assert_eq!(shown(&written), Ok(without_blanks(&text)), "{text:?} became {written:?}");
        }
    }
}
