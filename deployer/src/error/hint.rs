//! The next step after each error.

use super::Error;
use super::aws::{bare, is_failure_of_service, is_throttle};
use crate::disk::DiskTrouble;
use std::path::Path;

/// What a hint ends with when the same command is the next step.
const AGAIN: &str = "run the command again";

impl Error {
    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { source, path, .. } => file_hint(source, path),
            Self::Program { hint, .. }
            | Self::Local { hint, .. }
            | Self::Machine { hint, .. }
            | Self::Test { hint, .. }
            | Self::Lookup { hint, .. }
            | Self::Saas { hint, .. }
            | Self::Setting { hint, .. }
            | Self::NotDeployed { hint, .. } => Some(hint.clone()).filter(|hint| !hint.is_empty()),
            Self::Compilation { output } => Some(compilation_hint(output)),
            Self::Binary { .. } => Some("link with zig: deploy with `--release`".into()),
            Self::Aws { operation, code, .. } => aws_hint(operation, code),
            Self::Clock { .. } => {
                Some(format!("set this machine's clock (for example: `timedatectl set-ntp true`), then {AGAIN}"))
            }
            Self::NotAws { .. } => Some(
                "something between this machine and AWS answers instead of AWS: check HTTPS_PROXY, AWS_ENDPOINT_URL, and whether the network requires a sign-in in a browser".into(),
            ),
            Self::Unreachable { reason, .. } => Some(unreachable_hint(reason)),
            Self::Credentials { .. } => Some(
                "sign in (`aws login`, `aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or use the local stage, which needs no account".into(),
            ),
            Self::Profile { profile, .. } => Some(format!(
                "sign in with `aws sso login --profile {profile}` or `aws login --profile {profile}`, or name a profile that `aws configure list-profiles` prints"
            )),
            Self::MfaCode { profile, .. } => Some(format!(
                "run the command on a terminal, or use a profile that needs no code, such as one with `credential_process = aws configure export-credentials --profile {profile}` or one of `aws sso login`"
            )),
            Self::OtherAccount { .. } => {
                Some("sign in to the stage's account, or give the stage file the `profile` that does".into())
            }
            Self::OfStack { source, state, .. } => match state {
                Some(_) => Some(and_again(source.hint(), AGAIN)),
                None => source.hint(),
            },
            Self::Stack(failure) => Some(failure.hint.clone()).filter(|hint| !hint.is_empty()),
            Self::ChangeSet { .. } => Some("fix the definition, then deploy again".into()),
            Self::SecretMissing { name, origin, .. } => Some(format!(
                "set {name}, or {name}_FILE to the path of a file that holds it ({origin})"
            )),
            Self::BucketTaken { .. } => Some("bucket names are shared by all accounts; choose another stage name".into()),
            Self::DeployedAgain { .. } => Some("to destroy the new stack as well, run the command again".into()),
        }
    }
}

/// A hint followed by another step, which is not repeated.
pub(crate) fn and_again(hint: Option<String>, again: &str) -> String {
    match hint {
        None => again.to_owned(),
        Some(hint) if hint.ends_with(AGAIN) => format!("{}{again}", hint.strip_suffix(AGAIN).unwrap_or_default()),
        Some(hint) if hint.contains(AGAIN) => hint,
        Some(hint) => format!("{hint}; then {again}"),
    }
}

fn file_hint(source: &std::io::Error, path: &Path) -> Option<String> {
    if let Some(trouble) = DiskTrouble::of_error(source.kind()) {
        return Some(trouble.hint(path));
    }
    (source.kind() == std::io::ErrorKind::PermissionDenied).then(|| "check who owns the file".into())
}

/// A full disk is among cargo's other errors.
fn compilation_hint(output: &str) -> String {
    match DiskTrouble::of_words(output) {
        Some(trouble) => trouble.hint(Path::new("target")),
        None => format!("fix the errors above, then {AGAIN}"),
    }
}

fn unreachable_hint(reason: &str) -> String {
    // The words of rustls when a proxy inspects TLS with a certificate of its own.
    if reason.contains("invalid peer certificate") {
        return format!(
            "if your network inspects TLS with its own certificate, set AWS_CA_BUNDLE to the file with that certificate, then {AGAIN}"
        );
    }
    match reason.contains(" within ") {
        true => format!(
            "check the network, then {AGAIN}; on a slow one, TSUGITE_CALL_TIMEOUT gives each attempt more seconds"
        ),
        false => "check the network, HTTPS_PROXY if you need a proxy, and the `region` of the stage file: an unknown region has no address".into(),
    }
}

fn aws_hint(operation: &str, code: &str) -> Option<String> {
    if is_throttle(code) {
        return Some(format!("AWS throttles the account's calls; wait a minute, then {AGAIN}"));
    }
    if is_failure_of_service(code) {
        return Some(format!(
            "the service failed, which is usually temporary; in a minute, {AGAIN} (health.aws.amazon.com lists outages)"
        ));
    }
    if let Some(hint) = key_hint(operation, bare(code)) {
        return Some(hint);
    }
    let hint = match bare(code) {
        "ExpiredToken" => format!("the session has expired; sign in again (`aws sso login` or `aws login`), then {AGAIN}"),
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "InvalidAccessKeyId"
        | "AuthFailure" => "AWS does not know these credentials; check AWS_PROFILE and the key".into(),
        "AccessDenied" | "UnauthorizedOperation" | "AuthorizationError" => {
            format!("ask an administrator of the account to allow `{operation}` for you")
        }
        "OptInRequired" | "InvalidRegion" | "IllegalLocationConstraint" => {
            "check the `region` of the stage file, and that your account may use it".into()
        }
        "ChangeSetNotFound" | "NoSuchBucket" => {
            "someone else is changing this stage; run the command again when they have finished".into()
        }
        "PermanentRedirect" => {
            "a resource of this stage is in another region; set `region` in the stage file to that region, destroy, then move".into()
        }
        "OperationAborted" => {
            "S3 has not released the bucket's name yet, which can take hours after a deletion; wait, or choose another stage name".into()
        }
        _ => return None,
    };
    Some(hint)
}

/// The next step where a KMS key is the reason. Every service has its own spelling of these codes.
///
/// Sources: API references of SNS, SQS, Lambda, S3, Step Functions and Secrets Manager, "Errors".
fn key_hint(operation: &str, code: &str) -> Option<String> {
    let code = code.to_ascii_lowercase().replace('.', "");
    let hint = match code.strip_prefix("kms").map(|rest| rest.strip_prefix("kms").unwrap_or(rest)) {
        Some("accessdenied") => format!(
            "`{operation}` needs a KMS key: ask an administrator of the account to allow `kms:Decrypt` and `kms:GenerateDataKey` for you, in the key's policy as well"
        ),
        Some("disabled") => format!("a KMS key is disabled; enable it in the KMS console, then {AGAIN}"),
        Some("invalidstate") => format!(
            "a KMS key is disabled or pending deletion; enable it, or cancel the deletion in the KMS console, then {AGAIN}"
        ),
        Some("notfound") => {
            "a KMS key was deleted, so what it encrypted is lost; destroy the stack, then deploy it".into()
        }
        Some("optinrequired") => "the account may not use KMS yet; finish its registration".into(),
        _ if matches!(code.as_str(), "decryptionfailure" | "encryptionfailure") => format!(
            "Secrets Manager cannot use the secret's KMS key; check the key's state and policy in the KMS console, then {AGAIN}"
        ),
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
            ("ChangeSetNotFound", "someone else is changing"),
            ("PermanentRedirect", "another region"),
            ("AccessDenied", "`s3:PutObject`"),
            ("ThrottlingException", "wait"),
            ("IllegalLocationConstraintException", "region"),
            ("InternalServiceErrorException", "the service failed"),
            ("ServiceUnavailable", "the service failed"),
            ("KmsAccessDeniedException", "in the key's policy"),
            ("KMSAccessDeniedException", "in the key's policy"),
            ("KmsAccessDenied", "in the key's policy"),
            ("KmsInvalidStateException", "cancel the deletion"),
            ("KMSInvalidState", "cancel the deletion"),
            ("KMS.KMSInvalidStateException", "cancel the deletion"),
            ("KMSDisabled", "is disabled"),
            ("KMS.DisabledException", "is disabled"),
            ("KmsThrottlingException", "throttles"),
            ("KMSNotFoundException", "was deleted"),
            ("DecryptionFailure", "the key's state"),
        ] {
            assert!(aws(code).hint().unwrap().contains(words), "{code}: {:?}", aws(code).hint());
        }
        assert_eq!(aws("Unheard").hint(), None);
    }

    #[test]
    fn a_network_that_signs_connections_again_has_a_way_out() {
        let reason = "no answer: invalid peer certificate: UnknownIssuer".to_owned();
        let error = Error::Unreachable { operation: "sts:GetCallerIdentity", reason };
        assert!(error.hint().unwrap().contains("AWS_CA_BUNDLE"));
    }

    #[test]
    fn a_full_disk_is_called_by_its_name() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::file("write", Path::new("a/b"))(full);
        assert!(error.to_string().contains("`a/b`"), "{error}");
        assert!(error.hint().unwrap().contains("the disk is full"));
    }

    #[test]
    fn a_disk_that_takes_nothing_is_said_wherever_it_is_met() {
        let read_only = Error::file("make", Path::new("a/b"))(std::io::ErrorKind::ReadOnlyFilesystem.into());
        assert!(read_only.hint().unwrap().contains("mounted read-only"));
        let output = "error: could not write: No space left on device (os error 28)".to_owned();
        assert!(Error::Compilation { output }.hint().unwrap().contains("the disk is full"));
    }

    #[test]
    fn no_hint_says_the_same_step_twice() {
        let again = "run the command again to follow it until it finishes";
        for (hint, expected) in [
            (None, "run the command again to follow it until it finishes"),
            (aws("ExpiredToken").hint(), "then run the command again to follow it until it finishes"),
            (aws("AccessDenied").hint(), "for you; then run the command again to follow it until it finishes"),
            (aws("ChangeSetNotFound").hint(), "again when they have finished"),
            (aws("InternalFailure").hint(), "(health.aws.amazon.com lists outages)"),
        ] {
            let whole = and_again(hint, again);
            assert!(whole.ends_with(expected), "{whole}");
            assert_eq!(whole.matches("run the command again").count(), 1, "{whole}");
        }
    }

    #[test]
    fn an_error_of_one_of_several_stacks_names_it_and_what_state_it_is_in() {
        let error = aws("InternalServiceError").of_stack("a", Some("the stack is there"));
        assert_eq!(error.to_string(), "stack `a`: s3:PutObject failed: m (InternalServiceError)\n  the stack is there");
        assert_eq!(error.code(), Some("InternalServiceError"));
        assert!(error.is_transient());
        let denied = aws("AccessDenied").of_stack("a", None);
        assert_eq!(denied.hint().unwrap(), "ask an administrator of the account to allow `s3:PutObject` for you");
    }
}
