//! One call of AWS, recognized by its request.

use axum::body::Bytes;
use axum::http::request::Parts;

/// A call that went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number since the command began, from 1.
    pub index: usize,
    /// The service by its name in signatures, such as `cloudformation`.
    pub service: String,
    /// The operation; of S3, which names none, method and kind of resource.
    pub operation: String,
    /// How the service words its answers.
    pub protocol: Protocol,
    /// Whether the answer has no body.
    pub is_head: bool,
}

/// How a service words its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON with the code of an error in a header.
    Json,
    /// XML in answer to a form.
    Query,
    /// XML with the error as its root.
    S3,
}

impl Call {
    /// Reads a request.
    pub fn read(index: usize, head: &Parts, body: &Bytes) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let service = header("authorization").split('/').nth(3).unwrap_or("unsigned").to_owned();
        let (protocol, operation) = if let Some((_, operation)) = header("x-amz-target").rsplit_once('.') {
            (Protocol::Json, operation.to_owned())
        } else if header("content-type").contains("form-urlencoded") {
            let form = String::from_utf8_lossy(body).into_owned();
            let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
            (Protocol::Query, action.unwrap_or_default().to_owned())
        } else if service == "s3" {
            let depth = match head.uri.path().trim_matches('/').split_once('/') {
                Some(_) => "object",
                None if head.uri.path() == "/" => "buckets",
                None => "bucket",
            };
            (Protocol::S3, format!("{} {depth}", head.method))
        } else {
            (Protocol::Json, format!("{} {}", head.method, head.uri.path()))
        };
        Self { index, service, operation, protocol, is_head: head.method == "HEAD" }
    }

    /// Service and operation in one word, such as `cloudformation:CreateChangeSet`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}
