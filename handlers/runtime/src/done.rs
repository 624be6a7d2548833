//! What a handler says when its work is done, or when there was none.

use crate::Failure;
use contracts::trace::{Cause, Made};

/// The work is done, or there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The effect exists.
    Worked {
        /// What it is, in words.
        result: String,
        /// What it is, if it is of a kind that has a name.
        made: Option<Made>,
    },
    /// The effect exists, and another delivery is to check that it is still right.
    ///
    /// The message comes back a few times, and is done after that.
    LookAgain {
        /// What it is, in words.
        result: String,
        /// What it is, if it is of a kind that has a name.
        made: Option<Made>,
    },
    /// An earlier delivery had the effect.
    Repeated {
        /// What it is, in words.
        result: String,
        /// What the earlier delivery made, if that is known.
        made: Option<Made>,
    },
    /// Nothing had to be done; says why.
    Ignored(String),
    /// Nothing could be done, and a retry would not help.
    Warned {
        /// Why, in words.
        reason: String,
        /// Why, as far as the function knows.
        cause: Cause,
    },
}

impl Done {
    /// The effect exists.
    pub fn worked(made: Made, result: impl Into<String>) -> Self {
        Self::Worked { result: result.into(), made: Some(made) }
    }

    /// The effect exists, and is to be checked again.
    pub fn look_again(made: Made, result: impl Into<String>) -> Self {
        Self::LookAgain { result: result.into(), made: Some(made) }
    }

    /// An earlier delivery had the effect.
    pub fn repeated(made: Made, result: impl Into<String>) -> Self {
        Self::Repeated { result: result.into(), made: Some(made) }
    }

    /// Nothing could be done, and no action is needed.
    pub fn warned(cause: Cause, reason: impl Into<String>) -> Self {
        Self::Warned { reason: reason.into(), cause }
    }
}

/// The kind of an outcome, which the tests of handlers check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// [`Done::Worked`].
    Worked,
    /// [`Done::LookAgain`].
    LookAgain,
    /// [`Done::Repeated`].
    Repeated,
    /// [`Done::Ignored`].
    Ignored,
    /// [`Done::Warned`].
    Warned,
    /// A failure that may pass.
    Retry,
    /// A failure that does not pass.
    Permanent,
}

impl Outcome {
    /// Splits the result of a handler into its kind and its text.
    pub fn of(returned: &Result<Done, Failure>) -> (Self, &str) {
        match returned {
            Ok(Done::Worked { result, .. }) => (Self::Worked, result),
            Ok(Done::LookAgain { result, .. }) => (Self::LookAgain, result),
            Ok(Done::Repeated { result, .. }) => (Self::Repeated, result),
            Ok(Done::Ignored(reason)) => (Self::Ignored, reason),
            Ok(Done::Warned { reason, .. }) => (Self::Warned, reason),
            Err(failure @ Failure::Retry { .. }) => (Self::Retry, failure.reason()),
            Err(failure @ Failure::Permanent { .. }) => (Self::Permanent, failure.reason()),
        }
    }
}
