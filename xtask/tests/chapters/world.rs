//! What the chapters look at and arrange: queues, stand-ins, logs of stacks.

use crate::local::stage::Stage;
use serde_json::{Value as Json, json};

impl Stage {
    /// Waits until a queue holds no message, visible or in flight.
    pub fn settles(&self, stack: &str, queue: &str) {
        self.until(&format!("{queue} is empty"), || self.depth(stack, queue) == 0);
    }

    /// The number of messages in a queue, including those in flight.
    pub fn depth(&self, stack: &str, queue: &str) -> u64 {
        self.account("depth", &[&full(stack), queue]).as_u64().unwrap()
    }

    /// Puts messages into a queue, past whatever is in front of it.
    pub fn send(&self, stack: &str, queue: &str, bodies: &[&str]) {
        let stack = full(stack);
        let arguments: Vec<&str> = [stack.as_str(), queue].into_iter().chain(bodies.iter().copied()).collect();
        assert_eq!(self.account("send", &arguments).as_array().unwrap().len(), bodies.len());
    }

    /// Takes the one message out of a dead-letter queue; returns its body and its reason.
    pub fn given_up(&self, stack: &str, queue: &str) -> (String, String) {
        let message = self.account("receive", &[&full(stack), queue]);
        let text = |name: &str| message[name].as_str().unwrap_or_else(|| panic!("{message}")).to_owned();
        assert_eq!(self.depth(stack, queue), 0, "more than one was given up");
        (text("body"), text("reason"))
    }

    /// The number of events of a stack; the same number again means that the stack was not changed.
    pub fn n_events(&self, stack: &str) -> usize {
        self.account("events", &[&full(stack)]).as_array().unwrap().len()
    }

    /// Plans a failure of a stand-in.
    pub fn fail(&self, failure: &Json) {
        let answer = self.control("fail", failure);
        assert!(answer.is_success(), "{}", answer.body);
    }

    /// What the stand-ins hold under a path of their control interface.
    pub fn held(&self, path: &str) -> Vec<Json> {
        let answer = self.controlled(path);
        assert!(answer.is_success(), "{}", answer.body);
        answer.json().as_array().unwrap().clone()
    }

    /// Issues of Backlog that have this line in their description.
    pub fn issues_with(&self, line: &str) -> Vec<Json> {
        let has_line = |issue: &Json| issue["description"].as_str().unwrap().lines().any(|other| other == line);
        self.held("backlog/issues").into_iter().filter(has_line).collect()
    }

    /// Payloads of Slack or Teams that hold this text.
    pub fn shown_with(&self, path: &str, text: &str) -> Vec<Json> {
        let payloads = self.held(path).into_iter().map(|message| message["payload"].clone());
        payloads.filter(|payload| texts(payload).contains(text)).collect()
    }

    /// Calls that a service has received since it had received `n_before`, with their statuses.
    pub fn calls_since(&self, n_before: usize, service: &str) -> Vec<Json> {
        let calls = self.held("received").into_iter().skip(n_before);
        calls.filter(|call| call["service"] == service).collect()
    }

    pub fn n_calls(&self) -> usize {
        self.held("received").len()
    }
}

/// The name of a stack of the local stage in the account.
pub fn full(stack: &str) -> String {
    format!("tsugite-local-{stack}")
}

/// A notification as SNS puts it into a queue.
pub fn envelope(id: &str, topic: &str, message: &str) -> String {
    json!({
        "Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": message,
        "Timestamp": "2026-08-04T02:01:52.123Z", "SignatureVersion": "1",
    })
    .to_string()
}

/// All texts of a JSON value, one in each line.
pub fn texts(value: &Json) -> String {
    match value {
        Json::String(text) => format!("{text}\n"),
        Json::Array(list) => list.iter().map(texts).collect(),
        Json::Object(members) => members.values().map(texts).collect(),
        _ => String::new(),
    }
}

/// The time now, in seconds since 1970.
pub fn now_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
