//! A question that a person asked in the form.

use crate::message::json_message;
use crate::text;
use serde::{Deserialize, Serialize};

/// Longest question, in characters (Unicode scalar values).
pub const TEXT_LIMIT_CHARS: usize = 4_000;
/// Longest project id, in bytes.
pub const PROJECT_ID_LIMIT_BYTES: usize = 64;
/// Characters of a receipt: 40 bits and the first hyphen of a UUID.
///
/// Of 200,000 questions, which is 500 a day for 400 days, two share one with a probability of 2 %.
const RECEIPT_CHARS: usize = 11;
/// How much of a question stands for the whole of it, in characters as a reader counts them.
pub const SUMMARY_LIMIT_GRAPHEMES: usize = 50;

/// A question, as the form posts it and the topic carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What the question is about, such as the number of a course.
    pub project_id: String,
    /// The question itself, with its line breaks.
    pub text: String,
}

json_message!(Question, include_str!("../events/question.json"));

/// Why a question is refused; the form shows each in the language of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The project id is empty, too long, or has other characters than letters, digits, `-` and `_`.
    ProjectId,
    /// The text has nothing to read.
    Blank,
    /// The text has more than [`TEXT_LIMIT_CHARS`] characters.
    TooLong,
}

impl Refusal {
    /// The word by which a page knows it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ProjectId => "project_id",
            Self::Blank => "blank",
            Self::TooLong => "too_long",
        }
    }

    /// The same as a sentence, for logs and for who writes a client.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ProjectId => "the project id is not 1 to 64 letters, digits, `-` and `_`",
            Self::Blank => "the question has no text",
            Self::TooLong => "the question has more than 4000 characters",
        }
    }
}

impl Question {
    /// Whether the question can be asked.
    pub fn check(&self) -> Result<(), Refusal> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(1..=PROJECT_ID_LIMIT_BYTES).contains(&self.project_id.len()) || !self.project_id.chars().all(is_allowed) {
            return Err(Refusal::ProjectId);
        }
        if text::is_blank(&self.text) {
            return Err(Refusal::Blank);
        }
        if self.text.chars().count() > TEXT_LIMIT_CHARS {
            return Err(Refusal::TooLong);
        }
        Ok(())
    }

    /// The same question with `\n` for every line break and without what no reader sees.
    ///
    /// Other control characters come along with text that is pasted from a terminal or a PDF. They
    /// are taken out and not refused: who asks cannot find them. U+FFFE and U+FFFF are, because a
    /// queue does not carry them. Source: Amazon SQS API reference, `SendMessage`.
    pub fn cleaned(self) -> Self {
        let text = self.text.replace("\r\n", "\n");
        let clean = |c: char| match c {
            // The other line breaks of Unicode; office programs write some of them inside a paragraph.
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\n' | '\t' => Some(c),
            '\u{fffe}' | '\u{ffff}' => None,
            c => (!c.is_control()).then_some(c),
        };
        Self { project_id: self.project_id, text: text.chars().filter_map(clean).collect() }
    }
}

/// The short number of a question, which the form shows to the asker and all ends show: the beginning of the
/// id that SNS gave it, so that a search for it finds the id in the table and in logs as well.
///
/// An id of another form, which only a message that came past the topic has, is shown whole.
pub fn receipt(id: &str) -> &str {
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if is_uuid { &id[..RECEIPT_CHARS] } else { id }
}

/// The question of an event with a marker where its summary begins, by which its results are found.
///
/// The end of a text that would become too long is left out. The marker is one word of ASCII.
pub fn with_marker(event: &str, marker: &str) -> Result<String, String> {
    let question: Question =
        serde_json::from_str(event).map_err(|error| format!("the event is not the JSON of a question: {error}"))?;
    question.check().map_err(|refusal| format!("the form would refuse the question: {}", refusal.reason()))?;
    let is_word = marker.chars().all(|c| c.is_ascii_graphic());
    if !is_word || !(1..=SUMMARY_LIMIT_GRAPHEMES).contains(&marker.len()) {
        return Err(format!("`{marker}` is not a marker: allowed are 1 to 50 visible characters of ASCII"));
    }
    // The space keeps a mark at the beginning of the text from joining the marker's last letter.
    let text = format!("{marker} {}", question.text);
    let text = text::beginning(&text, TEXT_LIMIT_CHARS, |_| 1).to_owned();
    serde_json::to_string(&Question { text, ..question }).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    fn check(project_id: &str, text: &str) -> Result<(), Refusal> {
        question(project_id, text).check()
    }

    fn question(project_id: &str, text: &str) -> Question {
        Question { project_id: project_id.into(), text: text.into() }
    }

    #[test]
    fn a_question_has_a_project_and_a_text_of_some_length() {
        assert_eq!(check("AWS-101", "？"), Ok(()));
        assert_eq!(check("a_B-9", &"👍".repeat(4_000)), Ok(()));
        assert_eq!(check("a", &"👍".repeat(4_001)), Err(Refusal::TooLong));
        for blank in ["", " ", "\u{3000}\n\t", "\0", "\u{200b}", "\u{feff}\u{200d}\u{fe0f}", "\u{202e} \u{3164}"] {
            assert_eq!(check("a", blank), Err(Refusal::Blank), "{blank:?}");
        }
        for wrong in ["", "a b", "日本", "a/b", &"x".repeat(65)] {
            assert_eq!(check(wrong, "x"), Err(Refusal::ProjectId));
        }
    }

    #[test]
    fn the_reasons_name_the_limits() {
        assert!(Refusal::TooLong.reason().contains(&TEXT_LIMIT_CHARS.to_string()));
        assert!(Refusal::ProjectId.reason().contains(&PROJECT_ID_LIMIT_BYTES.to_string()));
    }

    #[test]
    fn every_line_break_becomes_the_same_and_control_characters_go() {
        let clean = |text: &str| question("a", text).cleaned().text;
        assert_eq!(clean("a\r\nb\rc\nd\n\re"), "a\nb\nc\nd\n\ne");
        assert_eq!(clean("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f"), "a\nb\nc\nd\ne\nf");
        assert_eq!(clean("\0a\tb\u{1b}[1mc\u{7f}\u{9b}\u{fffe}\u{ffff}"), "a\tb[1mc");
        let kept = "  👩‍💻🇯🇵 e\u{301} か\u{3099} <b>*&\"'\\ newline\n\n ";
        assert_eq!(clean(kept), kept);
    }

    #[test]
    fn a_receipt_is_the_beginning_of_a_uuid_and_of_nothing_else() {
        assert_eq!(receipt("5d0c3f7e-6b0a-5b52-9c6e-0e6f7d1a2b3c"), "5d0c3f7e-6b");
        for other in ["", "another-number", "5d0c3f7e6b0a5b529c6e0e6f7d1a2b3c", "5d0c3f7e-6b0a-5b52-9c6e-0e6f7d1a2b3あ"]
        {
            assert_eq!(receipt(other), other);
        }
    }

    #[test]
    fn a_marker_begins_the_text_and_the_question_stays_valid() {
        let marked = |event: &str, marker: &str| -> Question {
            let text = with_marker(event, marker).unwrap();
            let question: Question = serde_json::from_str(&text).unwrap();
            assert_eq!(question.check(), Ok(()));
            assert_eq!(question.clone().cleaned(), question);
            question
        };
        let original: Question = serde_json::from_str(Question::TEST_EVENT).unwrap();
        let question = marked(Question::TEST_EVENT, "test-1");
        assert_eq!(question.project_id, original.project_id);
        assert_eq!(question.text, format!("test-1 {}", original.text));

        let longest = serde_json::to_string(&self::question("a", &"👍".repeat(TEXT_LIMIT_CHARS))).unwrap();
        let marker = "m".repeat(SUMMARY_LIMIT_GRAPHEMES);
        let question = marked(&longest, &marker);
        assert!(question.text.starts_with(&marker));
        assert_eq!(question.text.chars().count(), TEXT_LIMIT_CHARS);
    }

    #[test]
    fn no_marker_is_put_into_what_is_no_question_nor_one_that_is_no_word() {
        for event in ["{}", "x", r#"{"project_id":"a","text":" "}"#, r#"{"project_id":"","text":"x"}"#] {
            assert!(with_marker(event, "m").is_err(), "{event}");
        }
        for marker in ["", "a b", "é", "a\n", &"m".repeat(51)] {
            assert!(with_marker(Question::TEST_EVENT, marker).is_err(), "{marker}");
        }
    }
}
