//! A host that is not Backlog, or a Backlog that says what no product would.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Gives every connection the same bytes and remembers what it was asked.
pub(super) struct Host {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Copy)]
enum Ending {
    Close,
    Stall,
}

impl Host {
    /// A host that closes each connection after its answer.
    pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Ending::Close).await
    }

    /// A host that says so much and then nothing more, but holds the connection.
    pub(super) async fn stalling_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Ending::Stall).await
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads of the requests, as they came.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn start(answer: Vec<u8>, ending: Ending) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let head = read_head(&mut connection).await;
                heard.lock().unwrap().push(head);
                // The client may have heard enough and be gone.
                let _ = connection.write_all(&answer).await;
                match ending {
                    Ending::Close => drop(connection),
                    Ending::Stall => std::future::pending().await,
                }
            }
        });
        Self { address, requests }
    }
}

/// An answer with a file.
pub(super) fn file(content: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
    [head.as_bytes(), content].concat()
}

/// An answer without a body.
pub(super) fn empty(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Any\r\nContent-Length: 0\r\n{headers}\r\n")
}

async fn read_head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
