//! What all services share: the calls that arrived and the failures that are planned.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock;
use crate::failure::Planned;
use crate::received::ReceivedCall;

/// Keeps the calls in the order of their arrival and hands out the planned failures.
#[derive(Default)]
pub(crate) struct Recorder {
    state: Mutex<State>,
}

/// Place and moment of a call among all calls.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) sequence: u64,
    pub(crate) at: u64,
}

#[derive(Default)]
struct State {
    n_arrivals: u64,
    calls: Vec<ReceivedCall>,
    failures: Vec<Planned>,
}

impl Recorder {
    /// Notes that a call begins.
    pub(crate) fn arrive(&self) -> Arrival {
        let mut state = self.lock();
        state.n_arrivals += 1;
        Arrival { sequence: state.n_arrivals, at: clock::now_milliseconds() }
    }

    /// Keeps an answered call at the place of its arrival, for calls may overtake each other.
    pub(crate) fn keep(&self, call: ReceivedCall) {
        let mut state = self.lock();
        let place = state.calls.partition_point(|earlier| earlier.sequence < call.sequence);
        state.calls.insert(place, call);
    }

    /// Plans a failure behind those already planned.
    pub(crate) fn plan(&self, failure: Planned) {
        self.lock().failures.push(failure);
    }

    /// Uses up one time of the first planned failure that fits the call.
    pub(crate) fn take_failure(&self, service: &str, path: &str) -> Option<Planned> {
        let mut state = self.lock();
        let place = state.failures.iter().position(|failure| failure.fits(service, path))?;
        let failure = state.failures.get_mut(place)?;
        failure.times_left -= 1;
        let taken = failure.clone();
        if taken.times_left == 0 {
            state.failures.remove(place);
        }
        Some(taken)
    }

    /// Returns every kept call, the first arrival first.
    pub(crate) fn calls(&self) -> Vec<ReceivedCall> {
        self.lock().calls.clone()
    }

    /// Returns the newest calls, the last arrival first, and how many there are in all.
    pub(crate) fn latest(&self, limit: usize) -> (Vec<ReceivedCall>, usize) {
        let state = self.lock();
        let latest = state.calls.iter().rev().take(limit).cloned().collect();
        (latest, state.calls.len())
    }

    /// Forgets calls and failures; the numbering goes on, so that no number means two calls.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        state.calls.clear();
        state.failures.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Recorder;
    use crate::received::{Credential, ReceivedCall};

    fn call(sequence: u64) -> ReceivedCall {
        ReceivedCall {
            sequence,
            service: String::new(),
            method: String::new(),
            path: String::new(),
            query: String::new(),
            credential: Credential::Missing,
            headers: BTreeMap::new(),
            body: String::new(),
            status: 200,
            at: 0,
        }
    }

    #[test]
    fn a_call_that_is_answered_late_stays_at_the_place_of_its_arrival() {
        let recorder = Recorder::default();
        let arrivals = [recorder.arrive(), recorder.arrive(), recorder.arrive()];
        for place in [2, 0, 1] {
            recorder.keep(call(arrivals[place].sequence));
        }
        let kept: Vec<_> = recorder.calls().iter().map(|call| call.sequence).collect();
        assert_eq!(kept, arrivals.map(|arrival| arrival.sequence));
    }
}
