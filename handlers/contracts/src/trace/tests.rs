//! What is written to a log is what is read from it, and no more than that is taken for it.

use super::*;
use crate::WebhookToken;
use serde_json::{Value, json};

fn line(trace: Option<Trace>) -> Line {
    Line {
        at_ms: 7,
        level: trace.as_ref().map_or(Level::Info, Trace::level),
        message: trace.as_ref().map_or("text", Trace::message).into(),
        request_id: Some("r".into()),
        event: EventId { message_id: Some("m".into()), published_id: None },
        trace,
    }
}

fn causes() -> Vec<Cause> {
    vec![
        Cause::AccessDenied { action: "s3:PutObject".into() },
        Cause::secret_missing::<WebhookToken>(),
        Cause::secret_refused::<WebhookToken>(),
        Cause::not_allowed("step"),
        Cause::content_refused("SaaS"),
        Cause::Missing { from: "SaaS".into() },
        Cause::rate_limited("SaaS"),
        Cause::unreachable("SaaS"),
        Cause::Other,
    ]
}

fn traces() -> Vec<Trace> {
    let text = || String::from("words: done failed ignored");
    let made = [None, Some(Made::Object("a/b".into())), Some(Made::Issue("A-1".into())), Some(Made::Item("i".into()))];
    let made = made.into_iter().chain([Some(Made::Message)]);
    let mut all = vec![
        Trace::Queued { status: 200 },
        Trace::Answered { status: 200 },
        Trace::Rejected { status: 401, reason: text() },
        Trace::Received { delivery: 1 },
        Trace::Ignored { status: None, reason: text() },
        Trace::Ignored { status: Some(200), reason: text() },
    ];
    for made in made {
        all.push(Trace::Done { result: text(), made: made.clone() });
        all.push(Trace::DoneForNow { result: text(), made: made.clone(), after_seconds: 10 });
        all.push(Trace::Repeated { result: text(), made });
    }
    for cause in causes() {
        all.push(Trace::Failed { status: 500, reason: text(), cause: cause.clone() });
        all.push(Trace::NothingDone { reason: text(), cause: cause.clone() });
        all.push(Trace::Retrying { delivery: 1, reason: text(), cause: cause.clone(), after_seconds: 9 });
        all.push(Trace::GivenUp { delivery: 1, reason: text(), cause });
    }
    all
}

#[test]
fn every_line_is_read_as_it_was_written() {
    for trace in traces().into_iter().map(Some).chain([None]) {
        let written = line(trace);
        let text = serde_json::to_string(&written).unwrap();
        assert_eq!(Line::read(&text), Some(written), "{text}");
    }
}

#[test]
fn a_line_shows_its_values_beside_the_words() {
    let cause = Cause::rate_limited("Slack");
    let text = serde_json::to_value(line(Some(Trace::Retrying {
        delivery: 2,
        reason: "Slack's rate limit is reached".into(),
        cause,
        after_seconds: 30,
    })));
    let expected = json!({
        "at_ms": 7, "level": "warn", "message": "failed: will be retried", "request_id": "r", "message_id": "m",
        "trace": "retrying", "delivery": 2, "reason": "Slack's rate limit is reached", "after_seconds": 30,
        "cause": {"kind": "rate_limited", "by": "Slack"},
    });
    assert_eq!(text.unwrap(), expected);
    let done = Trace::Done { result: "created A-1".into(), made: Some(Made::Issue("A-1".into())) };
    assert_eq!(serde_json::to_value(done).unwrap()["made"], json!({"issue": "A-1"}));
    assert_eq!(serde_json::to_value(Made::Message).unwrap(), json!("message"));
}

#[test]
fn what_a_later_version_writes_is_read_as_far_as_it_is_known() {
    let written = |trace: Value| {
        let mut line = json!({"at_ms": 1, "level": "info", "message": "m"});
        line.as_object_mut().unwrap().extend(trace.as_object().unwrap().clone());
        Line::read(&line.to_string()).unwrap().trace
    };
    let cause = json!({"kind": "of_a_later_version", "by": "SaaS"});
    let trace = json!({"trace": "given_up", "delivery": 1, "reason": "r", "cause": cause, "more": [1]});
    let expected = Trace::GivenUp { delivery: 1, reason: "r".into(), cause: Cause::Other };
    assert_eq!(written(trace), Some(expected));
    assert_eq!(written(json!({"trace": "of_a_later_version"})), None);
    // Words alone are no trace.
    assert_eq!(written(json!({"reason": "done"})), None);
}

#[test]
fn what_lambda_and_libraries_write_is_no_line() {
    for text in
        ["START RequestId: r Version: 1", "", "{}", r#"{"message": "done"}"#, r#"{"at_ms": 1, "level": "fine"}"#]
    {
        assert_eq!(Line::read(text), None, "{text}");
    }
}

#[test]
fn only_a_refusal_for_want_of_a_permission_is_one() {
    let denied = Cause::AccessDenied { action: "sns:Publish".into() };
    for code in ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"] {
        assert_eq!(Cause::of_aws("sns:Publish", code), denied, "{code}");
    }
    for code in ["KMSAccessDeniedException", "Throttling", "ResourceNotFoundException", ""] {
        assert_eq!(Cause::of_aws("sns:Publish", code), Cause::Other, "{code}");
    }
}
