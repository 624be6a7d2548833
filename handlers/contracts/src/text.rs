//! Texts from outside: on one line, no longer than their reader accepts, and whether there is anything to read.

/// A text on one line, with single spaces and without control characters.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a text is invisible to a reader.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// The length in UTF-16 units: where a product does not say what it counts as a character, no other way to count
/// finds more.
pub fn utf16_units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest beginning of whole characters whose sizes together stay within the limit.
pub fn beginning(text: &str, limit: usize, size: impl Fn(char) -> usize) -> &str {
    let mut n_left = limit;
    let first_beyond = text.char_indices().find(|(_, c)| match n_left.checked_sub(size(*c)) {
        Some(rest) => {
            n_left = rest;
            false
        }
        None => true,
    });
    first_beyond.map_or(text, |(end, _)| &text[..end])
}

/// Whether a reader sees nothing of a character that stands alone.
fn is_invisible(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    is_ignorable || c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line() {
        for (text, expected) in [
            (" a\r\n\tb\u{7}c  d\u{a0}\n", "a b c d"),
            ("a\u{2028}b\u{0}c\u{85}d\u{3000}e", "a b c d e"),
            ("\0\n ", ""),
        ] {
            assert_eq!(one_line(text), expected);
        }
    }

    #[test]
    fn what_nobody_sees_is_blank() {
        for blank in ["", " \n\t", "\0\u{7f}\u{85}", "\u{200b}\u{feff}\u{3000}", "\u{202e} \u{3164}\u{e0061}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        assert!(!is_blank(" . ") && !is_blank("\u{200d}見"));
    }

    #[test]
    fn a_beginning_has_whole_characters_and_as_many_as_fit() {
        for (text, limit, expected) in [
            ("abc", 9, "abc"),
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("abc", 0, ""),
            ("a🦀b", 2, "a"),
            ("a🦀b", 3, "a🦀"),
        ] {
            assert_eq!(beginning(text, limit, char::len_utf16), expected);
            assert!(utf16_units(expected) <= limit);
        }
        assert_eq!(beginning("資料 v1", 3, |_| 1), "資料 ");
    }
}
