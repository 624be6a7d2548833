//! A host that says what Slack never would, or nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Gives every connection the same bytes after its first, and then holds it open.
pub(super) struct Host {
    address: SocketAddr,
    n_asked: Arc<AtomicUsize>,
}

impl Host {
    pub(super) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let (answer, n_asked) = (answer.into(), Arc::<AtomicUsize>::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let n_asked_now = Arc::clone(&n_asked);
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                connection.read_u8().await.unwrap();
                // The client may have heard enough and be gone.
                let _ = connection.write_all(&answer).await;
                n_asked_now.fetch_add(1, Ordering::Relaxed);
                held.push(connection);
            }
        });
        Self { address, n_asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/services/T00000000/B00000000/{}", self.address, super::SECRET)
    }

    pub(super) fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::Relaxed)
    }
}
