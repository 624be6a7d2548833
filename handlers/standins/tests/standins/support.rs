//! A started server, and the shortest ways to talk to it.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use standins::{Keys, Standins};
use std::error::Error;

pub(crate) const KEY: &str = "AcceptedKey0123456789";
pub(crate) const FILE: &str = "/backlog/api/v2/projects/SUB/files/7";

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// A server of its own for one test.
pub(crate) struct Stage {
    pub(crate) standins: Standins,
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn started() -> Result<Self, Box<dyn Error>> {
        Self::with_token(None).await
    }

    pub(crate) async fn with_token(token: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let standins = Standins::start(0, keys(), token.map(str::to_owned)).await?;
        Ok(Self { standins, client: client()? })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.standins.url());
        self.client.request(method, url)
    }

    /// Asks a service with the accepted key.
    pub(crate) async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.get_with_key(path, KEY).await
    }

    pub(crate) async fn get_with_key(&self, path: &str, key: &str) -> reqwest::Result<Response> {
        let request = self.request(Method::GET, path);
        request.query(&[("apiKey", key)]).send().await
    }

    pub(crate) async fn control(&self, call: &str, input: &Value) -> reqwest::Result<Response> {
        let path = format!("/_control/{call}");
        self.request(Method::POST, &path).json(input).send().await
    }

    /// Puts file 7 with the given fields beside `id`, `dir` and `name`, and demands that it is taken.
    pub(crate) async fn put(&self, fields: Value) -> Outcome {
        let mut file = json!({"id": 7, "dir": "/", "name": "file.bin"});
        if let (Some(file), Value::Object(fields)) = (file.as_object_mut(), fields) {
            file.extend(fields);
        }
        let answer = self.control("backlog/files", &file).await?;
        let status = answer.status();
        assert_eq!(status, 201, "{}", answer.text().await?);
        Ok(())
    }
}

pub(crate) fn keys() -> Keys {
    Keys::sample().with("BACKLOG_API_KEY", KEY)
}

pub(crate) fn client() -> reqwest::Result<Client> {
    // No test speaks TLS, but the workspace's client wants a provider before it is built.
    // Only the first of many tests can install it, so the result says nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([]).redirect(Policy::none()).build()
}

/// Demands an error answer in Backlog's shape.
pub(crate) async fn check_error(answer: Response, status: u16, code: u64) -> Outcome {
    assert_eq!(answer.status(), status);
    assert_eq!(header(&answer, "content-type"), "application/json;charset=utf-8");
    let body: Value = answer.json().await?;
    let error = &body["errors"][0];
    assert_eq!(error["code"], code, "{body}");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(error["moreInfo"].is_string(), "{body}");
    Ok(())
}

pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(crate) fn number(answer: &Response, name: &str) -> Result<u64, Box<dyn Error>> {
    Ok(header(answer, name).parse()?)
}
