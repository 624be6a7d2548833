//! Work that is claimed before it starts, so that it has its effect once.

use super::records::{Records, Stored};
use crate::{Done, Failure, log};
use contracts::claim::Progress;
use contracts::trace::Made;
use serde_json::json;
use std::time::{Duration, SystemTime};

/// How long finished work is remembered: longer than any message lives, with seven days in its queue,
/// fourteen among the dead letters, and seven more after a redrive.
const MEMORY: Duration = Duration::from_secs(30 * 86_400);

/// Claims on pieces of work by their keys.
pub struct Claims {
    records: Records<Progress>,
}

/// How a piece of work stood when it was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// There was no attempt before, or one that certainly had no effect.
    First,
    /// There was one with an unknown result: the effect may be there.
    Again,
}

/// A piece of work that failed, and what is known of its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// Why it failed.
    pub failure: Failure,
    /// Whether the effect may be there nevertheless.
    pub effect: Effect,
}

/// What is known of the effect of a piece of work that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This attempt certainly had none: the server refused it, or was never reached.
    None,
    /// It may be there: an answer was lost, or says nothing about it.
    Unknown,
}

impl From<Failure> for Abandoned {
    /// A failure that says nothing about the effect.
    fn from(failure: Failure) -> Self {
        Self { failure, effect: Effect::Unknown }
    }
}

impl From<Abandoned> for Failure {
    fn from(abandoned: Abandoned) -> Self {
        abandoned.failure
    }
}

/// The result of a claim.
enum Claimed {
    Held(Attempt, Stored<Progress>),
    Done { result: String, made: Option<Made> },
    Busy(Duration),
}

impl Claims {
    /// Claims that are kept in these records.
    pub fn new(records: Records<Progress>) -> Self {
        Self { records }
    }

    /// Does a piece of work unless it is already done; `lease` is longer than the work can take.
    ///
    /// A message that comes a second time while the first is handled waits. A crash between the
    /// effect and its record leaves a claim that ends with its lease: the next attempt learns
    /// from [`Attempt::Again`] that the effect may be there.
    pub async fn once(
        &self,
        key: &str,
        lease: Duration,
        work: impl AsyncFnOnce(Attempt) -> Result<Done, Failure>,
    ) -> Result<Done, Failure> {
        self.once_unless_refused(key, lease, async |attempt| work(attempt).await.map_err(Abandoned::from)).await
    }

    /// The same for work that knows when it had no effect: a claim that was the first is released then, so that
    /// the next attempt is the first again and has nothing to look for.
    pub async fn once_unless_refused(
        &self,
        key: &str,
        lease: Duration,
        work: impl AsyncFnOnce(Attempt) -> Result<Done, Abandoned>,
    ) -> Result<Done, Failure> {
        let (attempt, held) = match self.claim(key, lease).await? {
            Claimed::Held(attempt, held) => (attempt, held),
            Claimed::Done { result, made } => {
                return Ok(Done::Repeated { result: format!("done before: {result}"), made });
            }
            Claimed::Busy(left) => return Err(Failure::retry_after("another delivery is handling it", left)),
        };
        let outcome = work(attempt).await;
        let end = match &outcome {
            Ok(Done::Worked { result, made } | Done::Repeated { result, made }) => {
                Progress::Done { result: result.clone(), made: made.clone() }
            }
            Ok(Done::Ignored(reason) | Done::Warned { reason, .. }) => {
                Progress::Done { result: reason.clone(), made: None }
            }
            // A second look starts over, as a failure does.
            Ok(Done::LookAgain { .. }) => Progress::Dropped,
            // A refusal says nothing about the attempts before it.
            Err(Abandoned { effect: Effect::None, .. }) if attempt == Attempt::First => Progress::Refused,
            Err(_) => Progress::Dropped,
        };
        // The effect is there or not, with or without the record: without one, the claim ends with its lease.
        if let Err(failure) = self.records.replace(key, &held, &end, MEMORY).await {
            log::warn("cannot record the outcome", json!({"key": key, "reason": failure.reason()}));
        }
        outcome.map_err(Failure::from)
    }

    async fn claim(&self, key: &str, lease: Duration) -> Result<Claimed, Failure> {
        let started = Progress::Started { until_millis: now_millis() + millis(lease) };
        let there = match self.records.insert(key, &started, MEMORY).await? {
            Ok(held) => return Ok(Claimed::Held(Attempt::First, held)),
            Err(there) => there,
        };
        match &there.value {
            Progress::Done { result, made } => Ok(Claimed::Done { result: result.clone(), made: made.clone() }),
            Progress::Started { until_millis } if *until_millis > now_millis() => {
                Ok(Claimed::Busy(Duration::from_millis(until_millis - now_millis()) + Duration::from_secs(1)))
            }
            Progress::Started { .. } | Progress::Dropped | Progress::Refused => {
                let attempt = if there.value == Progress::Refused { Attempt::First } else { Attempt::Again };
                match self.records.replace(key, &there, &started, MEMORY).await? {
                    Some(held) => Ok(Claimed::Held(attempt, held)),
                    None => Ok(Claimed::Busy(lease)),
                }
            }
        }
    }
}

fn now_millis() -> u64 {
    millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
