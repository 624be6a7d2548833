//! What a handler says when its work is done, or when there was none.

use crate::Failure;
use contracts::trace::{Cause, Made};

/// The work is done, or there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The effect is there.
    Worked {
        /// What it is, in words.
        result: String,
        /// What it is, if it is of a kind that has a name.
        made: Option<Made>,
    },
    /// The effect is there, and another look shall tell whether it still is what it should be.
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
    /// Nothing could be done, and the message is not wanted again.
    Warned {
        /// Why, in words.
        reason: String,
        /// Why, as far as the function knows.
        cause: Cause,
    },
}

impl Done {
    /// The effect is there.
    pub fn worked(made: Made, result: impl Into<String>) -> Self {
        Self::Worked { result: result.into(), made: Some(made) }
    }

    /// The effect is there, and is to be looked at again.
    pub fn look_again(made: Made, result: impl Into<String>) -> Self {
        Self::LookAgain { result: result.into(), made: Some(made) }
    }

    /// An earlier delivery had the effect.
    pub fn repeated(made: Made, result: impl Into<String>) -> Self {
        Self::Repeated { result: result.into(), made: Some(made) }
    }

    /// Nothing could be done, and nobody needs to act.
    pub fn warned(cause: Cause, reason: impl Into<String>) -> Self {
        Self::Warned { reason: reason.into(), cause }
    }
}

/// What an outcome is besides its text; handlers' tests demand it.
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
    /// Takes what a handler returned apart: what it is, and its text.
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
