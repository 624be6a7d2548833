//! From the start of the server to its end.

use crate::support::{FILE, Outcome, Stage, keys};
use reqwest::Method;
use serde_json::json;
use standins::{Keys, Standins, generated_bytes};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any of these tests takes; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn says_where_it_is() -> Outcome {
    let stage = Stage::started().await?;
    let address = stage.standins.address();
    assert!(address.ip().is_loopback());
    assert_ne!(address.port(), 0);
    assert_eq!(stage.standins.url(), format!("http://{address}"));
    assert_eq!(stage.standins.origin("backlog"), format!("http://{address}/backlog"));
    let health = stage.request(Method::GET, "/_control/health").send().await?;
    assert_eq!(health.text().await?, r#"{"status":"ok"}"#);
    Ok(())
}

#[tokio::test]
async fn two_servers_share_nothing() -> Outcome {
    let (one, other) = (Stage::started().await?, Stage::started().await?);
    one.get(FILE).await?;
    assert_eq!(one.standins.received().len(), 1);
    assert!(other.standins.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_an_error() -> Outcome {
    let stage = Stage::started().await?;
    let port = stage.standins.address().port();
    let second = Standins::start(port, keys(), None).await;
    assert_eq!(second.err().map(|error| error.kind()), Some(ErrorKind::AddrInUse));
    Ok(())
}

#[tokio::test]
async fn empty_secrets_are_an_error() {
    for name in Keys::names() {
        let start = Standins::start(0, Keys::sample().with(name, ""), None).await;
        assert_eq!(start.err().map(|error| error.kind()), Some(ErrorKind::InvalidInput));
    }
    let start = Standins::start(0, keys(), Some(String::new())).await;
    assert_eq!(start.err().map(|error| error.kind()), Some(ErrorKind::InvalidInput));
}

#[tokio::test]
async fn stop_ends_the_server_after_the_answers_that_are_on_their_way() -> Outcome {
    const SIZE_BYTES: usize = 16 << 20;
    let stage = Stage::started().await?;
    stage.put(json!({"size": SIZE_BYTES})).await?;
    let mut download = stage.get(FILE).await?;
    let mut received = download.chunk().await?.unwrap_or_default().to_vec();

    let stop = stage.request(Method::POST, "/_control/stop").send().await?;
    assert_eq!(stop.status(), 202);
    while let Some(chunk) = download.chunk().await? {
        received.extend(chunk);
    }
    assert!(received == generated_bytes(0, SIZE_BYTES));

    let address = stage.standins.address();
    timeout(PATIENCE, stage.standins.stopped()).await?;
    assert!(TcpStream::connect(address).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_stopping_server_takes_no_new_connection_and_gives_up_on_a_stalled_one() -> Outcome {
    let stage = Stage::started().await?;
    let address = stage.standins.address();
    stage.put(json!({"size": 1_u64 << 40})).await?;
    let stalled = stage.get(FILE).await?;
    stage.request(Method::POST, "/_control/stop").send().await?;
    let mut stopped = pin!(stage.standins.stopped());
    timeout(PATIENCE, refused(address)).await?;
    assert!(
        timeout(Duration::ZERO, &mut stopped).await.is_err(),
        "the server did not wait for the answer that is on its way"
    );
    // From here on the clock jumps to the next timer whenever nothing else happens.
    tokio::time::pause();
    timeout(PATIENCE, stopped).await?;
    drop(stalled);
    Ok(())
}

#[tokio::test]
async fn a_dropped_server_frees_its_port() -> Outcome {
    let stage = Stage::started().await?;
    let address = stage.standins.address();
    drop(stage);
    Ok(timeout(PATIENCE, refused(address)).await?)
}

async fn refused(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_key_is_in_any_debug_output() -> Outcome {
    let stage = Stage::started().await?;
    let text = format!("{:?} {:?}", keys(), stage.standins);
    for name in Keys::names() {
        assert!(!text.contains(keys().get(name)), "{text}");
    }
    assert!(text.contains("Keys"), "{text}");
    Ok(())
}
