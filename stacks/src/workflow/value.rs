//! What the states of a machine compute, keep and try again.

/// A JSONata expression, without the `{% %}` around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expression(pub &'static str);

impl Expression {
    /// As a definition holds it.
    pub(crate) fn render(self) -> String {
        format!("{{% {} %}}", self.0)
    }
}

/// The name of a variable that lives as long as the execution; expressions write `$` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable(&'static str);

impl Variable {
    /// A variable with this name: letters only, and not one that Step Functions has taken.
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "a variable has a name");
        let mut place = 0;
        while place < bytes.len() {
            assert!(
                bytes[place].is_ascii_alphabetic() || bytes[place] == b'_',
                "the name of a variable has letters only"
            );
            place += 1;
        }
        assert!(!matches!(bytes, b"states"), "`states` is what Step Functions itself tells a state");
        Self(name)
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// What a variable is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assign(pub Variable, pub Expression);

/// Text that is known now or computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Known now.
    Plain(&'static str),
    /// Computed when the state is entered.
    Of(Expression),
}

impl Text {
    /// As a definition holds it.
    pub(crate) fn render(self) -> String {
        match self {
            Self::Plain(text) => text.to_owned(),
            Self::Of(expression) => expression.render(),
        }
    }
}

/// Why a task can fail, as Step Functions names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskError {
    /// A web service answered with this status.
    HttpStatus(u16),
    /// A web service did not answer, or not in time.
    HttpSocket,
    /// The role may not call this endpoint with this method.
    HttpAccessDenied,
    /// The connection cannot be used, by the name that EventBridge gives the reason.
    Connection(&'static str),
    /// A service of AWS refused: the prefix that Step Functions has for it, and the exception.
    Aws(&'static str, &'static str),
    /// The result is larger than a state may be given.
    DataLimitExceeded,
}

impl TaskError {
    pub(crate) fn render(self) -> String {
        match self {
            Self::HttpStatus(status) => format!("States.Http.StatusCode.{status}"),
            Self::HttpSocket => "States.Http.Socket".into(),
            Self::HttpAccessDenied => "States.Http.AccessDenied".into(),
            Self::Connection(reason) => format!("Events.ConnectionResource.{reason}"),
            Self::Aws(service, exception) => format!("{service}.{exception}"),
            Self::DataLimitExceeded => "States.DataLimitExceeded".into(),
        }
    }
}

/// How a task is tried again after some failures; there is no way to say "after all".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub(crate) errors: &'static [TaskError],
    pub(crate) interval_seconds: u32,
    pub(crate) attempts: u32,
    pub(crate) backoff: u32,
    pub(crate) max_delay_seconds: Option<u32>,
    pub(crate) jitter: Jitter,
}

/// Whether those who wait for the same thing wait equally long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Between nothing and the whole delay, by chance.
    Full,
    /// Exactly the delay.
    None,
}

impl Retry {
    /// Tries again ever later, with full jitter: first within `interval` seconds, at last within `longest`.
    pub const fn ever_later(errors: &'static [TaskError], interval: u32, longest: u32, attempts: u32) -> Self {
        // Source: Step Functions developer guide, "Retrying after an error".
        assert!(!errors.is_empty() && attempts > 0, "a retry is for some failures, at least once");
        assert!(interval > 0 && interval < longest, "the longest delay must be longer than the first one");
        Self {
            errors,
            interval_seconds: interval,
            attempts,
            backoff: 2,
            max_delay_seconds: Some(longest),
            jitter: Jitter::Full,
        }
    }

    /// Tries again after exactly so many seconds: for one who says how long to wait.
    pub const fn after(errors: &'static [TaskError], seconds: u32, attempts: u32) -> Self {
        assert!(!errors.is_empty() && attempts > 0, "a retry is for some failures, at least once");
        assert!(seconds > 0, "a delay is at least a second");
        Self { errors, interval_seconds: seconds, attempts, backoff: 1, max_delay_seconds: None, jitter: Jitter::None }
    }

    /// Tries again after ever longer delays, without jitter, until they add up to at least `within` seconds.
    ///
    /// For a lock that may pass at once, and that has passed for certain after this time.
    pub const fn throughout(errors: &'static [TaskError], interval: u32, longest: u32, within: u32) -> Self {
        assert!(!errors.is_empty(), "a retry is for some failures");
        assert!(interval > 0 && interval < longest, "the longest delay must be longer than the first one");
        let (mut attempts, mut waited, mut delay) = (0, 0, interval);
        while waited < within {
            waited += delay;
            attempts += 1;
            delay = if delay * 2 < longest { delay * 2 } else { longest };
        }
        Self {
            errors,
            interval_seconds: interval,
            attempts,
            backoff: 2,
            max_delay_seconds: Some(longest),
            jitter: Jitter::None,
        }
    }
}
