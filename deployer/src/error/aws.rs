//! Reading what the AWS SDK reports.

use super::{Error, clock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::time::SystemTime;

impl Error {
    /// Reads an error of the SDK; `operation` is the IAM name of the action.
    pub fn aws<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        move |error| {
            if let Some(code) = error.code() {
                let message = error.message().unwrap_or("no reason given");
                let date = error.raw_response().and_then(|answer| answer.headers().get("date"));
                let clock = clock::of(operation, code, message, date, SystemTime::now());
                return clock.unwrap_or_else(|| Self::Aws {
                    operation,
                    code: code.to_owned(),
                    message: message.to_owned(),
                });
            }
            if let Some(answer) = error.raw_response() {
                return of_answer(operation, answer);
            }
            let detail = innermost(&error);
            if matches!(error, SdkError::TimeoutError(_)) {
                // The SDK's message says which limit it was.
                let limit = detail.rsplit_once(" after ").map_or(detail.as_str(), |(_, limit)| limit);
                let reason = match detail.contains("all attempts") {
                    true => format!("no attempt succeeded within {limit}"),
                    false => format!("no answer came within {limit}"),
                };
                return Self::Unreachable { operation, reason };
            }
            let reason = DisplayErrorContext(&error).to_string();
            let reason = reason.split(" (").next().unwrap_or_default().to_owned();
            let is_credentials = ["credential", "profile", "SSO", "sso"]
                .iter()
                .any(|word| reason.contains(word) || detail.contains(word));
            match is_credentials {
                true => Self::Credentials { reason: detail },
                false => Self::Unreachable { operation, reason: format!("no answer: {detail}") },
            }
        }
    }

    /// Whether CloudFormation does not know the stack; it has no code of its own for that.
    pub(crate) fn is_of_missing_stack(&self) -> bool {
        matches!(self, Self::Aws { code, message, .. } if code == "ValidationError" && message.contains("does not exist"))
    }

    /// Whether the same may succeed a moment later: the service was not reached, failed or throttles.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            // A redirect leads to the same place each time; a broken answer may be whole the next time.
            Self::NotAws { status, .. } => !(300..400).contains(status),
            Self::OfStack { source, .. } => source.is_transient(),
            _ => self.code().is_some_and(|code| is_throttle(code) || is_failure_of_service(code)),
        }
    }
}

/// A code without the ending that some services give to all of theirs.
pub(crate) fn bare(code: &str) -> &str {
    code.strip_suffix("Exception").unwrap_or(code)
}

/// Whether a service takes the request, but not so many at once.
pub(super) fn is_throttle(code: &str) -> bool {
    matches!(
        bare(code),
        "Throttling"
            | "Throttled"
            | "TooManyRequests"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown"
            | "ProvisionedThroughputExceeded"
            | "KMSThrottling"
            | "KmsThrottling"
            | "KmsThrottled"
    )
}

/// Whether the fault is the service's own.
pub(super) fn is_failure_of_service(code: &str) -> bool {
    matches!(
        bare(code),
        "InternalError"
            | "InternalFailure"
            | "InternalServer"
            | "InternalServerError"
            | "InternalService"
            | "InternalServiceError"
            | "RequestTimeout"
            | "Service"
            | "ServiceUnavailable"
    )
}

/// What an answer is that has no code of a service.
fn of_answer(operation: &'static str, answer: &HttpResponse) -> Error {
    let status = answer.status().as_u16();
    // An answer without a body, as to HEAD, has no code but the status.
    let is_empty = answer.body().bytes().is_some_and(<[u8]>::is_empty);
    if let Some((code, message)) = of_status(status).filter(|_| is_empty) {
        return Error::Aws { operation, code: code.to_owned(), message: message.to_owned() };
    }
    let place = answer.headers().get("location").and_then(|place| place.split(['?', '#']).next());
    let answer = match place.filter(|_| (300..400).contains(&status)) {
        Some(place) => format!("{status}, a redirect to {place}"),
        None if (200..300).contains(&status) => format!("{status} with an unreadable body"),
        None => format!("{status} without a reason"),
    };
    Error::NotAws { operation, status, answer }
}

/// Code and message of an answer that says nothing but its status.
fn of_status(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        301 => Some(("PermanentRedirect", "it is in another region")),
        // Source: Amazon S3 API reference, HeadObject: errors have no body; an expired token is one of them.
        400 => Some(("ExpiredToken", "the request was refused without a reason; the session may have expired")),
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
    use aws_sdk_s3::operation::head_object::HeadObjectError;
    use aws_smithy_runtime_api::http::{Response, StatusCode};
    use aws_smithy_types::body::SdkBody;

    /// An answer of S3 to HEAD with this body, which S3 itself leaves empty.
    fn answered(status: u16, body: &str, location: Option<&str>) -> Error {
        let mut answer = Response::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        if let Some(location) = location {
            answer.headers_mut().insert("location", location.to_owned());
        }
        let unhandled = HeadObjectError::unhandled("no body");
        Error::aws("s3:GetObject")(SdkError::service_error(unhandled, answer))
    }

    #[test]
    fn an_answer_without_a_body_is_told_by_its_status() {
        for (status, code, hint) in [
            (403, "AccessDenied", "allow `s3:GetObject`"),
            (301, "PermanentRedirect", "another region"),
            (400, "ExpiredToken", "sign in again"),
        ] {
            let error = answered(status, "", None);
            assert_eq!(error.code(), Some(code));
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
        assert!(answered(503, "", None).is_transient());
        assert!(!answered(403, "", None).is_transient());
    }

    #[test]
    fn what_answers_in_the_place_of_aws_is_not_called_silence() {
        let page = "<html>sign in</html>";
        let redirect = answered(302, page, Some("https://login.example.com/start?token=canary"));
        let words =
            "s3:GetObject failed: the answer is not one of AWS's: 302, a redirect to https://login.example.com/start";
        assert_eq!(redirect.to_string(), words);
        assert!(!redirect.is_transient());
        let garbage = answered(200, "garbage", None);
        assert!(garbage.to_string().contains("200 with an unreadable body"), "{garbage}");
        let gateway = answered(502, page, None);
        assert!(gateway.to_string().contains("502 without a reason"), "{gateway}");
        for error in [garbage, gateway] {
            assert!(error.is_transient(), "{error}");
            assert!(error.hint().unwrap().contains("HTTPS_PROXY"), "{error}");
        }
    }

    #[test]
    fn a_limit_that_was_reached_is_said_in_seconds() {
        for (limit, words) in [
            ("operation attempt timeout (single attempt) occurred after 60s", "no answer came within 60s"),
            (
                "operation timeout (all attempts including retries) occurred after 300s",
                "no attempt succeeded within 300s",
            ),
        ] {
            let error = Error::aws("sts:GetCallerIdentity")(SdkError::<HeadObjectError, _>::timeout_error(limit));
            assert_eq!(error.to_string(), format!("sts:GetCallerIdentity failed: {words}"));
            assert!(error.is_transient() && error.hint().unwrap().contains("TSUGITE_CALL_TIMEOUT"), "{error}");
        }
    }

    #[test]
    fn codes_are_known_with_and_without_their_ending() {
        let aws =
            |code: &str| Error::Aws { operation: "kms:Decrypt", code: code.into(), message: "no reason given".into() };
        for code in [
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "KMSThrottlingException",
            "InternalServiceError",
            "InternalServiceErrorException",
            "ServiceUnavailable",
            "ServiceException",
        ] {
            assert!(aws(code).is_transient(), "{code}");
        }
        for code in ["AccessDenied", "LimitExceededException", "ValidationError"] {
            assert!(!aws(code).is_transient(), "{code}");
        }
    }
}
