//! Tables of records, and what is kept in them. Keys begin with the name of the run, so that runs may share a table.

use contracts::trace::Made;
use runtime::{Abandoned, Archive, Attempt, Claims, Done, Effect, Failure, Records};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(3600);
/// A life that is over when it begins.
const NO_LIFE: Duration = Duration::ZERO;

/// A record with what handlers keep in theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Sample {
    /// Nothing but its kind.
    Bare,
    /// All kinds of values.
    Full {
        /// A text, which may be empty.
        text: String,
        /// A number beyond what a double holds.
        number: u64,
        /// A list, which may be empty.
        list: Vec<String>,
        /// A value that may be missing.
        perhaps: Option<i32>,
    },
}

fn full(text: &str) -> Sample {
    Sample::Full { text: text.to_owned(), number: u64::MAX, list: vec!["あ".into(), String::new()], perhaps: None }
}

/// Inserts, finds and replaces.
pub async fn records(records: &Records<Sample>, run: &str) {
    let key = |name: &str| format!("{run}-{name}");

    // What is inserted is found as it was, whatever is in it.
    let empty = Sample::Full { text: String::new(), number: 0, list: Vec::new(), perhaps: Some(-1) };
    for (n, value) in [Sample::Bare, full("資料 \u{0}\n"), empty].iter().enumerate() {
        let key = key(&format!("found-{n}"));
        assert_eq!(records.find(&key).await, Ok(None));
        let inserted = records.insert(&key, value, LIFE).await.unwrap().unwrap();
        assert_eq!(inserted.value, *value);
        assert_eq!(records.find(&key).await, Ok(Some(inserted)));
    }

    // A second insertion changes nothing and returns what is there.
    let key_twice = key("twice");
    let first = records.insert(&key_twice, &full("first"), LIFE).await.unwrap().unwrap();
    let there = records.insert(&key_twice, &full("second"), LIFE).await.unwrap().unwrap_err();
    assert_eq!((&there, records.find(&key_twice).await), (&first, Ok(Some(first.clone()))));

    // Of two at once, one inserts.
    let key_race = key("race");
    let (one, other) = (full("one"), full("other"));
    let both = tokio::join!(records.insert(&key_race, &one, LIFE), records.insert(&key_race, &other, LIFE));
    let (one, other) = (both.0.unwrap(), both.1.unwrap());
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(one.unwrap_or_else(|there| there), other.unwrap_or_else(|there| there));

    // What was read is replaced once; another reader of the same comes too late.
    let second = records.replace(&key_twice, &first, &full("second"), LIFE).await.unwrap().unwrap();
    assert_eq!(records.replace(&key_twice, &first, &full("late"), LIFE).await, Ok(None));
    let third = records.replace(&key_twice, &second, &Sample::Bare, LIFE).await.unwrap().unwrap();
    assert_eq!(records.find(&key_twice).await, Ok(Some(third)));

    // A record whose life is over is not found, makes room for another, and may still be replaced by its holder.
    let key_over = key("over");
    let over = records.insert(&key_over, &full("over"), NO_LIFE).await.unwrap().unwrap();
    assert_eq!(records.find(&key_over).await, Ok(None));
    let again = records.insert(&key_over, &full("again"), NO_LIFE).await.unwrap().unwrap();
    assert_eq!((again.value.clone(), &over.value), (full("again"), &full("over")));
    let held = records.replace(&key_over, &again, &full("held"), LIFE).await.unwrap();
    assert_eq!(records.find(&key_over).await, Ok(held));

    // What was never there is not replaced.
    let absent = key("absent");
    assert_eq!(records.replace(&absent, &first, &Sample::Bare, LIFE).await, Ok(None));
    assert_eq!(records.find(&absent).await, Ok(None));
}

/// Inserts and nothing else; `records` are those of the same table.
pub async fn archives(archive: &Archive<Sample>, records: &Records<Sample>, run: &str) {
    for (name, life) in [("for-ever", None), ("for-a-while", Some(LIFE))] {
        let key = format!("{run}-{name}");
        assert_eq!(archive.insert(&key, &full("first"), life).await, Ok(true));
        assert_eq!(archive.insert(&key, &full("second"), life).await, Ok(false));
        assert_eq!(records.find(&key).await.unwrap().unwrap().value, full("first"));
    }
    let key = format!("{run}-over");
    for value in [full("over"), full("again")] {
        assert_eq!(archive.insert(&key, &value, Some(NO_LIFE)).await, Ok(true));
    }
}

/// A missing table: the failure may pass, because the deployer can fix it.
pub async fn missing_table(records: &Records<Sample>) {
    let found = records.find("k").await;
    assert!(matches!(found, Err(Failure::Retry { after: None, .. })), "{found:?}");
    let inserted = records.insert("k", &Sample::Bare, LIFE).await;
    assert!(matches!(inserted, Err(Failure::Retry { after: None, .. })), "{inserted:?}");
}

/// Work that is claimed: each step of one piece of work with what it learns and what comes of it.
pub async fn claims(claims: &Claims, run: &str) {
    let key = format!("{run}-work");
    let step = async |outcome: Result<Done, Abandoned>| {
        let seen = Cell::new(None);
        let work = async |attempt| {
            seen.set(Some(attempt));
            outcome
        };
        let result = claims.once_unless_refused(&key, LIFE, work).await;
        (seen.get(), result)
    };
    let retry = || Failure::retry("busy");
    let refused = || Abandoned { failure: retry(), effect: Effect::None };
    assert_eq!(step(Err(refused())).await, (Some(Attempt::First), Err(retry())));
    assert_eq!(step(Err(retry().into())).await, (Some(Attempt::First), Err(retry())));
    assert_eq!(step(Err(refused())).await, (Some(Attempt::Again), Err(retry())));
    assert_eq!(step(worked().map_err(Abandoned::from)).await, (Some(Attempt::Again), worked()));
    let repeated = Ok(Done::repeated(Made::Issue("A-1".into()), "done before: it"));
    assert_eq!(step(worked().map_err(Abandoned::from)).await, (None, repeated));

    // Who comes while another is in progress waits, and does nothing.
    let key = format!("{run}-busy");
    let nested = async |_| {
        let other = claims.once(&key, LIFE, async |_| panic!("two in progress at once")).await;
        assert!(matches!(other, Err(Failure::Retry { after: Some(_), .. })), "{other:?}");
        worked()
    };
    assert_eq!(claims.once(&key, LIFE, nested).await, worked());

    // Who died left a claim that ends with its lease, and the next one knows of it.
    let key = format!("{run}-died");
    let dying = claims.once(&key, NO_LIFE, async |_| std::future::pending().await);
    assert!(tokio::time::timeout(Duration::from_secs(2), dying).await.is_err());
    let seen = Cell::new(None);
    let work = async |attempt| {
        seen.set(Some(attempt));
        worked()
    };
    claims.once(&key, LIFE, work).await.unwrap();
    assert_eq!(seen.get(), Some(Attempt::Again));
}

fn worked() -> Result<Done, Failure> {
    Ok(Done::worked(Made::Issue("A-1".into()), "it"))
}
