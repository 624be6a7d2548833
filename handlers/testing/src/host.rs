//! A host that answers with any bytes, or not at all, as no product would.

use crate::lock;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Gives every connection the same bytes, and remembers what it was asked.
pub struct Host {
    address: SocketAddr,
    /// How many requests came.
    pub n_requests: watch::Receiver<usize>,
    heads: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Copy)]
enum Ending {
    Close,
    Stall,
}

impl Host {
    /// A host that closes each connection after its answer.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Ending::Close).await
    }

    /// A host that says so much and then nothing more, but holds the connection.
    pub async fn stalling_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), Ending::Stall).await
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads of the requests, as they came.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.heads).clone()
    }

    async fn start(answer: Vec<u8>, ending: Ending) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, n_requests) = watch::channel(0);
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&heads);
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut connection, _)) = listener.accept().await {
                let Ok(head) = read_request(&mut connection).await else { continue };
                lock(&heard).push(head);
                count.send_modify(|n| *n += 1);
                // The client may have heard enough and be gone.
                let _ = connection.write_all(&answer).await;
                match ending {
                    Ending::Close => drop(connection),
                    Ending::Stall => held.push(connection),
                }
            }
        });
        Self { address, n_requests, heads }
    }
}

/// An answer of HTTP with more lines of its head, each with its end, and this body.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Any\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// An address at which nothing answers, as long as this value lives.
pub struct ClosedPort {
    near_end: std::net::TcpStream,
    _far_end: std::net::TcpListener,
}

impl ClosedPort {
    /// The near end of a connection: nothing listens there, and no other test can get the port.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let near_end = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Self { near_end, _far_end: listener }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.near_end.local_addr().unwrap())
    }
}

async fn read_request(connection: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or_default()];
    connection.read_exact(&mut body).await?;
    Ok(head)
}
