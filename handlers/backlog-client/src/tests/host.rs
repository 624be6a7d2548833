//! A host that answers with any bytes, or not at all.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Gives every connection the same bytes.
pub(super) struct Host {
    port: u16,
    /// How many requests came.
    pub(super) n_requests: watch::Receiver<usize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// A host that closes each connection after its answer.
    pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), false).await
    }

    /// A host that says so much and then nothing more, but holds the connection.
    pub(super) async fn stalling_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), true).await
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Heads of the requests, as they came.
    pub(super) fn requests(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    async fn start(answer: Vec<u8>, stalls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (count, n_requests) = watch::channel(0);
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&heads);
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let head = read_request(&mut connection).await;
                heard.lock().unwrap().push(head);
                count.send_modify(|n| *n += 1);
                // The client may have heard enough and be gone.
                let _ = connection.write_all(&answer).await;
                if stalls {
                    std::future::pending().await
                }
            }
        });
        Self { port, n_requests, heads }
    }
}

/// An answer of HTTP with this body.
pub(super) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Any\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

async fn read_request(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).await.unwrap();
    head
}
