//! Why a command failed, and whether the account may have changed.

/// A failure as a person reads it.
#[derive(Debug)]
pub struct Failure {
    /// What failed; empty if it was printed already.
    pub message: String,
    /// The next step, where it is known.
    pub hint: Option<String>,
    /// Whether anything in the account may have changed.
    pub may_have_changed: bool,
}

impl Failure {
    /// A failure before anything was changed.
    pub fn nothing_changed(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, may_have_changed: false }
    }

    /// A failure of the deployer.
    pub fn of(error: &deployer::Error, may_have_changed: bool) -> Self {
        Self { message: error.to_string(), hint: error.hint(), may_have_changed }
    }

    /// The same failure with a next step.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 1 if the account may have changed, 2 if it did not.
    pub fn exit_code(&self) -> u8 {
        if self.may_have_changed { 1 } else { 2 }
    }
}
