//! As much of S3 as an upload needs, on a loopback address, in a thread of its own.

use contracts::PutObjects;
use runtime::{Environment, ObjectStore, Opens};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server that remembers what it was asked.
pub(super) struct Loopback {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<String>>>,
}

/// What the server does with the parts of an upload.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Agrees,
    RefusesParts,
    /// It has an object, which is replaced before it is written over.
    HasAnother,
    /// It has an object of the three bytes that the tests write.
    HasThree,
}

impl Loopback {
    pub(super) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&calls);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let heard = Arc::clone(&heard);
                thread::spawn(move || serve(connection.unwrap(), answer, &heard));
            }
        });
        Self { address, calls }
    }

    /// The store as Lambda opens it, with its calls going to this server.
    pub(super) fn store(&self) -> ObjectStore {
        let endpoint = format!("http://{}", self.address);
        let environment = Environment::new(move |name| match name {
            "AWS_REGION" => Some("eu-west-1".into()),
            "AWS_ACCESS_KEY_ID" => Some("id".into()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".into()),
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "TARGET" => Some("s3://bucket/target/".into()),
            _ => None,
        });
        <s3::Opener as Opens<PutObjects>>::open(&environment, "TARGET").unwrap()
    }

    /// Heads of the requests, each followed by its body if that is XML.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

fn serve(connection: TcpStream, answer: Answer, heard: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(call) = read_call(&mut reader) {
        let answer = answer_to(&call, answer);
        heard.lock().unwrap().push(call);
        (&connection).write_all(answer.as_bytes()).unwrap();
    }
}

/// One request; `None` when the client has closed the connection.
fn read_call(reader: &mut impl BufRead) -> Option<String> {
    let mut call = String::new();
    while !call.ends_with("\r\n\r\n") {
        let n_bytes = reader.read_line(&mut call).unwrap_or(0);
        if n_bytes == 0 {
            return None;
        }
    }
    let length = call.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    if body.starts_with(b"<") {
        call.push_str(&String::from_utf8(body).unwrap());
    }
    Some(call)
}

fn answer_to(call: &str, answer: Answer) -> String {
    let target = call.split(' ').nth(1).unwrap();
    let is_part = target.contains("partNumber=");
    let is_write = call.contains("\nif-match: ");
    let (status, headers, body) = match (call.split(' ').next().unwrap(), answer) {
        ("HEAD", Answer::HasAnother) => ("200 OK", "etag: \"other\"\r\nx-amz-checksum-sha256: AAAA\r\n", ""),
        // SHA-256 of three zeros.
        ("HEAD", Answer::HasThree) => (
            "200 OK",
            "etag: \"three\"\r\nx-amz-checksum-sha256: cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw=\r\n",
            "123",
        ),
        ("HEAD", _) => ("403 Forbidden", "", ""),
        (_, Answer::HasAnother) if is_write => {
            ("412 Precondition Failed", "", "<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>")
        }
        ("PUT", Answer::RefusesParts) if is_part => {
            ("403 Forbidden", "", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
        }
        ("PUT", _) => ("200 OK", "etag: \"e\"\r\nx-amz-checksum-crc32: AAAAAA==\r\n", ""),
        ("POST", _) if target.contains("uploads") => (
            "200 OK",
            "",
            "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>",
        ),
        ("POST", _) => ("200 OK", "", "<CompleteMultipartUploadResult/>"),
        _ => ("204 No Content", "", ""),
    };
    let length = match status {
        "204 No Content" => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let body = if call.starts_with("HEAD") { "" } else { body };
    format!("HTTP/1.1 {status}\r\n{headers}{length}\r\n{body}")
}
