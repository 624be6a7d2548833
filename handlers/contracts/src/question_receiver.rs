//! The contract of the function behind the question form.

use crate::contract::contract;
use crate::question::Question;
use crate::{Http, PublishTo};

/// Largest body that is accepted, in bytes: 4,000 characters of four bytes, written as JSON escapes.
pub const BODY_LIMIT_BYTES: usize = 64 * 1024;

contract! {
    /// Checks a question of the form, publishes it and answers with its number.
    "question-receiver" on Http, within 10 s and 256 MiB {
        /// Where questions go.
        questions: PublishTo<Question> = "TOPIC_ARN",
    }
}
