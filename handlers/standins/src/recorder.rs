//! What all services share: the calls that arrived and the failures that are planned.

use crate::clock;
use crate::failure::Planned;
use crate::received::{Arrival, ReceivedCall};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many calls are kept; an older one is dropped for each that is new.
const KEPT_CALLS: usize = 10_000;
/// The bodies of the kept calls take no more than this together.
const KEPT_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Keeps the newest calls in the order of their arrival and hands out the planned failures.
#[derive(Default)]
pub(crate) struct Recorder {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    n_arrivals: u64,
    calls: VecDeque<ReceivedCall>,
    body_bytes: usize,
    n_dropped: usize,
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
        state.body_bytes += call.body.len();
        state.calls.insert(place, call);
        while state.calls.len() > KEPT_CALLS || state.body_bytes > KEPT_BODY_BYTES {
            let Some(oldest) = state.calls.pop_front() else { break };
            state.body_bytes -= oldest.body.len();
            state.n_dropped += 1;
        }
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
        self.lock().calls.iter().cloned().collect()
    }

    /// Returns what is made of every kept call, the first arrival first.
    pub(crate) fn of_each<T>(&self, make: impl FnMut(&ReceivedCall) -> Option<T>) -> Vec<T> {
        self.lock().calls.iter().filter_map(make).collect()
    }

    /// Returns how many calls were dropped for newer ones.
    pub(crate) fn n_dropped(&self) -> usize {
        self.lock().n_dropped
    }

    /// Returns the newest calls, the last arrival first, and how many there were in all.
    pub(crate) fn latest(&self, limit: usize) -> (Vec<ReceivedCall>, usize) {
        let state = self.lock();
        let latest = state.calls.iter().rev().take(limit).cloned().collect();
        (latest, state.calls.len() + state.n_dropped)
    }

    /// Forgets calls and failures; the numbering continues, so that no number means two calls.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        state.calls.clear();
        (state.body_bytes, state.n_dropped) = (0, 0);
        state.failures.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BODY_BYTES, KEPT_CALLS, Recorder};
    use crate::received::ReceivedCall;
    use crate::secret::Credential;
    use std::collections::BTreeMap;

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
            process: None,
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
    #[test]
    fn the_newest_calls_are_kept_and_the_others_are_counted() {
        let recorder = Recorder::default();
        for _ in 0..KEPT_CALLS + 3 {
            recorder.keep(call(recorder.arrive().sequence));
        }
        let calls = recorder.calls();
        assert_eq!((calls.len(), calls[0].sequence, recorder.n_dropped()), (KEPT_CALLS, 4, 3));
        assert_eq!(recorder.latest(1).1, KEPT_CALLS + 3);
        recorder.reset();
        assert_eq!((recorder.calls().len(), recorder.n_dropped()), (0, 0));
    }

    #[test]
    fn large_bodies_leave_room_for_fewer_calls() {
        let recorder = Recorder::default();
        for _ in 0..5 {
            let body = "x".repeat(KEPT_BODY_BYTES / 4);
            recorder.keep(ReceivedCall { body, ..call(recorder.arrive().sequence) });
        }
        assert_eq!((recorder.calls().len(), recorder.n_dropped()), (4, 1));
    }
}
