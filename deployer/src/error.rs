//! Everything that can go wrong, each with what was found and what to do next.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
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
    /// An AWS service could not be reached, or gave no answer that can be read.
    #[error("{operation} got no answer: {reason}")]
    Unreachable {
        /// IAM name of the action.
        operation: &'static str,
        /// What happened on the way.
        reason: String,
    },
    /// There are no credentials, or they cannot be read.
    #[error("there are no usable AWS credentials: {reason}")]
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
    /// A stack operation failed.
    #[error("{0}")]
    Stack(StackFailure),
    /// A change set failed, so nothing was changed.
    #[error("stack `{stack}`: CloudFormation refuses the change\n  {}", reasons.join("\n  "))]
    ChangeSet {
        /// The stack.
        stack: String,
        /// Its reasons.
        reasons: Vec<String>,
    },
    /// A secret that a new stack needs was not given.
    #[error("stack `{stack}` needs the secret `{name}`, and it was not given")]
    SecretMissing {
        /// The stack.
        stack: String,
        /// Name of the environment variable.
        name: &'static str,
        /// Where a person finds it.
        origin: &'static str,
    },
    /// The artifact bucket's name belongs to somebody else.
    #[error("bucket `{bucket}` belongs to another account")]
    BucketTaken {
        /// Name of the bucket.
        bucket: String,
    },
    /// The stack is not deployed.
    #[error("stack `{stack}` is not deployed on stage `{stage}`")]
    NotDeployed {
        /// The stack.
        stack: String,
        /// The stage.
        stage: String,
    },
    /// What the stage file names is not in Backlog.
    #[error("{what}")]
    Lookup {
        /// Where it is named, and what was found.
        what: String,
        /// What there is.
        hint: String,
    },
    /// Backlog cannot be asked.
    #[error("{what}")]
    Backlog {
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
    /// The local stage does not work.
    #[error("{what}")]
    Local {
        /// What failed.
        what: String,
        /// The next step.
        hint: String,
    },
}

/// A stack operation that failed, the first cause first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stack `{stack}` {outcome}\n{}", causes.join("\n"))]
pub struct StackFailure {
    /// The stack.
    pub stack: String,
    /// What became of it.
    pub outcome: String,
    /// Resource, reason and definition of each failure; the first one caused the others.
    pub causes: Vec<String>,
    /// The next step.
    pub hint: String,
}

impl Error {
    /// Names the path in an error of the file system.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Reads an error of the SDK; `operation` is the IAM name of the action.
    pub fn aws<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        move |error| {
            if let (Some(code), message) = (error.code(), error.message()) {
                return Self::Aws {
                    operation,
                    code: code.to_owned(),
                    message: message.unwrap_or("no reason given").to_owned(),
                };
            }
            let reason = DisplayErrorContext(&error).to_string();
            let reason = reason.split(" (").next().unwrap_or_default().to_owned();
            let detail = innermost(&error);
            let is_credentials = ["credential", "profile", "SSO", "sso"]
                .iter()
                .any(|word| reason.contains(word) || detail.contains(word));
            match is_credentials {
                true => Self::Credentials { reason: detail },
                false => Self::Unreachable { operation, reason: detail },
            }
        }
    }

    /// The service's code, if a service answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Aws { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { source, path, .. } => file_hint(source, path),
            Self::Program { hint, .. } | Self::Local { hint, .. } | Self::Test { hint, .. } | Self::Lookup { hint, .. } | Self::Backlog { hint, .. } => Some(hint.clone()),
            Self::Compilation { .. } => Some("mend what cargo reports above, then type the same command again".into()),
            Self::Binary { .. } => Some("link with zig: deploy with `--release`".into()),
            Self::Aws { operation, code, .. } => aws_hint(operation, code),
            Self::Unreachable { .. } => Some(
                "check the network, and the `region` of the stage file: a region that does not exist has no address".into(),
            ),
            Self::Credentials { .. } => Some(
                "sign in (`aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or use the local stage, which needs no account".into(),
            ),
            Self::Profile { profile, .. } => Some(format!(
                "sign in with `aws sso login --profile {profile}`, or name one of those that `aws configure list-profiles` prints"
            )),
            Self::Stack(failure) => Some(failure.hint.clone()),
            Self::ChangeSet { .. } => Some("nothing was changed; mend the definition, then deploy again".into()),
            Self::SecretMissing { name, origin, .. } => Some(format!(
                "set {name}, or {name}_FILE to the path of a file that holds it ({origin})"
            )),
            Self::BucketTaken { .. } => Some("bucket names are shared by all accounts; choose another stage name".into()),
            Self::NotDeployed { stack, stage } => Some(format!("deploy it with: cargo xtask deploy {stack} --stage {stage}")),
        }
    }
}

fn file_hint(source: &std::io::Error, path: &Path) -> Option<String> {
    match source.kind() {
        std::io::ErrorKind::StorageFull => Some(format!(
            "the disk is full; make room where `{}` lies, then type the same command again",
            path.display()
        )),
        std::io::ErrorKind::PermissionDenied => Some("check who owns the file".into()),
        _ => None,
    }
}

fn aws_hint(operation: &str, code: &str) -> Option<String> {
    let hint = match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the session has expired; sign in again (`aws sso login`), then type the same command again".into()
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "AuthFailure" => "AWS does not know these credentials; check AWS_PROFILE and the key".into(),
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            format!("ask whoever runs the account to allow `{operation}` for you")
        }
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" | "SlowDown" => {
            "AWS asks for patience; wait a minute, then type the same command again".into()
        }
        "OptInRequired" | "InvalidRegion" | "IllegalLocationConstraintException" => {
            "check the `region` of the stage file, and that your account may use it".into()
        }
        "ChangeSetNotFound" | "NoSuchBucket" => {
            "somebody else changes this stage at the same time; type the same command again when they are done".into()
        }
        "PermanentRedirect" => {
            "something of this stage is in another region; give the stage file that `region`, destroy, then move".into()
        }
        "RequestTimeTooSkewed" => "set this machine's clock".into(),
        _ => return None,
    };
    Some(hint)
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(code: &str) -> Error {
        Error::Aws { operation: "s3:PutObject", code: code.into(), message: "m".into() }
    }

    #[test]
    fn the_next_step_follows_from_the_service_s_code() {
        for (code, words) in [
            ("ExpiredTokenException", "sign in again"),
            ("InvalidClientTokenId", "AWS_PROFILE"),
            ("ChangeSetNotFound", "at the same time"),
            ("PermanentRedirect", "another region"),
            ("AccessDenied", "`s3:PutObject`"),
            ("ThrottlingException", "wait"),
            ("IllegalLocationConstraintException", "region"),
        ] {
            assert!(aws(code).hint().unwrap().contains(words), "{code}");
        }
        assert_eq!(aws("Unheard").hint(), None);
    }

    #[test]
    fn a_full_disk_is_called_by_its_name() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::file("write", Path::new("a/b"))(full);
        assert!(error.to_string().contains("`a/b`"), "{error}");
        assert!(error.hint().unwrap().contains("the disk is full"));
    }

    #[test]
    fn a_failed_stack_tells_its_first_cause_first() {
        let failure = Error::Stack(StackFailure {
            stack: "a".into(),
            outcome: "was rolled back".into(),
            causes: vec!["  One: why".into(), "  Two: because of one".into()],
            hint: "h".into(),
        });
        assert_eq!(failure.to_string(), "stack `a` was rolled back\n  One: why\n  Two: because of one");
    }
}
