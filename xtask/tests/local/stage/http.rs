//! Requests to a local stage, past any proxy.

use reqwest::header::HeaderMap;
use serde_json::Value as Json;
use std::net::SocketAddr;

/// An HTTP answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
    headers: HeaderMap,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub fn post(url: &str, content_type: &str, body: &[u8]) -> Answer {
    answer(client(url).post(url).header("content-type", content_type).body(body.to_vec()))
}

/// A client that knows where names below `localhost` lead, which not every resolver does.
pub fn client(url: &str) -> reqwest::Client {
    let url: reqwest::Url = url.parse().unwrap();
    let host = url.host_str().unwrap();
    let here = SocketAddr::from(([127, 0, 0, 1], url.port_or_known_default().unwrap()));
    let builder = reqwest::Client::builder().no_proxy();
    if host.ends_with(".localhost") { builder.resolve(host, here) } else { builder }.build().unwrap()
}

pub fn answer(call: reqwest::RequestBuilder) -> Answer {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let answer = call.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.unwrap() }
    })
}
