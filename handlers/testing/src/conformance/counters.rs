//! Counters with a limit.

use runtime::Counter;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(3600);

/// Counts up to the limit, each key by itself; keys begin with the name of the run.
pub async fn counters(counter: &Counter, run: &str) {
    let count = async |name: &str, limit| counter.count(&format!("{run}-{name}"), limit, LIFE).await;
    let mut counted = Vec::new();
    for name in ["a", "a", "a", "b", "a"] {
        counted.push(count(name, 2).await.unwrap());
    }
    assert_eq!(counted, [true, true, false, true, false]);
    // A limit that was raised makes room, one that was lowered does not take it away from who is counted.
    assert_eq!((count("a", 3).await, count("a", 3).await, count("a", 1).await), (Ok(true), Ok(false), Ok(false)));
    // Two at once cannot both be the last.
    let all = futures_util::future::join_all((0..8).map(|_| count("c", 3))).await;
    assert_eq!(all.into_iter().filter(|counted| *counted == Ok(true)).count(), 3);
}
