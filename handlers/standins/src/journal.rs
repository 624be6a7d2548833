//! What the emulator reports of functions that ran, so that the page can show one event on its way.
//!
//! An event is followed by ids that are there anyway. Each line of a function's log carries the id of its
//! message; a message carries its own and, from a topic, the topic's; and a function's process works at one
//! invocation at a time, so that the process behind a call to a stand-in, and the moment, name the invocation.

mod journey;

use crate::received::ReceivedCall;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use journey::{Journey, journeys};

/// So many invocations are kept; an older one is dropped for each that is new.
const KEPT_INVOCATIONS: usize = 2_000;
/// The lines of one invocation take no more than this together; a function writes a few hundred bytes for a message.
const KEPT_LINE_BYTES: usize = 32 * 1024;

/// One report of the emulator; an invocation is reported when it begins and again when it ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) invocations: Vec<Invocation>,
}

/// One run of a function; times are milliseconds since the epoch, UTC.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invocation {
    /// Lambda's id of the request.
    pub(crate) id: String,
    pub(crate) function: String,
    /// The process that ran it.
    #[serde(default)]
    pub(crate) process: Option<u32>,
    pub(crate) began: u64,
    /// Nothing while it runs.
    #[serde(default)]
    pub(crate) ended: Option<u64>,
    /// How it died, if it did.
    #[serde(default)]
    pub(crate) error: Option<String>,
    /// The request that caused it, if an API did.
    #[serde(default)]
    pub(crate) request: Option<ApiRequest>,
    /// The messages that caused it, if a queue did.
    #[serde(default)]
    pub(crate) messages: Vec<Delivered>,
    #[serde(default)]
    pub(crate) lines: Vec<String>,
}

/// A request to an API, by the resource and not the path, which may hold a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiRequest {
    pub(crate) method: String,
    pub(crate) resource: String,
    #[serde(default)]
    pub(crate) status: Option<u16>,
}

/// One delivery of a message of a queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivered {
    pub(crate) id: String,
    pub(crate) queue: String,
    /// When it came into the queue.
    pub(crate) sent: u64,
    /// How often it was delivered, this time included.
    pub(crate) count: u32,
    #[serde(default)]
    pub(crate) published: Option<Published>,
}

/// What a topic wrote on a message that it delivered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) id: String,
    pub(crate) topic: String,
}

/// Keeps the newest invocations in the order in which they began.
#[derive(Default)]
pub(crate) struct Journal {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_told: bool,
    invocations: VecDeque<Invocation>,
}

impl Journal {
    /// Takes a report of the emulator; an earlier one of the same invocation is replaced.
    pub(crate) fn take(&self, report: Report) {
        let mut state = self.lock();
        state.is_told = true;
        for mut told in report.invocations {
            let mut n_left = KEPT_LINE_BYTES;
            told.lines.retain(|line| {
                let fits = line.len() <= n_left;
                n_left = n_left.saturating_sub(line.len());
                fits
            });
            match state.invocations.iter_mut().rev().find(|known| known.id == told.id) {
                Some(known) => *known = told,
                None => {
                    let place = state.invocations.partition_point(|known| known.began <= told.began);
                    state.invocations.insert(place, told);
                }
            }
        }
        while state.invocations.len() > KEPT_INVOCATIONS {
            state.invocations.pop_front();
        }
    }

    /// Whether there is an emulator that reports; without one, callers are not looked up.
    pub(crate) fn is_told(&self) -> bool {
        self.lock().is_told
    }

    /// Returns the newest events, the last first, and how many there are in all.
    pub(crate) fn newest(&self, limit: usize, calls: &[Passed]) -> (Vec<Journey>, usize) {
        // Not under the lock: it is the emulator's turn to be fast.
        let invocations: Vec<Invocation> = self.lock().invocations.iter().cloned().collect();
        journeys(&invocations, calls, limit)
    }

    /// Forgets the invocations, but not that there is an emulator.
    pub(crate) fn reset(&self) {
        self.lock().invocations.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call to a stand-in that a known process made.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Passed {
    #[serde(skip)]
    process: u32,
    sequence: u64,
    at: u64,
    service: String,
    method: String,
    path: String,
    status: u16,
}

impl Passed {
    /// What the page shows of a call on an event's way; nothing if its caller is unknown.
    pub(crate) fn of(call: &ReceivedCall) -> Option<Self> {
        let &ReceivedCall { sequence, at, status, .. } = call;
        let [service, method, path] = [&call.service, &call.method, &call.path].map(Clone::clone);
        Some(Self { process: call.process?, sequence, at, service, method, path, status })
    }
}

#[cfg(test)]
mod tests;
