//! A queue in memory.

use crate::{at_once, lock};
use contracts::Headers;
use runtime::calls::{Answer, QueueCalls};
use runtime::{Failure, Queue};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was sent; clones share it.
#[derive(Clone, Default)]
pub struct FakeQueue {
    sent: Arc<Mutex<Vec<(String, Headers)>>>,
    n_taken: Arc<Mutex<usize>>,
    is_broken: bool,
}

impl FakeQueue {
    /// A queue that refuses every message.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// A link to it.
    pub fn queue<M>(&self) -> Queue<M> {
        Queue::new(self.clone())
    }

    /// The bodies sent so far.
    pub fn sent(&self) -> Vec<String> {
        lock(&self.sent).iter().map(|(body, _)| body.clone()).collect()
    }

    /// What was sent since this was asked last.
    pub fn take(&self) -> Vec<(String, Headers)> {
        let (sent, mut n_taken) = (lock(&self.sent), lock(&self.n_taken));
        let taken = sent[*n_taken..].to_vec();
        *n_taken = sent.len();
        taken
    }

    /// The attributes of each message sent so far.
    pub fn attributes(&self) -> Vec<Headers> {
        lock(&self.sent).iter().map(|(_, attributes)| attributes.clone()).collect()
    }
}

impl QueueCalls for FakeQueue {
    fn send<'a>(&'a self, body: &'a str, attributes: &'a Headers) -> Answer<'a, String> {
        if self.is_broken {
            return at_once(Err(Failure::retry("the queue is broken")));
        }
        let mut sent = lock(&self.sent);
        sent.push((body.to_owned(), attributes.clone()));
        at_once(Ok(format!("message-{}", sent.len())))
    }

    fn postpone<'a>(&'a self, _receipt: &'a str, _delay: Duration) -> Answer<'a, ()> {
        at_once(Err(Failure::permanent("nothing is delivered by this queue")))
    }
}
