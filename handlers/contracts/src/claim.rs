//! Work that must have its effect once, however often its message is delivered.

use crate::trace::Made;
use serde::{Deserialize, Serialize};

/// How far a piece of work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Progress {
    /// An attempt is in progress.
    #[serde(rename = "begun")]
    Started {
        /// When the attempt counts as abandoned; milliseconds since 1970.
        until_millis: u64,
    },
    /// It was started and refused before it could have its effect, as if it had never started.
    Refused,
    /// It was started and given up; whether it had its effect is not known.
    Dropped,
    /// It had its effect.
    Done {
        /// What came of it, in words.
        result: String,
        /// What it made. Default: not known, as in records of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Made>,
    },
}
