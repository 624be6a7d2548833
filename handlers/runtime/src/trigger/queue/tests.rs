//! What happens to a message, by what the handler says of it and how often it came.

use super::*;
use crate::link::FakeQueue;
use contracts::trace::{Cause, Made};
use std::collections::BTreeSet;

fn record(body: &str, n_deliveries: u32) -> Record {
    Record {
        message_id: "m".into(),
        receipt_handle: "r".into(),
        body: body.into(),
        attributes: HashMap::from([("ApproximateReceiveCount".into(), n_deliveries.to_string())]),
        message_attributes: HashMap::new(),
    }
}

async fn check(
    body: &str,
    n_deliveries: u32,
    handle: impl AsyncFn(&(), Delivery<JsonObject>) -> Result<Done, Failure>,
) -> (bool, Vec<String>) {
    let record = record(body, n_deliveries);
    let dead = FakeQueue::default();
    let later = Instant::now() + Duration::from_secs(60);
    let outcome = attempt(&(), &handle, &record, later).await;
    let source = Queue::<JsonObject>::fake(&FakeQueue::default());
    let is_settled = settle(&source, &Queue::fake(&dead), &record, outcome).await;
    (is_settled, dead.sent())
}

fn worked() -> Result<Done, Failure> {
    Ok(Done::worked(Made::Message, "x"))
}

#[tokio::test]
async fn a_message_that_is_no_message_goes_to_the_dead_letter_queue_at_once() {
    assert_eq!(check("not json", 1, async |(), _| worked()).await, (true, vec!["not json".into()]));
}

#[tokio::test]
async fn a_failure_that_may_pass_is_delivered_again_until_the_last_time() {
    let fail = async |(): &(), _: Delivery<JsonObject>| Err(Failure::retry("busy"));
    assert_eq!(check("{}", 1, fail).await, (false, vec![]));
    assert_eq!(check("{}", contracts::DELIVERIES_LIMIT - 1, fail).await, (false, vec![]));
    assert_eq!(check("{}", contracts::DELIVERIES_LIMIT, fail).await, (true, vec!["{}".into()]));
}

#[test]
fn an_outage_of_half_an_hour_is_waited_out() {
    let waits: Duration = (1..contracts::DELIVERIES_LIMIT).map(delay_after).sum();
    assert!(waits > Duration::from_secs(30 * 60), "{waits:?}");
}

#[test]
fn the_first_waits_are_as_long_as_the_far_side_asks_for_and_later_ones_never_shorter() {
    for asked in [1, 30, 3600].map(Duration::from_secs) {
        assert_eq!([1, 2].map(|n| wait(asked, n, "m")), [asked; 2]);
        let longest = asked + LONGEST_GROWN_WAIT * 3 / 2;
        assert!((3..contracts::RECEIVES_LIMIT).all(|n| (asked..=longest).contains(&wait(asked, n, "m"))));
    }
    assert_ne!(wait(Duration::from_secs(1), 5, "m"), wait(Duration::from_secs(1), 5, "n"));
}

/// How many of so many messages are given up, if they come at once to a far side that takes one a
/// second after a burst of thirty, and two functions put them there one by one.
fn given_up(n_messages: usize, asked: Duration, attempt: Duration) -> usize {
    let (mut free, mut tokens, mut refilled) = ([Duration::ZERO; 2], 30.0_f64, Duration::ZERO);
    let mut waiting: BTreeSet<(Duration, usize, u32)> = (0..n_messages).map(|id| (Duration::ZERO, id, 1)).collect();
    let mut n_given_up = 0;
    while let Some((due, id, n)) = waiting.pop_first() {
        let function = usize::from(free[1] < free[0]);
        let now = due.max(free[function]);
        tokens = (tokens + now.saturating_sub(refilled).as_secs_f64()).min(30.0);
        refilled = refilled.max(now);
        free[function] = now + attempt;
        if tokens >= 1.0 {
            tokens -= 1.0;
        } else if n < contracts::RECEIVES_LIMIT {
            waiting.insert((now + attempt + wait(asked, n, &id.to_string()), id, n + 1));
        } else {
            n_given_up += 1;
        }
    }
    n_given_up
}

#[test]
fn a_flood_behind_a_rate_limit_drains() {
    for (n_messages, asked, millis) in [(300, 1, 50), (2000, 1, 50), (2000, 30, 100), (2000, 1, 300)] {
        let (asked, attempt) = (Duration::from_secs(asked), Duration::from_millis(millis));
        assert_eq!(given_up(n_messages, asked, attempt), 0, "{n_messages} messages, {asked:?}, {attempt:?}");
    }
}

#[tokio::test]
async fn a_wait_that_the_far_side_asks_for_uses_up_no_patience() {
    let fail = async |(): &(), _: Delivery<JsonObject>| Err(Failure::retry_after("busy", Duration::from_secs(9)));
    assert_eq!(check("{}", contracts::DELIVERIES_LIMIT, fail).await, (false, vec![]));
    assert_eq!(check("{}", contracts::RECEIVES_LIMIT, fail).await, (true, vec!["{}".into()]));
}

#[tokio::test]
async fn a_permanent_failure_is_not_tried_again() {
    let fail = async |(): &(), _: Delivery<JsonObject>| Err(Failure::permanent("no"));
    assert_eq!(check("{}", 1, fail).await, (true, vec!["{}".into()]));
}

#[tokio::test]
async fn a_panic_fails_one_message_only() {
    let fail = async |(): &(), _: Delivery<JsonObject>| panic!("on purpose");
    assert_eq!(check("{}", 1, fail).await, (false, vec![]));
    assert_eq!(check("{}", 1, async |(), _| worked()).await, (true, vec![]));
}

#[test]
fn waits_grow_and_stay_below_the_visibility_limit() {
    assert!(delay_after(1) < delay_after(2));
    assert!(delay_after(u32::MAX) < Duration::from_secs(43_200));
}

#[tokio::test]
async fn headers_reach_the_handler_and_stay_with_a_dead_letter() {
    let mut record: Record = serde_json::from_value(json!({
        "messageId": "m", "receiptHandle": "r", "body": "{}", "attributes": {},
        "messageAttributes": {
            "x-github-event": {"stringValue": "push", "stringListValues": [], "dataType": "String"},
            "image": {"binaryValue": "AAAA", "dataType": "Binary"},
            "Reason": {"stringValue": "given up once", "dataType": "String"},
        },
    }))
    .unwrap();
    let headers = Headers::from([("x-github-event".into(), "push".into())]);
    let later = Instant::now() + Duration::from_secs(60);
    let fail = async |(): &(), delivery: Delivery<contracts::WithHeaders<JsonObject>>| {
        assert_eq!(delivery.message.headers, Headers::from([("x-github-event".into(), "push".into())]));
        Err(Failure::permanent("no"))
    };
    let outcome = attempt(&(), &fail, &record, later).await;
    let (source, dead) = (Queue::<JsonObject>::fake(&FakeQueue::default()), FakeQueue::default());
    assert!(settle(&source, &Queue::fake(&dead), &record, outcome).await);
    let mut expected = headers.clone();
    expected.insert(REASON.into(), "no".into());
    assert_eq!(dead.attributes(), [expected]);
    record.message_attributes.clear();
    assert_eq!(record.headers(), Headers::new());
}

#[tokio::test]
async fn what_shall_be_looked_at_again_comes_back_a_few_times_and_is_never_given_up() {
    let look = async |(): &(), _: Delivery<JsonObject>| Ok(Done::look_again(Made::Message, "x"));
    assert_eq!(check("{}", 1, look).await, (false, vec![]));
    assert_eq!(check("{}", LOOKS_LIMIT - 1, look).await, (false, vec![]));
    for n_deliveries in [LOOKS_LIMIT, contracts::DELIVERIES_LIMIT, contracts::RECEIVES_LIMIT] {
        assert_eq!(check("{}", n_deliveries, look).await, (true, vec![]));
    }
}

#[test]
fn what_is_done_is_logged_as_what_it_is() {
    let made = Some(Made::Issue("A-1".into()));
    let cause = Cause::Missing { from: "SaaS".into() };
    let (result, reason) = (String::from("words"), String::from("words"));
    let done = Trace::Done { result: result.clone(), made: made.clone() };
    let for_now = |after_seconds| Trace::DoneForNow { result: result.clone(), made: made.clone(), after_seconds };
    let worked = Done::Worked { result: result.clone(), made: made.clone() };
    let look_again = Done::LookAgain { result: result.clone(), made: made.clone() };
    for (said, n_deliveries, expected) in [
        (worked.clone(), 1, done.clone()),
        (worked, 9, done.clone()),
        (look_again.clone(), 1, for_now(10)),
        (look_again.clone(), 2, for_now(20)),
        (look_again, LOOKS_LIMIT, done),
        (
            Done::Repeated { result: result.clone(), made: made.clone() },
            1,
            Trace::Repeated { result: result.clone(), made: made.clone() },
        ),
        (Done::Ignored(reason.clone()), 1, Trace::Ignored { status: None, reason: reason.clone() }),
        (Done::warned(cause.clone(), "words"), 1, Trace::NothingDone { reason, cause }),
    ] {
        assert_eq!(trace_of(said.clone(), n_deliveries), expected, "{said:?}");
    }
}

#[tokio::test]
async fn a_failure_is_logged_with_its_cause_whether_it_is_retried_or_given_up() {
    let cause = Cause::rate_limited("SaaS");
    let (reason, dead) = (String::from("busy"), Queue::fake(&FakeQueue::default()));
    let retrying = |delivery, after_seconds| Trace::Retrying {
        delivery,
        reason: reason.clone(),
        cause: cause.clone(),
        after_seconds,
    };
    let given_up = |delivery| Trace::GivenUp { delivery, reason: reason.clone(), cause: cause.clone() };
    let retry = Failure::retry("busy").because(cause.clone());
    let patient = Failure::retry_after("busy", Duration::from_secs(7)).because(cause.clone());
    let permanent = Failure::permanent("busy").because(cause.clone());
    for (failure, delivery, expected) in [
        (&retry, 1, retrying(1, 10)),
        (&retry, contracts::DELIVERIES_LIMIT, given_up(contracts::DELIVERIES_LIMIT)),
        (&patient, 2, retrying(2, 7)),
        (&patient, contracts::RECEIVES_LIMIT, given_up(contracts::RECEIVES_LIMIT)),
        (&permanent, 1, given_up(1)),
    ] {
        assert_eq!(park_or_retry(&dead, &record("{}", delivery), failure).await, expected, "{failure:?}");
    }
    // What the dead-letter queue does not take stays where it is.
    let broken = Queue::fake(&FakeQueue::broken());
    assert_eq!(park_or_retry(&broken, &record("{}", 3), &permanent).await, retrying(3, 40));
}

#[tokio::test(start_paused = true)]
async fn a_message_stays_hidden_while_the_work_lasts_and_two_minutes_longer() {
    for (work, n_beats) in [(0, 1), (39, 1), (41, 2), (14 * 60 + 1, 22)] {
        let fake = FakeQueue::default();
        let source = Queue::<JsonObject>::fake(&fake);
        let (record, began) = (record("{}", 1), Instant::now());
        let done = keeping_hidden(&source, &record, async {
            sleep(Duration::from_secs(work)).await;
            7
        });
        assert_eq!(done.await, 7);
        assert_eq!(began.elapsed().as_secs(), work);
        assert_eq!(fake.postponed(), vec![LEASE; n_beats], "{work}");
    }
    // A missed sign of life does not end the lease.
    assert!(BEAT * 2 < LEASE);
}

#[test]
fn only_functions_that_work_for_long_give_signs_of_life() {
    assert!(has_heartbeat(contracts::file_replicator::Contract::LIMITS));
    assert!(!has_heartbeat(contracts::incident_reporter::Contract::LIMITS));
}
