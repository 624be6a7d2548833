//! Requests of API Gateway (proxy integration, event version 1) and their replies.

use crate::{Environment, Failure, log};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contracts::trace::{EventId, Trace};
use contracts::{Contract, Http, Open};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::SystemTime;

/// A request as it reached the function.
#[derive(Clone, Debug, Default)]
pub struct Request {
    path_parameters: HashMap<String, String>,
    headers: HashMap<String, String>,
    /// The body, decoded if API Gateway had encoded it.
    pub body: Vec<u8>,
    /// When it came: seconds since 1970.
    pub received_at: u64,
}

impl Request {
    /// A request for a test of a handler.
    pub fn new(path_parameters: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]) -> Self {
        let owned = |pairs: &[(&str, &str)], lower: bool| {
            let name = |name: &str| if lower { name.to_lowercase() } else { name.to_owned() };
            pairs.iter().map(|(key, value)| (name(key), (*value).to_owned())).collect()
        };
        Self {
            path_parameters: owned(path_parameters, false),
            headers: owned(headers, true),
            body: body.to_vec(),
            received_at: 0,
        }
    }

    /// A path parameter, written `{name}` in the stack.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// A header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// The answer to the sender; every reply is a small JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 200: the event was queued under this id.
    Accepted {
        /// Id of the message.
        message_id: String,
    },
    /// 200: the event was queued under this id, and a person gets a short number for it.
    Numbered {
        /// Id of the message.
        message_id: String,
        /// The short number.
        number: String,
    },
    /// 200: nothing was queued, because the event would have no effect.
    Ignored(&'static str),
    /// 200: nothing was queued, because the sender only checks the endpoint.
    Answered(Value),
    /// 400: the body is wrong.
    BadRequest(&'static str),
    /// 400: the body has the right form, but its content is not allowed.
    Refused {
        /// The code of the reason, which a page shows in its own language.
        code: &'static str,
        /// The same as a sentence.
        why: &'static str,
    },
    /// 401: the sender did not prove its identity.
    Unauthorized(&'static str),
    /// 413: the body is too large.
    TooLarge(&'static str),
    /// 415: the body is of another type.
    UnsupportedType(&'static str),
    /// 429: the request is valid, but a limit is reached.
    LimitReached {
        /// The code of the limit, which a page shows in its own language.
        code: &'static str,
        /// The same as a sentence.
        why: &'static str,
    },
}

impl Reply {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Accepted { .. } | Self::Numbered { .. } | Self::Ignored(_) | Self::Answered(_) => 200,
            Self::BadRequest(_) | Self::Refused { .. } => 400,
            Self::Unauthorized(_) => 401,
            Self::TooLarge(_) => 413,
            Self::UnsupportedType(_) => 415,
            Self::LimitReached { .. } => 429,
        }
    }

    /// The body; every error has a `code` for programs and a `message` for people.
    pub fn body(&self) -> Value {
        match self {
            Self::Accepted { message_id } => json!({"message": "queued", "id": message_id}),
            Self::Numbered { message_id, number } => json!({"message": "queued", "id": message_id, "number": number}),
            Self::Ignored(why) => json!({"message": format!("ignored: {why}")}),
            Self::Answered(answer) => answer.clone(),
            Self::BadRequest(why) => problem("bad_request", why),
            Self::Refused { code, why } | Self::LimitReached { code, why } => problem(code, why),
            Self::Unauthorized(why) => problem("unauthorized", why),
            Self::TooLarge(why) => problem("too_large", why),
            Self::UnsupportedType(why) => problem("unsupported_type", why),
        }
    }
}

fn problem(code: &str, why: &str) -> Value {
    json!({"code": code, "message": why})
}

/// The answer to a sender whose event could not be handled.
const FAILED: u16 = 500;

/// Runs a handler behind API Gateway until Lambda ends the process.
///
/// A failure is answered with 500 and logged; its reason stays in the log.
pub fn serve_http<K, L>(handle: impl AsyncFn(&K, Request) -> Result<Reply, Failure>) -> ExitCode
where
    K: Open<L>,
    K::Error: std::fmt::Display,
    K::Contract: Contract<Trigger = Http>,
    L: From<Environment>,
{
    super::run(async |links: K, _linker: L| {
        lambda_runtime::run(service_fn(async |event: LambdaEvent<ProxyEvent>| {
            log::begin_invocation(&event.context.request_id);
            let (status, body) = match read(event.payload) {
                Err(why) => (400, problem("bad_request", why)),
                Ok(request) => answer(handle(&links, request).await),
            };
            Ok::<_, lambda_runtime::Error>(json!({
                "statusCode": status,
                "headers": {"content-type": "application/json", "cache-control": "no-store"},
                "body": body.to_string(),
                "isBase64Encoded": false,
            }))
        }))
        .await
    })
}

/// The part of the proxy event that handlers need.
///
/// Source: API Gateway developer guide, Lambda proxy integrations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyEvent {
    #[serde(default)]
    path_parameters: Option<HashMap<String, String>>,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

fn read(event: ProxyEvent) -> Result<Request, &'static str> {
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        BASE64_STANDARD.decode(body).map_err(|_| "the body is not valid base64")?
    } else {
        body.into_bytes()
    };
    let headers = event.headers.unwrap_or_default();
    Ok(Request {
        path_parameters: event.path_parameters.unwrap_or_default(),
        headers: headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
        body,
        received_at: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
    })
}

fn answer(result: Result<Reply, Failure>) -> (u16, Value) {
    let (event, trace) = trace_of(&result);
    log::trace(event, trace);
    match result {
        Ok(reply) => (reply.status(), reply.body()),
        Err(_) => (FAILED, problem("failed", "the event could not be queued; send it again")),
    }
}

/// The trace of a reply, and the id of its message.
fn trace_of(result: &Result<Reply, Failure>) -> (EventId, Trace) {
    let reply = match result {
        Ok(reply) => reply,
        Err(failure) => {
            let (reason, cause) = (failure.reason().to_owned(), failure.cause().clone());
            return (EventId::default(), Trace::Failed { status: FAILED, reason, cause });
        }
    };
    let status = reply.status();
    let trace = match reply {
        Reply::Accepted { message_id } | Reply::Numbered { message_id, .. } => {
            let event = EventId { message_id: Some(message_id.clone()), published_id: None };
            return (event, Trace::Queued { status });
        }
        Reply::Ignored(why) => Trace::Ignored { status: Some(status), reason: (*why).to_owned() },
        Reply::Answered(_) => Trace::Answered { status },
        Reply::BadRequest(why)
        | Reply::Refused { why, .. }
        | Reply::Unauthorized(why)
        | Reply::TooLarge(why)
        | Reply::UnsupportedType(why)
        | Reply::LimitReached { why, .. } => Trace::Rejected { status, reason: (*why).to_owned() },
    };
    (EventId::default(), trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: Value) -> Result<Request, &'static str> {
        read(serde_json::from_value(event).unwrap())
    }

    #[test]
    fn reads_an_event_with_nulls() {
        let request = check(json!({"pathParameters": null, "headers": null, "body": null})).unwrap();
        assert!(request.body.is_empty());
    }

    #[test]
    fn decodes_base64_and_compares_header_names_in_lower_case() {
        let request = check(json!({
            "headers": {"Content-TYPE": "x"}, "body": "e30=", "isBase64Encoded": true,
        }))
        .unwrap();
        assert_eq!((request.body.as_slice(), request.header("content-type")), (&b"{}"[..], Some("x")));
        assert!(check(json!({"body": "%", "isBase64Encoded": true})).is_err());
    }

    #[test]
    fn a_failure_does_not_tell_the_sender_its_reason() {
        let (status, body) = answer(Err(Failure::retry("canary")));
        assert_eq!((status, &body["code"]), (500, &json!("failed")));
        assert!(!body.to_string().contains("canary"));
    }

    #[test]
    fn each_answer_is_logged_as_what_it_is() {
        let check = |result: Result<Reply, Failure>, id: Option<&str>, expected: Trace| {
            let (event, trace) = trace_of(&result);
            assert_eq!((event.message_id.as_deref(), trace), (id, expected));
            assert_eq!(event.published_id, None);
        };
        let numbered = Reply::Numbered { message_id: "m".into(), number: "7".into() };
        check(Ok(numbered), Some("m"), Trace::Queued { status: 200 });
        check(Ok(Reply::Accepted { message_id: "m".into() }), Some("m"), Trace::Queued { status: 200 });
        let ignored = Trace::Ignored { status: Some(200), reason: "why".into() };
        check(Ok(Reply::Ignored("why")), None, ignored);
        check(Ok(Reply::Answered(json!({}))), None, Trace::Answered { status: 200 });
        let rejected = Trace::Rejected { status: 429, reason: "why".into() };
        check(Ok(Reply::LimitReached { code: "limit", why: "why" }), None, rejected);
        let cause = contracts::trace::Cause::AccessDenied { action: "sqs:SendMessage".into() };
        let failed = Trace::Failed { status: 500, reason: "why".into(), cause: cause.clone() };
        check(Err(Failure::retry("why").because(cause)), None, failed);
    }

    #[test]
    fn a_refusal_carries_a_word_for_a_page_and_a_sentence() {
        let (status, body) = answer(Ok(Reply::Refused { code: "blank", why: "no text" }));
        assert_eq!((status, body), (400, json!({"code": "blank", "message": "no text"})));
        let (status, body) = answer(Ok(Reply::Answered(json!({"challenge": "x"}))));
        assert_eq!((status, body), (200, json!({"challenge": "x"})));
        let (status, body) = answer(Ok(Reply::Ignored("of no interest")));
        assert_eq!((status, body), (200, json!({"message": "ignored: of no interest"})));
        let (status, body) = answer(Ok(Reply::TooLarge("too much")));
        assert_eq!((status, body), (413, json!({"code": "too_large", "message": "too much"})));
    }
}
