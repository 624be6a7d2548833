//! The end of the time: the function comes to its own end before Lambda ends it.
//!
//! The clock is stopped once everything stands still; it then jumps to the next moment that
//! anything waits for, so no test waits for real.

use super::*;
use tokio::task::yield_now;
use tokio::time::pause;

const LARGE: u64 = 20 * 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(20);
/// Longer than a transfer may stand still.
const LATE_DEADLINE: Duration = Duration::from_secs(600);

/// Handles an event until `stands_still`, lets the time pass and expects another try.
///
/// Returns the reason, and demands that the deadline was kept.
async fn check(
    mut stage: Stage,
    event: Value,
    deadline: Duration,
    stands_still: impl Fn(&FakeObjectStore) -> bool,
) -> (String, FakeObjectStore) {
    stage.deadline = Instant::now() + deadline;
    let store = stage.store.clone();
    let stop_the_clock = async {
        while !stands_still(&store) {
            yield_now().await;
        }
        pause();
    };
    let ((text, _), ()) = tokio::join!(stage.check(event, Outcome::Retry), stop_the_clock);
    // The timer of tokio counts whole milliseconds.
    assert!(Instant::now() <= stage.deadline + Duration::from_millis(2), "{text}");
    (text, store)
}

/// A Backlog that sends so much of a large file and then nothing more.
async fn stalling_after(n_bytes: u64) -> Host {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
    Host::stalling_after([head.into_bytes(), generated(n_bytes)].concat()).await
}

#[test]
fn a_file_that_is_far_too_large_for_the_time_is_not_fetched_again() {
    const GIB: u64 = 1024 * 1024 * 1024;
    for (written, is_permanent) in
        [(0, false), (GIB / 8, false), (GIB, true), (7 * GIB, true), (8 * GIB, false), (15 * GIB, false)]
    {
        let failure = out_of_time(FILE_ID, written, Some(15 * GIB));
        assert_eq!(matches!(failure, Failure::Permanent { .. }), is_permanent, "{written}: {failure:?}");
        assert!(matches!(out_of_time(FILE_ID, written, None), Failure::Retry { .. }));
    }
}

#[tokio::test]
async fn a_backlog_that_does_not_answer_is_left_at_the_deadline() {
    let host = Host::stalling_after("").await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    let (text, _) = check(stage, event(|_| {}), DEADLINE, |_| !host.requests().is_empty()).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
}

#[tokio::test]
async fn a_transfer_that_stalls_is_aborted_at_the_deadline() {
    let host = stalling_after(9 * 1024 * 1024).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    let part_sent = |store: &FakeObjectStore| store.part_sizes().len() == 1;
    let (text, store) = check(stage, event_of_size(LARGE), DEADLINE, part_sent).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
    assert_eq!(store.aborted(), [OBJECT]);
}

#[tokio::test]
async fn a_transfer_that_stalls_is_left_long_before_a_late_deadline() {
    let host = stalling_after(9 * 1024 * 1024).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    let part_sent = |store: &FakeObjectStore| store.part_sizes().len() == 1;
    let (text, store) = check(stage, event_of_size(LARGE), LATE_DEADLINE, part_sent).await;
    assert!(text.starts_with("the download failed"), "{text}");
    assert_eq!(store.aborted(), [OBJECT]);
}

#[tokio::test]
async fn a_store_that_does_not_answer_at_the_end_is_left_at_the_deadline() {
    let stage = Stage::with(FakeObjectStore::stalling_at_finish()).await;
    stage.put(|file| file.content = Content::Generated(LARGE));
    let all_sent = |store: &FakeObjectStore| store.part_sizes().len() == 3;
    let (text, store) = check(stage, event_of_size(LARGE), DEADLINE, all_sent).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
    assert_eq!(store.aborted(), [OBJECT]);
}

#[tokio::test]
async fn a_deadline_that_is_over_leaves_no_time_to_wait_for_backlog() {
    let host = Host::stalling_after("").await;
    let mut stage = Stage::with_backlog_at(&host.url()).await;
    stage.deadline = Instant::now();
    let (text, _) = stage.check(event(|_| {}), Outcome::Retry).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
}
