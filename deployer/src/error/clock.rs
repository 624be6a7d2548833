//! Whether a service refuses a request because of the time at which it was signed.

use super::Error;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::time::{Duration, SystemTime};

/// A difference below this is none: the request was held up on its way.
const TELLING: Duration = Duration::from_secs(60);

/// The error of a wrong clock; `None` if the service refuses something else.
///
/// `date` is the header of the answer. Sources: S3 API reference, "Error responses" (RequestTimeTooSkewed);
/// CloudFormation API reference, "Common Errors" (RequestExpired: more than 15 minutes after the date stamp);
/// IAM user guide, "Troubleshoot Signature Version 4 for AWS API requests" (Signature expired, not yet current).
pub(super) fn of(
    operation: &'static str,
    code: &str,
    message: &str,
    date: Option<&str>,
    now: SystemTime,
) -> Option<Error> {
    let speaks_of_time = message.contains("Signature expired") || message.contains("not yet current");
    let is_clock = match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => true,
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "AuthFailure" => speaks_of_time,
        _ => false,
    };
    is_clock.then(|| Error::Clock {
        operation,
        difference: date.and_then(|date| difference(date, now)),
        message: format!("{code}: {message}"),
    })
}

/// How far this machine's clock is from the one that wrote the header.
fn difference(date: &str, now: SystemTime) -> Option<String> {
    let theirs = SystemTime::try_from(DateTime::from_str(date, Format::HttpDate).ok()?).ok()?;
    let (difference, direction) = match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    (difference >= TELLING).then(|| format!("{} {direction} AWS's", in_words(difference)))
}

fn in_words(difference: Duration) -> String {
    let minutes = difference.as_secs() / 60;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes:02} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Fri, 27 Nov 2026 13:30:00 GMT";

    fn check(code: &str, message: &str, seconds_ahead: i64, expected: Option<&str>) {
        let theirs = SystemTime::try_from(DateTime::from_str(DATE, Format::HttpDate).unwrap()).unwrap();
        let apart = Duration::from_secs(seconds_ahead.unsigned_abs());
        let now = if seconds_ahead < 0 { theirs - apart } else { theirs + apart };
        let found = of("sts:GetCallerIdentity", code, message, Some(DATE), now);
        match (found, expected) {
            (Some(error), Some(words)) => {
                assert!(error.to_string().contains(words), "{error}");
                assert!(error.hint().unwrap().contains("set this machine's clock"), "{error}");
            }
            (None, None) => {}
            (found, expected) => panic!("{code}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_wrong_clock_is_told_from_a_wrong_key() {
        let expired =
            "Signature expired: 20261127T113000Z is now earlier than 20261127T132500Z (20261127T133000Z - 5 min.)";
        let early = "Signature not yet current: 20261127T153000Z is still later than 20261127T133500Z";
        check("SignatureDoesNotMatch", expired, -7200, Some("2 h 00 min behind AWS's"));
        check("InvalidSignatureException", early, 7265, Some("2 h 01 min ahead of AWS's"));
        check("RequestTimeTooSkewed", "too large", 1200, Some("20 min ahead of AWS's"));
        check("RequestExpired", "Request has expired", -200_000, Some("2 d 7 h behind AWS's"));
        // A request that was held up.
        check("RequestExpired", "Request has expired", 2, Some("clock is not AWS's"));
        let wrong = "The request signature we calculated does not match the signature you provided.";
        check("SignatureDoesNotMatch", wrong, -7200, None);
        check("ExpiredToken", "The security token included in the request is expired", -7200, None);
    }
}
