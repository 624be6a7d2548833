//! What the journal shows of functions that ran, and which call belongs to which of them.

use super::{Journal, KEPT_INVOCATIONS, KEPT_LINE_BYTES, Passed, Report};
use contracts::trace::{Cause, EventId, Line, Trace};
use serde_json::{Value, json};

fn journal(invocations: &[Value]) -> Journal {
    let journal = Journal::default();
    for invocation in invocations {
        journal.take(report(invocation));
    }
    journal
}

fn report(invocation: &Value) -> Report {
    serde_json::from_value(json!({"invocations": [invocation]})).unwrap()
}

fn shown(journal: &Journal, calls: &[Passed]) -> Value {
    let (journeys, total) = journal.newest(10, calls);
    assert_eq!(journeys.len(), total);
    serde_json::to_value(journeys).unwrap()
}

fn line(at: u64, message_id: &str, trace: Trace) -> String {
    let line = Line {
        at_ms: at,
        level: trace.level(),
        message: trace.message().into(),
        request_id: Some("r".into()),
        event: EventId { message_id: Some(message_id.into()), published_id: None },
        trace: Some(trace),
    };
    serde_json::to_string(&line).unwrap()
}

fn done() -> Trace {
    Trace::Done { result: "x".into(), made: None }
}

fn retrying() -> Trace {
    // Words of an outcome say nothing.
    Trace::Retrying { delivery: 1, reason: "given up: done".into(), cause: Cause::Other, after_seconds: 10 }
}

fn ignored() -> Trace {
    Trace::Ignored { status: None, reason: "x".into() }
}

fn call(sequence: u64, process: u32, at: u64) -> Passed {
    let [service, method, path] = ["backlog", "POST", "/backlog/api/v2/issues"].map(str::to_owned);
    Passed { process, sequence, at, service, method, path, status: 201 }
}

fn request(id: &str, status: u16, lines: &[String]) -> Value {
    json!({
        "id": id, "function": "Receiver", "process": 1, "began": 100, "ended": 120, "lines": lines,
        "request": {"method": "POST", "resource": "/{token}", "status": status},
    })
}

/// One delivery of message `m-1`, which a topic has published as `p-1`.
fn delivery(id: &str, queue: &str, count: u32, began: u64, lines: &[String]) -> Value {
    let published = json!({"id": "p-1", "topic": "Questions"});
    json!({
        "id": id, "function": format!("{queue}Worker"), "process": began, "began": began, "ended": began + 50,
        "lines": lines,
        "messages": [{"id": "m-1", "queue": queue, "sent": 130, "count": count, "published": published}],
    })
}

#[test]
fn one_event_is_followed_from_its_endpoint_over_a_topic_to_the_calls_of_each_end() {
    let queued = line(110, "p-1", Trace::Queued { status: 200 });
    let told = |at: u64, trace: Trace| line(at, "m-1", trace);
    let received = |delivery| Trace::Received { delivery };
    let journal = journal(&[
        request("r-1", 200, &[queued]),
        delivery("r-2", "Teams", 1, 200, &[told(201, received(1)), told(240, done())]),
        delivery("r-3", "Tickets", 1, 300, &[told(301, received(1)), told(340, retrying())]),
        delivery("r-4", "Tickets", 2, 900, &[told(901, received(2)), told(940, done())]),
    ]);
    // The third is of the right process at the wrong time, the last of another process at the right time.
    let calls = [call(1, 200, 220), call(2, 300, 320), call(3, 300, 5_000), call(4, 900, 930), call(5, 7, 930)];
    let shown = shown(&journal, &calls);
    let [event] = &shown.as_array().unwrap()[..] else { panic!("not one event: {shown:#}") };
    assert_eq!((&event["id"], &event["at"], &event["outcome"]), (&json!("p-1"), &json!(100), &json!("done")));
    assert_eq!((&event["topic"], &event["endpoint"]["status"]), (&json!("Questions"), &json!(200)));
    assert_eq!(event["endpoint"]["request"], "POST /{token}");
    let branches = event["branches"].as_array().unwrap();
    let queues: Vec<_> = branches.iter().map(|branch| (branch["queue"].as_str().unwrap(), &branch["sent"])).collect();
    assert_eq!(queues, [("Teams", &json!(130)), ("Tickets", &json!(130))]);
    let ways: Vec<_> = branches
        .iter()
        .flat_map(|branch| branch["deliveries"].as_array().unwrap())
        .map(|step| (&step["delivery"], &step["outcome"], step["calls"].as_array().unwrap()))
        .map(|(count, outcome, calls)| {
            json!([count, outcome, calls.iter().map(|call| &call["sequence"]).collect::<Vec<_>>()])
        })
        .collect();
    assert_eq!(ways, [json!([1, "done", [1]]), json!([1, "retrying", [2]]), json!([2, "done", [4]])]);
    assert_eq!(branches[0]["deliveries"][0]["lines"][0]["message"], "received");
    assert_eq!(branches[0]["deliveries"][0]["lines"][0]["fields"], json!({"delivery": 1, "message_id": "m-1"}));
}

#[test]
fn what_is_refused_waits_fails_or_is_given_up_says_so() {
    let check = |invocations: &[Value], expected: &str| {
        let shown = shown(&journal(invocations), &[]);
        assert_eq!(shown[0]["outcome"], expected, "{shown:#}");
    };
    let queued = line(110, "p-1", Trace::Queued { status: 200 });
    let told = |trace: Trace| [line(210, "m-1", trace)];
    let rejected = Trace::Rejected { status: 401, reason: "queued".into() };
    check(&[request("r-1", 401, &[line(110, "m-1", rejected)])], "refused");
    check(&[request("r-1", 500, &[])], "failed");
    check(&[request("r-1", 200, std::slice::from_ref(&queued))], "waiting");
    let (result, reason, cause) = (String::from("x"), String::from("x"), Cause::Other);
    for (trace, expected) in [
        (Trace::GivenUp { delivery: 1, reason: reason.clone(), cause: cause.clone() }, "given_up"),
        (retrying(), "retrying"),
        (ignored(), "ignored"),
        (Trace::Repeated { result: result.clone(), made: None }, "ignored"),
        (Trace::DoneForNow { result, made: None, after_seconds: 9 }, "waiting"),
        (Trace::NothingDone { reason, cause }, "nothing_done"),
    ] {
        check(&[delivery("r-2", "Q", 1, 200, &told(trace))], expected);
    }
    let mut at_work = delivery("r-2", "Q", 1, 200, &[]);
    at_work["ended"] = Value::Null;
    check(&[request("r-1", 200, &[queued]), at_work.clone()], "at_work");
    // The end replaces the beginning.
    let mut died = at_work.clone();
    (died["ended"], died["error"]) = (json!(260), json!("Runtime exited"));
    check(&[at_work.clone(), died.clone()], "crashed");
    let shown = shown(&journal(&[at_work, died]), &[]);
    assert_eq!(shown[0]["branches"][0]["deliveries"][0]["lines"][0]["message"], "Runtime exited");
}

#[test]
fn the_messages_of_a_batch_have_lines_and_calls_of_their_own() {
    let received = || Trace::Received { delivery: 1 };
    let lines = [
        line(200, "a", received()),
        line(300, "a", done()),
        "what a library wrote".to_owned(),
        line(400, "b", received()),
        line(500, "b", ignored()),
    ];
    let message = |id: &str| json!({"id": id, "queue": "Q", "sent": 150, "count": 1});
    let journal = journal(&[json!({
        "id": "r-1", "function": "Worker", "process": 9, "began": 190, "ended": 510, "lines": lines,
        "messages": [message("a"), message("b")],
    })]);
    let shown = shown(&journal, &[call(1, 9, 250), call(2, 9, 450)]);
    for (event, id, sequence, outcome) in [(&shown[0], "b", 2, "ignored"), (&shown[1], "a", 1, "done")] {
        let step = &event["branches"][0]["deliveries"][0];
        assert_eq!((&event["id"], &step["outcome"]), (&json!(id), &json!(outcome)));
        assert_eq!(step["calls"].as_array().unwrap().len(), 1);
        assert_eq!(step["calls"][0]["sequence"], sequence);
        assert_eq!(step["lines"].as_array().unwrap().len(), 3, "two of its own, and one that belongs to both");
    }
}

#[test]
fn the_journal_is_bounded() {
    let mut long = request("r-0", 200, &["x".repeat(KEPT_LINE_BYTES), "y".to_owned()]);
    long["began"] = json!(0);
    let journal = journal(&[long]);
    assert_eq!(shown(&journal, &[])[0]["endpoint"]["lines"].as_array().unwrap().len(), 1);
    for n in 0..=KEPT_INVOCATIONS {
        journal.take(report(&request(&format!("r-{n}"), 401, &[])));
    }
    let (newest, total) = journal.newest(3, &[]);
    assert_eq!((newest.len(), total), (3, KEPT_INVOCATIONS));
    journal.reset();
    assert_eq!((journal.newest(3, &[]).1, journal.is_told()), (0, true));
}
