//! Reading what the AWS SDK reports.

use super::Error;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

impl Error {
    /// Reads an error of the SDK; `operation` is the IAM name of the action.
    pub fn aws<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        move |error| {
            if let (Some(code), message) = (error.code(), error.message()) {
                return Self::Aws {
                    operation,
                    code: code.to_owned(),
                    message: message.unwrap_or("no reason given").to_owned(),
                };
            }
            // An answer without a body, as to HEAD, has no code but the status.
            let bare = error.raw_response().filter(|answer| answer.body().bytes().is_some_and(<[u8]>::is_empty));
            if let Some((code, message)) = bare.and_then(|answer| of_status(answer.status().as_u16())) {
                return Self::Aws { operation, code: code.to_owned(), message: message.to_owned() };
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

    /// Whether CloudFormation does not know the stack; it has no code of its own for that.
    pub(crate) fn is_of_missing_stack(&self) -> bool {
        matches!(self, Self::Aws { code, message, .. } if code == "ValidationError" && message.contains("does not exist"))
    }

    /// Whether the same may go well a moment later: the service was not reached, was busy, or wants us slower.
    pub(crate) fn is_transient(&self) -> bool {
        const CODES: [&str; 10] = [
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "RequestLimitExceeded",
            "RequestTimeout",
            "ServiceUnavailable",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ];
        matches!(self, Self::Unreachable { .. }) || self.code().is_some_and(|code| CODES.contains(&code))
    }
}

/// Code and message of an answer that says nothing but its status.
fn of_status(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        301 => Some(("PermanentRedirect", "it is in another region")),
        // Source: Amazon S3 API reference, HeadObject: errors have no body; an expired token is one of them.
        400 => Some(("ExpiredToken", "the request is refused without a reason; the session may have expired")),
        403 => Some(("AccessDenied", "no reason given")),
        404 => Some(("NotFound", "it is not there")),
        500.. => Some(("ServiceUnavailable", "no reason given")),
        _ => None,
    }
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

    /// An answer of S3 to HEAD, which has no body.
    fn of_head(status: u16) -> Error {
        use aws_smithy_runtime_api::http::{Response, StatusCode};
        use aws_smithy_types::body::SdkBody;
        let answer = Response::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        let unhandled = aws_sdk_s3::operation::head_object::HeadObjectError::unhandled("no body");
        Error::aws("s3:GetObject")(SdkError::service_error(unhandled, answer))
    }

    #[test]
    fn an_answer_without_a_body_is_told_by_its_status() {
        for (status, code, hint) in [
            (403, "AccessDenied", "allow `s3:GetObject`"),
            (301, "PermanentRedirect", "another region"),
            (400, "ExpiredToken", "sign in again"),
        ] {
            let error = of_head(status);
            assert_eq!(error.code(), Some(code));
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
        assert!(of_head(503).is_transient());
        assert!(!of_head(403).is_transient());
    }
}
