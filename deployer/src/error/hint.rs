//! The next step after each error.

use super::Error;
use std::path::Path;

impl Error {
    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { source, path, .. } => file_hint(source, path),
            Self::Program { hint, .. } | Self::Local { hint, .. } | Self::Test { hint, .. } | Self::Lookup { hint, .. } | Self::Backlog { hint, .. } => Some(hint.clone()),
            Self::Compilation { .. } => Some("mend what cargo reports above, then type the same command again".into()),
            Self::Binary { .. } => Some("link with zig: deploy with `--release`".into()),
            Self::Aws { operation, code, .. } => aws_hint(operation, code),
            Self::Unreachable { .. } => Some(
                "check the network, HTTPS_PROXY if one is needed, and the `region` of the stage file: a region that does not exist has no address".into(),
            ),
            Self::Credentials { .. } => Some(
                "sign in (`aws login`, `aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or use the local stage, which needs no account".into(),
            ),
            Self::Profile { profile, .. } => Some(format!(
                "sign in with `aws sso login --profile {profile}` or `aws login --profile {profile}`, or name one of those that `aws configure list-profiles` prints"
            )),
            Self::OtherAccount { .. } => {
                Some("sign in to the stage's account, or give the stage file the `profile` that does".into())
            }
            Self::Stack(failure) => Some(failure.hint.clone()),
            Self::ChangeSet { .. } => Some("fix the definition, then deploy again".into()),
            Self::SecretMissing { name, origin, .. } => Some(format!(
                "set {name}, or {name}_FILE to the path of a file that holds it ({origin})"
            )),
            Self::BucketTaken { .. } => Some("bucket names are shared by all accounts; choose another stage name".into()),
            Self::DeployedAgain { .. } => Some("to remove it as well, run the same command again".into()),
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
            "the session has expired; sign in again (`aws sso login` or `aws login`), then type the same command again".into()
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
        "OperationAborted" => {
            "S3 has not let go of the bucket's name yet, which takes up to some hours after it was removed; wait, or choose another stage name".into()
        }
        "RequestTimeTooSkewed" => "set this machine's clock".into(),
        _ => return None,
    };
    Some(hint)
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
}
