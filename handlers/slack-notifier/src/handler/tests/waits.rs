//! The end of the time: the function comes to its own end before Lambda ends it.
//!
//! The clock is stopped once everything stands still; it then jumps to the next moment that
//! anything waits for, so no test waits for real.

use super::*;
use tokio::task::yield_now;
use tokio::time::pause;

/// Handles the test event at a Slack that says so and no more; returns the reason and the time it took.
async fn check(said: &str, deadline: Duration) -> (String, Duration, Stage) {
    let host = Host::stalling_after(said).await;
    let mut stage = Stage::with_webhook(&webhook_at(&host.url())).await;
    let begin = Instant::now();
    stage.deadline = begin + deadline;
    let stop_the_clock = async {
        while *host.n_requests.borrow() == 0 {
            yield_now().await;
        }
        pause();
    };
    let (text, ()) = tokio::join!(stage.check(Outcome::Retry), stop_the_clock);
    (text, begin.elapsed(), stage)
}

#[tokio::test]
async fn a_slack_that_does_not_answer_is_left_before_the_function_ends() {
    let (text, took, _) = check("", Duration::from_secs(25)).await;
    assert!(text.starts_with("Slack cannot be reached: ") && text.contains("timed out"), "{text}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test]
async fn a_slack_that_does_not_answer_is_left_at_the_deadline() {
    let (text, took, stage) = check("", Duration::from_secs(3)).await;
    assert_eq!(text, "Slack did not answer in the time of one invocation");
    assert!(took < Duration::from_secs(4), "{took:?}");
    // The claim was given back: another attempt starts at once, not after the lease.
    let again = stage.check(Outcome::Retry).await;
    assert_eq!(again, text);
}

#[tokio::test]
async fn an_answer_that_stalls_is_no_success() {
    let (text, took, _) = check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", Duration::from_secs(25)).await;
    assert_eq!(text, "Slack answered 200 in place of `ok`");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test]
async fn a_deadline_that_is_over_leaves_the_notification_to_the_next_attempt() {
    let mut stage = Stage::with_webhook(&webhook_at(&Host::stalling_after("").await.url())).await;
    stage.deadline = Instant::now();
    let text = stage.check(Outcome::Retry).await;
    assert_eq!(text, "Slack did not answer in the time of one invocation");
}
