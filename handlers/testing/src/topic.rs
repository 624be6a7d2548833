//! A topic in memory.

use crate::{at_once, lock};
use runtime::calls::{Answer, TopicCalls};
use runtime::{Failure, Topic};
use serde::Serialize;
use std::sync::{Arc, Mutex};

/// What was published; clones share it.
#[derive(Clone, Default)]
pub struct FakeTopic {
    published: Arc<Mutex<Vec<String>>>,
    n_taken: Arc<Mutex<usize>>,
    is_broken: bool,
}

impl FakeTopic {
    /// A topic that refuses every message.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// A link to it.
    pub fn topic<M: Serialize>(&self) -> Topic<M> {
        Topic::new(self.clone())
    }

    /// What was published since this was asked last.
    pub fn take(&self) -> Vec<String> {
        let (published, mut n_taken) = (lock(&self.published), lock(&self.n_taken));
        let taken = published[*n_taken..].to_vec();
        *n_taken = published.len();
        taken
    }

    /// The messages published so far.
    pub fn published(&self) -> Vec<String> {
        lock(&self.published).clone()
    }
}

impl TopicCalls for FakeTopic {
    fn publish<'a>(&'a self, message: &'a str) -> Answer<'a, String> {
        if self.is_broken {
            return at_once(Err(Failure::retry("the topic is broken")));
        }
        let mut published = lock(&self.published);
        published.push(message.to_owned());
        at_once(Ok(format!("published-{}", published.len())))
    }
}
