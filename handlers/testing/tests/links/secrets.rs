//! A secret that is kept for a while.

use contracts::WebhookToken;
use runtime::{Failure, Instant, Reread, Secret};
use std::cell::RefCell;
use std::time::Duration;
use testing::{Reading, secret, secret_of};
use tokio::time::{advance, pause};

/// How long a value is used, and how long another one is waited for.
const LONGEST_AGE: Duration = Duration::from_secs(60);
const REFRESH_LIMIT: Duration = Duration::from_secs(2);

async fn value(secret: &Secret<WebhookToken>) -> String {
    secret.read().await.unwrap().expose().to_owned()
}

fn text(text: &str) -> Reading {
    Reading::Text(text.to_owned())
}

#[tokio::test]
async fn a_new_value_is_taken_up_after_a_while() {
    pause();
    let secret = secret(&["old", "new"]);
    for (seconds, expected) in [(0, "old"), (59, "old"), (1, "new"), (3600, "new")] {
        advance(Duration::from_secs(seconds)).await;
        assert_eq!(value(&secret).await, expected);
    }
}

#[tokio::test]
async fn an_older_value_is_better_than_none() {
    pause();
    let secret = secret_of([text("old"), Reading::Silent, Reading::Hanging, text("new")]);
    for expected in ["old", "old", "old", "new"] {
        let began = Instant::now();
        assert_eq!(value(&secret).await, expected);
        assert!(began.elapsed() <= REFRESH_LIMIT + Duration::from_millis(2));
        advance(LONGEST_AGE).await;
    }
    let secret = secret_of::<WebhookToken>([Reading::Silent, text("new")]);
    assert!(matches!(secret.read().await, Err(Failure::Retry { .. })));
    assert_eq!(value(&secret).await, "new");
}

#[tokio::test]
async fn a_value_that_is_gone_is_not_used_any_more() {
    pause();
    for (gone, is_permanent) in
        [(text(" "), true), (Reading::NoText, true), (Reading::Missing, false), (Reading::Withheld, false)]
    {
        let secret = secret_of::<WebhookToken>([text("old"), gone]);
        assert_eq!(value(&secret).await, "old");
        advance(LONGEST_AGE).await;
        let failure = secret.read().await.unwrap_err();
        assert_eq!(matches!(failure, Failure::Permanent { .. }), is_permanent, "{failure:?}");
    }
}

/// Makes a call with a secret of these texts, of whose answers this is said; returns what was called with.
async fn called(texts: &[&str], verdict: Reread) -> Vec<String> {
    let seen = RefCell::new(Vec::new());
    let secret = secret::<WebhookToken>(texts);
    let call = async |token: &WebhookToken| {
        seen.borrow_mut().push(token.expose().to_owned());
        Ok::<_, Failure>(seen.borrow().len())
    };
    let (answer, value) = secret.call(call, |_, _| verdict).await.unwrap().unwrap();
    let seen = seen.into_inner();
    assert_eq!((answer, Some(value.expose())), (seen.len(), seen.last().map(String::as_str)));
    seen
}

#[tokio::test]
async fn a_call_that_refuses_a_secret_is_made_once_more() {
    assert_eq!(called(&["old", "new"], Reread::No).await, ["old"]);
    assert_eq!(called(&["old", "new", "newer"], Reread::IfReplaced).await, ["old", "new"]);
    assert_eq!(called(&["same"], Reread::IfReplaced).await, ["same"]);
    assert_eq!(called(&["same"], Reread::Always).await, ["same", "same"]);
}
