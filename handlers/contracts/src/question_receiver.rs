//! The contract of the function behind the question form.

use crate::contract::contract;
use crate::question::Question;
use crate::setting::SettingValue;
use crate::{Count, Http, PublishTo, Setting, TimeZone};
use serde::Deserialize;

/// Largest body that is accepted, in bytes: 4,000 characters of four bytes, written as JSON escapes.
pub const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// How many questions are accepted per day; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct DailyLimit(u32);

impl DailyLimit {
    /// The most that a stage may take: each question is an issue and a card that a person reads.
    const MOST: u32 = 100_000;

    /// The number of questions.
    pub const fn questions(self) -> u32 {
        self.0
    }
}

impl Default for DailyLimit {
    /// More than a large course asks, and few enough to be deleted by hand.
    fn default() -> Self {
        Self(500)
    }
}

impl TryFrom<u32> for DailyLimit {
    type Error = String;

    fn try_from(questions: u32) -> Result<Self, String> {
        match questions {
            1..=Self::MOST => Ok(Self(questions)),
            _ => Err(format!("{questions} is not a number of questions; allowed is 1 to {}", Self::MOST)),
        }
    }
}

impl SettingValue for DailyLimit {
    fn render(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let questions: u32 = text.parse().map_err(|_| format!("`{text}` is not a number of questions"))?;
        Self::try_from(questions)
    }
}

contract! {
    /// Checks a question of the form, publishes it and answers with its number.
    "question-receiver" on Http, within 10 s and 256 MiB {
        /// The topic for questions.
        questions: PublishTo<Question> = "TOPIC_ARN",
        /// How many questions were accepted on each day.
        taken: Count = "COUNTS_TABLE",
        /// How many questions are accepted per day.
        daily_limit: Setting<DailyLimit> = "DAILY_LIMIT",
        /// The time zone of the day.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_limit_is_written_as_it_was_read_and_is_never_nothing() {
        for right in [1, 500, 100_000] {
            assert_eq!(DailyLimit::parse(&right.to_string()).unwrap().render(), right.to_string());
        }
        for wrong in ["0", "100001", "-1", "many", ""] {
            assert!(DailyLimit::parse(wrong).is_err(), "{wrong}");
        }
    }
}
