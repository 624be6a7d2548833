//! A site of an attacker, whose page may run any script.

use std::io::{Read, Write};
use std::net::TcpListener;

/// Serves an empty page until the test ends; returns its address.
pub fn page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The request itself says nothing that matters.
            let _ = stream.read(&mut [0; 8192]);
            let page = "<!doctype html><title>evil</title><body>evil</body>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n", page.len());
            let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{page}").as_bytes());
        }
    });
    format!("http://{address}/")
}
