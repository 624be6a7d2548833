//! A question that somebody asked in the form.

use crate::message::json_message;
use serde::{Deserialize, Serialize};

/// Longest question, in characters (Unicode scalar values).
pub const TEXT_LIMIT_CHARS: usize = 4_000;
/// Longest project id, in bytes.
pub const PROJECT_ID_LIMIT_BYTES: usize = 64;

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
    /// The text is empty or white space.
    Blank,
    /// The text has more than [`TEXT_LIMIT_CHARS`] characters.
    TooLong,
}

impl Question {
    /// Whether the question can be asked.
    pub fn check(&self) -> Result<(), Refusal> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(1..=PROJECT_ID_LIMIT_BYTES).contains(&self.project_id.len()) || !self.project_id.chars().all(is_allowed) {
            return Err(Refusal::ProjectId);
        }
        if self.text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            return Err(Refusal::Blank);
        }
        if self.text.chars().count() > TEXT_LIMIT_CHARS {
            return Err(Refusal::TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(project_id: &str, text: &str) -> Result<(), Refusal> {
        Question { project_id: project_id.into(), text: text.into() }.check()
    }

    #[test]
    fn a_question_has_a_project_and_a_text_of_some_length() {
        assert_eq!(check("AWS-101", "？"), Ok(()));
        assert_eq!(check("a_B-9", &"👍".repeat(4_000)), Ok(()));
        assert_eq!(check("a", &"👍".repeat(4_001)), Err(Refusal::TooLong));
        for blank in ["", " ", "\u{3000}\n\t", "\0"] {
            assert_eq!(check("a", blank), Err(Refusal::Blank));
        }
        for wrong in ["", "a b", "日本", "a/b", &"x".repeat(65)] {
            assert_eq!(check(wrong, "x"), Err(Refusal::ProjectId));
        }
    }
}
