//! A queue in memory for the tests of the trigger: those of the crate `testing` stand on this crate, so it cannot use them.

use super::Queue;
use crate::Failure;
use crate::calls::{Answer, QueueCalls};
use contracts::Headers;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was sent and hidden so far.
#[derive(Clone, Default)]
pub(crate) struct FakeQueue {
    sent: Arc<Mutex<Vec<(String, Headers)>>>,
    postponed: Arc<Mutex<Vec<Duration>>>,
    is_broken: bool,
}

impl FakeQueue {
    /// A queue that takes nothing.
    pub(crate) fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|(body, _)| body.clone()).collect()
    }

    pub(crate) fn attributes(&self) -> Vec<Headers> {
        self.sent.lock().unwrap().iter().map(|(_, attributes)| attributes.clone()).collect()
    }

    pub(crate) fn postponed(&self) -> Vec<Duration> {
        self.postponed.lock().unwrap().clone()
    }
}

impl<M> Queue<M> {
    pub(crate) fn fake(queue: &FakeQueue) -> Self {
        Self::new(queue.clone())
    }
}

impl QueueCalls for FakeQueue {
    fn send<'a>(&'a self, body: &'a str, attributes: &'a Headers) -> Answer<'a, String> {
        if self.is_broken {
            return Box::pin(async { Err(Failure::retry("the queue is broken")) });
        }
        self.sent.lock().unwrap().push((body.to_owned(), attributes.clone()));
        Box::pin(async { Ok("m".to_owned()) })
    }

    fn postpone<'a>(&'a self, _: &'a str, delay: Duration) -> Answer<'a, ()> {
        self.postponed.lock().unwrap().push(delay);
        Box::pin(async { Ok(()) })
    }
}
