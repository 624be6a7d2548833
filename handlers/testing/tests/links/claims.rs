//! Work that is claimed before it starts.

use contracts::claim::Progress;
use contracts::trace::Made;
use runtime::{Abandoned, Attempt, Done, Effect, Failure};
use serde_json::json;
use std::cell::Cell;
use std::time::{Duration, SystemTime};
use testing::FakeTable;

const LEASE: Duration = Duration::from_secs(60);

async fn check(
    table: &FakeTable<Progress>,
    outcome: Result<Done, Failure>,
) -> (Option<Attempt>, Result<Done, Failure>) {
    let seen = Cell::new(None);
    let work = async |attempt| {
        seen.set(Some(attempt));
        outcome
    };
    let result = table.claims().once("k", LEASE, work).await;
    (seen.get(), result)
}

fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

fn worked() -> Result<Done, Failure> {
    Ok(Done::worked(Made::Issue("A-1".into()), "it"))
}

fn repeated(result: &str, issue: Option<&str>) -> Result<Done, Failure> {
    Ok(Done::Repeated { result: result.into(), made: issue.map(|key| Made::Issue(key.into())) })
}

#[tokio::test]
async fn work_that_is_done_is_not_done_again() {
    let table = FakeTable::default();
    assert_eq!(check(&table, worked()).await, (Some(Attempt::First), worked()));
    assert_eq!(check(&table, worked()).await, (None, repeated("done before: it", Some("A-1"))));
}

#[tokio::test]
async fn work_that_an_earlier_version_has_done_is_not_done_again() {
    let table = FakeTable::default();
    table.leave("k", serde_json::from_value(json!({"state": "done", "result": "it"})).unwrap());
    assert_eq!(check(&table, worked()).await, (None, repeated("done before: it", None)));
}

#[tokio::test]
async fn work_that_failed_is_tried_again_and_knows_it() {
    let table = FakeTable::default();
    let failure = || Err(Failure::retry("busy"));
    assert_eq!(check(&table, failure()).await, (Some(Attempt::First), failure()));
    assert_eq!(check(&table, worked()).await, (Some(Attempt::Again), worked()));
}

#[tokio::test]
async fn work_that_was_refused_is_as_good_as_never_begun_unless_somebody_was_at_it_before() {
    let refused = || Abandoned { failure: Failure::retry_after("429", LEASE), effect: Effect::None };
    let table = FakeTable::default();
    let claims = table.claims();
    for _ in 0..3 {
        let seen = Cell::new(None);
        let refusing = async |attempt| {
            seen.set(Some(attempt));
            Err(refused())
        };
        let result = claims.once_unless_refused("k", LEASE, refusing).await;
        assert_eq!((seen.get(), result), (Some(Attempt::First), Err(refused().failure)));
        assert_eq!(table.record("k").unwrap().0, Progress::Refused);
    }
    // What was lost before may be there, whatever is refused later.
    table.leave("k", Progress::Dropped);
    claims.once_unless_refused("k", LEASE, async |_| Err(refused())).await.unwrap_err();
    assert_eq!(check(&table, worked()).await, (Some(Attempt::Again), worked()));
}

#[tokio::test]
async fn a_claim_holds_until_its_lease_ends() {
    let table = FakeTable::default();
    table.leave("k", Progress::Started { until_millis: now_millis() + 30_000 });
    let (seen, result) = check(&table, worked()).await;
    assert_eq!(seen, None);
    assert!(matches!(result, Err(Failure::Retry { after: Some(after), .. }) if after <= Duration::from_secs(31)));
    table.leave("k", Progress::Started { until_millis: now_millis() - 1 });
    assert_eq!(check(&table, worked()).await, (Some(Attempt::Again), worked()));
}

#[tokio::test]
async fn nothing_is_begun_without_a_claim() {
    let (seen, result) = check(&FakeTable::broken(), worked()).await;
    assert_eq!(seen, None);
    assert!(result.is_err());
}
