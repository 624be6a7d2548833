//! Secrets whose values change.

use contracts::WebhookToken;
use runtime::{Failure, Secret};

/// Reads a secret; `open` makes a link to it, and `put` stores another text, or what is no text.
pub async fn secrets(open: impl Fn() -> Secret<WebhookToken>, put: impl AsyncFn(Option<&str>)) {
    put(Some(" first\r\n")).await;
    let secret = open();
    let value = |read: Result<WebhookToken, Failure>| read.map(|token| token.expose().to_owned());
    assert_eq!(value(secret.read().await), Ok("first".into()));
    // Another value is taken up when it is asked for, and then kept.
    put(Some("second 資料")).await;
    assert_eq!(value(secret.read().await), Ok("first".into()));
    assert_eq!(value(secret.reread().await), Ok("second 資料".into()));
    assert_eq!(value(secret.read().await), Ok("second 資料".into()));
    for unusable in [Some(" \n"), None] {
        put(unusable).await;
        let failure = value(open().read().await).unwrap_err();
        assert!(matches!(&failure, Failure::Permanent { .. }), "{failure:?}");
        assert!(failure.reason().starts_with("secret WEBHOOK_TOKEN "), "{failure}");
    }
}

/// A missing secret: the failure may pass, because the deployer can fix it.
pub async fn missing_secret(secret: &Secret<WebhookToken>) {
    let failure = secret.read().await.unwrap_err();
    assert!(matches!(failure, Failure::Retry { after: None, .. }), "{failure:?}");
}
