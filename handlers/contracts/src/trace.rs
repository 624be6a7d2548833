//! What functions write to their logs: `runtime` writes it, the deployer and the page of the stand-ins read it.
//!
//! Each line is one JSON object. `level` and `message` are for people; what happened is the member `trace`, with
//! values of its own beside it. A reader looks at values only: `reason` and `result` are shown, never taken apart.

mod cause;

pub use cause::Cause;

use serde::{Deserialize, Serialize};

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, by the function's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whether a person should look.
    pub level: Level,
    /// What happened, in words.
    pub message: String,
    /// Lambda's id of the invocation; none before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The event that it is about.
    #[serde(flatten)]
    pub event: EventId,
    /// What happened; nothing in a line that is only for people.
    #[serde(flatten)]
    pub trace: Option<Trace>,
}

impl Line {
    /// Reads a line of a log; `None` if it was not written by `runtime`, as those of Lambda itself.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Whether a person should look at a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is as it should be.
    Info,
    /// Something is odd and needs no action now.
    Warn,
    /// Something failed and a person should look.
    Error,
}

/// The ids of an event, by which it is followed through the functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventId {
    /// Id that the queue gave to the message; the topic's where a function has published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Id that a topic gave to it before it came into the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_id: Option<String>,
}

/// What happened to an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trace", rename_all = "snake_case")]
pub enum Trace {
    /// An endpoint queued or published it.
    Queued {
        /// Of the answer.
        status: u16,
    },
    /// An endpoint answered a request that asks for nothing but this answer.
    Answered {
        /// Of the answer.
        status: u16,
    },
    /// An endpoint refused it.
    Rejected {
        /// Of the answer.
        status: u16,
        /// Why.
        reason: String,
    },
    /// An endpoint could not do its work.
    Failed {
        /// Of the answer.
        status: u16,
        /// What failed.
        reason: String,
        /// Why, as far as that is known.
        #[serde(default, skip_serializing_if = "Cause::is_other")]
        cause: Cause,
    },
    /// A consumer began to work on it.
    Received {
        /// Which delivery it is.
        delivery: u32,
    },
    /// The effect exists.
    Done {
        /// What it is, in words.
        result: String,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Made>,
    },
    /// The effect exists, and is checked again later.
    DoneForNow {
        /// What it is, in words.
        result: String,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Made>,
        /// When it is checked again.
        after_seconds: u64,
    },
    /// An earlier delivery had the effect, so that this one has none.
    Repeated {
        /// What it is, in words.
        result: String,
        /// What the earlier delivery made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Made>,
    },
    /// It is of no interest.
    Ignored {
        /// Of the answer, if an endpoint ignored it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Why.
        reason: String,
    },
    /// Nothing could be done, and the message is acknowledged.
    NothingDone {
        /// Why.
        reason: String,
        /// Why, as far as that is known.
        #[serde(default, skip_serializing_if = "Cause::is_other")]
        cause: Cause,
    },
    /// The work failed, and the queue delivers the message again.
    Retrying {
        /// Which delivery it was.
        delivery: u32,
        /// What failed.
        reason: String,
        /// Why, as far as that is known.
        #[serde(default, skip_serializing_if = "Cause::is_other")]
        cause: Cause,
        /// When the message comes again.
        after_seconds: u64,
    },
    /// The work failed, and the message is in the dead-letter queue.
    GivenUp {
        /// Which delivery it was.
        delivery: u32,
        /// What failed.
        reason: String,
        /// Why, as far as that is known.
        #[serde(default, skip_serializing_if = "Cause::is_other")]
        cause: Cause,
    },
}

/// What a function made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// An object in a bucket, by its key.
    Object(String),
    /// An issue, by its key, or a change of it.
    Issue(String),
    /// An item in a table, by its id.
    Item(String),
    /// A message that the SaaS accepted, which has no name there.
    Message,
}

impl Trace {
    /// Whether a person should look.
    pub fn level(&self) -> Level {
        match self {
            Self::Queued { .. }
            | Self::Answered { .. }
            | Self::Received { .. }
            | Self::Done { .. }
            | Self::DoneForNow { .. }
            | Self::Repeated { .. }
            | Self::Ignored { .. } => Level::Info,
            Self::Rejected { .. } | Self::NothingDone { .. } | Self::Retrying { .. } => Level::Warn,
            Self::Failed { .. } | Self::GivenUp { .. } => Level::Error,
        }
    }

    /// What happened, in words for people.
    pub fn message(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Answered { .. } => "answered",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
            Self::Received { .. } => "received",
            Self::Done { .. } => "done",
            Self::DoneForNow { .. } => "done for now: will be looked at again",
            Self::Repeated { .. } => "repeated",
            Self::Ignored { .. } => "ignored",
            Self::NothingDone { .. } => "nothing done",
            Self::Retrying { .. } => "failed: will be retried",
            Self::GivenUp { .. } => "given up: the message is in the dead-letter queue",
        }
    }

    /// The reason or the result, in words for people; empty where there is none.
    pub fn words(&self) -> &str {
        match self {
            Self::Queued { .. } | Self::Answered { .. } | Self::Received { .. } => "",
            Self::Done { result, .. } | Self::DoneForNow { result, .. } | Self::Repeated { result, .. } => result,
            Self::Rejected { reason, .. }
            | Self::Failed { reason, .. }
            | Self::Ignored { reason, .. }
            | Self::NothingDone { reason, .. }
            | Self::Retrying { reason, .. }
            | Self::GivenUp { reason, .. } => reason,
        }
    }

    /// What was made, if the effect is there and has a name.
    pub fn made(&self) -> Option<&Made> {
        match self {
            Self::Done { made, .. } | Self::DoneForNow { made, .. } | Self::Repeated { made, .. } => made.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
