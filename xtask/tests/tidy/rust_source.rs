//! The pieces of a source of Rust, as far as the checks of its imports and its texts need them.
//!
//! Not `syn`: a test that wants it with other features than the macros do would compile every macro, and all that
//! uses one, a second time.

/// A part of a source; white space is in none.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub kind: Kind,
    /// The source of the piece; of a string, what is between its quotes.
    pub text: &'a str,
    /// The line on which `text` begins.
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment,
    /// A string with escapes.
    Text,
    /// A string without escapes.
    RawText,
    /// A character, or a lifetime.
    Character,
    /// A name, a keyword or a number.
    Word,
    /// `::`, or one sign.
    Sign,
}

/// Every piece, in order.
pub fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let (kind, before, n_bytes, after) = match first {
            _ if rest.starts_with("//") => (Kind::Comment, 0, rest.find('\n').unwrap_or(rest.len()), 0),
            _ if rest.starts_with("/*") => (Kind::Comment, 0, block_comment(rest), 0),
            '"' => (Kind::Text, 1, text(&rest[1..]), 1),
            '\'' => (Kind::Character, 0, character(rest), 0),
            _ if is_of_word(first) => {
                let n_bytes = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                let after = &rest[n_bytes..];
                let n_hashes = after.len() - after.trim_start_matches('#').len();
                let is_raw = matches!(&rest[..n_bytes], "r" | "br" | "cr") && after[n_hashes..].starts_with('"');
                if is_raw {
                    let end = format!("\"{}", "#".repeat(n_hashes));
                    let inside = &after[n_hashes + 1..];
                    (Kind::RawText, n_bytes + n_hashes + 1, inside.find(&end).unwrap_or(inside.len()), end.len())
                } else {
                    (Kind::Word, 0, n_bytes, 0)
                }
            }
            _ => (Kind::Sign, 0, if rest.starts_with("::") { 2 } else { first.len_utf8() }, 0),
        };
        let is_there = kind != Kind::Sign || !first.is_whitespace();
        if is_there {
            let first_line = line + rest[..before].matches('\n').count();
            pieces.push(Piece { kind, text: &rest[before..before + n_bytes], line: first_line });
        }
        let end = (before + n_bytes + after).min(rest.len());
        line += rest[..end].matches('\n').count();
        rest = &rest[end..];
    }
    pieces
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How long a comment is that may hold others.
fn block_comment(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        match rest.get(..2) {
            Some("/*") => (at, depth) = (at + 2, depth + 1),
            Some("*/") => (at, depth) = (at + 2, depth - 1),
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// How long a string is, up to the quote that ends it.
fn text(inside: &str) -> usize {
    let mut letters = inside.char_indices();
    while let Some((index, c)) = letters.next() {
        match c {
            '"' => return index,
            '\\' => drop(letters.next()),
            _ => {}
        }
    }
    inside.len()
}

/// How long a character or a lifetime is.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((after, escaped))) => {
            let begin = after + escaped.len_utf8();
            text[begin..].find('\'').map_or(text.len(), |end| begin + end + 1)
        }
        (Some((_, '\\')), None) => text.len(),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1 + text[1..].find(|c| !is_of_word(c)).unwrap_or(text.len() - 1),
    }
}

#[test]
fn pieces_are_told_apart() {
    use Kind::{Character, Comment, RawText, Sign, Text, Word};
    let source = "// a\n/* b /* c */ */ x::y 'e' '\\'' 'life \"d \\\" \\\ne\" r#\"f \"g\"#\nbr\"h\" _1;";
    let found: Vec<(Kind, &str, usize)> = pieces(source).iter().map(|p| (p.kind, p.text, p.line)).collect();
    let expected = [
        (Comment, "// a", 1),
        (Comment, "/* b /* c */ */", 2),
        (Word, "x", 2),
        (Sign, "::", 2),
        (Word, "y", 2),
        (Character, "'e'", 2),
        (Character, "'\\''", 2),
        (Character, "'life", 2),
        (Text, "d \\\" \\\ne", 2),
        (RawText, "f \"g", 3),
        (RawText, "h", 4),
        (Word, "_1", 4),
        (Sign, ";", 4),
    ];
    assert_eq!(found, expected);
    // What breaks off is no reason to.
    for cut in ["\"a", "r#\"a", "/* a", "'", "'\\", "'\\'"] {
        assert_eq!(pieces(cut).len(), 1, "{cut}");
    }
}
