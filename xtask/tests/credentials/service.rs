//! A service of AWS that answers as a test wants, over plain HTTP or as a proxy that ends TLS.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Status and body for a request.
pub type Answer = fn(&str) -> (u16, String);

/// The service.
pub struct Service {
    pub url: String,
    pub requests: Receiver<String>,
}

impl Service {
    /// Answers requests as they come.
    pub fn plain(answer: Answer) -> Self {
        Self::serve(move |mut stream, seen| {
            exchange(&mut stream, answer, seen);
        })
    }

    /// Answers in place of the host that a client wants to reach through it, with a certificate of `AUTHORITY`.
    pub fn signing_proxy(answer: Answer) -> Self {
        let tls = Arc::new(tls());
        Self::serve(move |mut stream, seen| {
            let _ = seen.send(read_head(&mut stream));
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let Ok(connection) = ServerConnection::new(Arc::clone(&tls)) else { return };
            exchange(&mut StreamOwned::new(connection, stream), answer, seen);
        })
    }

    fn serve(take: impl Fn(TcpStream, &Sender<String>) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, requests) = channel();
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| take(stream, &seen)));
        Self { url, requests }
    }

    /// Every request until now.
    pub fn seen(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

/// Who signed the certificate of the proxy.
pub const AUTHORITY: &str = include_str!("authority.pem");
/// The certificate of the proxy, for the one host that the tests reach, and its key.
const SERVER: &str = include_str!("server.pem");

fn tls() -> ServerConfig {
    let certificate = CertificateDer::from_pem_slice(SERVER.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(SERVER.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()
}

fn exchange(stream: &mut (impl Read + Write), answer: Answer, seen: &Sender<String>) {
    let request = read_request(stream);
    if request.is_empty() {
        return;
    }
    let (status, body) = answer(&request);
    let _ = seen.send(request);
    let head = format!("HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\nconnection: close\r\n");
    let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.flush();
}

/// Head and body of a request; empty if the client went away.
fn read_request(stream: &mut impl Read) -> String {
    let mut request = read_head(stream);
    let length =
        request.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body);
    request.push_str(&String::from_utf8_lossy(&body));
    request
}

fn read_head(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n_bytes| n_bytes == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}
