//! Every error of the deployer: what failed, what was found, and what to do next.

mod aws;
mod clock;
mod hint;
mod stack;

pub(crate) use aws::bare;
pub(crate) use hint::and_again;
pub use stack::{FailureCause, StackFailure};

use std::path::{Path, PathBuf};

/// The outcome of a step.
pub type Outcome<T> = Result<T, Error>;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program could not be run or failed.
    #[error("{what}")]
    Program {
        /// What failed, and what the program said.
        what: String,
        /// The next step.
        hint: String,
    },
    /// The compilation of the handlers failed; cargo's own words say why.
    #[error("the handlers do not compile\n\n{output}")]
    Compilation {
        /// What cargo wrote.
        output: String,
    },
    /// A binary would not run on Lambda.
    #[error("binary `{package}` does not run on provided.al2023: {problem}")]
    Binary {
        /// The package.
        package: String,
        /// What was found and what is needed.
        problem: String,
    },
    /// An AWS service refused or failed.
    #[error("{operation} failed: {message} ({code})")]
    Aws {
        /// IAM name of the action, such as `s3:PutObject`.
        operation: &'static str,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// A service refuses the time at which a request was signed.
    #[error("{operation} failed: this machine's clock is {} ({message})", difference.as_deref().unwrap_or("not AWS's"))]
    Clock {
        /// IAM name of the action.
        operation: &'static str,
        /// By how much the clock differs and in which direction, if the answer says what time it is.
        difference: Option<String>,
        /// The service's message.
        message: String,
    },
    /// Something answered in the place of an AWS service, or the answer is broken.
    #[error("{operation} failed: the answer is not one of AWS's: {answer}")]
    NotAws {
        /// IAM name of the action.
        operation: &'static str,
        /// Status of the answer.
        status: u16,
        /// The status, and what is wrong with the answer.
        answer: String,
    },
    /// An AWS service could not be reached, or gave no answer.
    #[error("{operation} failed: {reason}")]
    Unreachable {
        /// IAM name of the action.
        operation: &'static str,
        /// What happened on the way.
        reason: String,
    },
    /// There are no credentials, or they cannot be read.
    #[error("no usable AWS credentials found: {reason}")]
    Credentials {
        /// What the chain of credentials said.
        reason: String,
    },
    /// The profile that the stage file names gives no credentials.
    #[error("{place}: `{profile}` gives no usable AWS credentials: {reason}")]
    Profile {
        /// Where it is named.
        place: String,
        /// Its name.
        profile: String,
        /// What was found in the AWS configuration.
        reason: String,
    },
    /// The code of an MFA device is missing or wrong.
    #[error("profile `{profile}`: the code of the MFA device `{device}` {what}")]
    MfaCode {
        /// The profile that names the device.
        profile: String,
        /// Serial number or ARN of the device.
        device: String,
        /// What is wrong with the code.
        what: String,
    },
    /// The credentials are of another account than the stage's.
    #[error("{place}: the credentials are of account {found}, not of {expected}")]
    OtherAccount {
        /// Where the stage file says which it is.
        place: String,
        /// The account of the stage.
        expected: String,
        /// The account of the credentials.
        found: String,
    },
    /// A call for one stack failed.
    #[error("stack `{stack}`: {source}{}", state.map(|state| format!("\n  {state}")).unwrap_or_default())]
    OfStack {
        /// The stack.
        stack: String,
        /// What state the failure leaves the stack in, where that is known.
        state: Option<&'static str>,
        /// What failed.
        source: Box<Error>,
    },
    /// A stack operation failed.
    #[error("{0}")]
    Stack(StackFailure),
    /// A change set failed, so nothing was changed.
    #[error("stack `{stack}`: CloudFormation refused the change{}", reasons.iter().map(|reason| format!("\n  {reason}")).collect::<String>())]
    ChangeSet {
        /// The stack.
        stack: String,
        /// Its reasons.
        reasons: Vec<FailureCause>,
    },
    /// A secret that a new stack needs was not given.
    #[error("stack `{stack}` needs the secret `{name}`, but it was not given")]
    SecretMissing {
        /// The stack.
        stack: String,
        /// Name of the environment variable.
        name: &'static str,
        /// Where a person finds it.
        origin: String,
    },
    /// The artifact bucket's name belongs to another account.
    #[error("bucket `{bucket}` belongs to another account")]
    BucketTaken {
        /// Name of the bucket.
        bucket: String,
    },
    /// Someone deployed what is being destroyed.
    #[error("{what} was deployed by someone else during this destroy; the new stack was not touched")]
    DeployedAgain {
        /// What exists now.
        what: String,
    },
    /// The stack is not deployed.
    #[error("stack `{stack}` is not deployed on stage `{stage}`{}", standing.as_ref().map(|standing| format!(": it {standing}")).unwrap_or_default())]
    NotDeployed {
        /// The stack.
        stack: String,
        /// The stage.
        stage: String,
        /// The status with what it means, if there is anything of the stack.
        standing: Option<String>,
        /// The next step.
        hint: String,
    },
    /// A variable of the environment has a value that cannot be used.
    #[error("{what}")]
    Setting {
        /// The variable and its value.
        what: String,
        /// What it may be.
        hint: String,
    },
    /// What the stage file names does not exist in a SaaS.
    #[error("{what}")]
    Lookup {
        /// Where it is named, and what was found.
        what: String,
        /// What there is.
        hint: String,
    },
    /// A SaaS cannot be asked, or refuses.
    #[error("{what}")]
    Saas {
        /// What it answered.
        what: String,
        /// The next step.
        hint: String,
    },
    /// A test event cannot be used, or its effect did not come.
    #[error("{what}")]
    Test {
        /// What failed.
        what: String,
        /// The next step.
        hint: String,
    },
    /// This machine lacks something that a command needs: random numbers, certificates.
    #[error("{what}")]
    Machine {
        /// What is missing.
        what: String,
        /// The next step.
        hint: String,
    },
    /// The local stage does not work.
    #[error("{what}")]
    Local {
        /// What failed.
        what: String,
        /// The next step.
        hint: String,
    },
}

impl Error {
    /// Names the path in an error of the file system.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Names the stack in an error of a single call, and says what state it leaves the stack in.
    ///
    /// Several stacks are worked on at the same time, and an error of a service does not say for which.
    pub(crate) fn of_stack(self, stack: &str, state: Option<&'static str>) -> Self {
        match self {
            Self::Aws { .. }
            | Self::Clock { .. }
            | Self::NotAws { .. }
            | Self::Unreachable { .. }
            | Self::Credentials { .. } => Self::OfStack { stack: stack.to_owned(), state, source: Box::new(self) },
            other => other,
        }
    }

    /// The service's code, if a service answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Aws { code, .. } => Some(code),
            Self::OfStack { source, .. } => source.code(),
            _ => None,
        }
    }
}
