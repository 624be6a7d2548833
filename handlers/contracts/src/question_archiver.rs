//! The contract of the function that keeps questions.

use crate::contract::contract;
use crate::question::Question;
use crate::{Days, InsertRecords, Published, Setting, Sqs};
use serde::{Deserialize, Serialize};

/// A question as it is kept; the record's key is the id that SNS gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedQuestion {
    /// The short number that the asker got; absent in what was kept before there was one.
    #[serde(default)]
    pub receipt: String,
    /// What the question is about.
    pub project_id: String,
    /// The question itself.
    pub text: String,
    /// When it was asked: ISO 8601, UTC.
    pub asked_at: String,
}

contract! {
    /// Keeps each question in a table.
    "question-archiver" on Sqs<Published<Question>>, within 30 s and 256 MiB {
        /// The table of questions.
        archive: InsertRecords<ArchivedQuestion> = "ARCHIVE_TABLE",
        /// How long a question is kept. Default: for ever.
        keep_days: Setting<Option<Days>> = "KEEP_DAYS",
    }
}
