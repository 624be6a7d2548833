//! Batches of an SQS queue, answered message by message.

use crate::link::{Queue, REASON};
use crate::{Done, Environment, Failure, LinkError, log};
use contracts::trace::{EventId, Trace};
use contracts::{
    Contract, FunctionLimits, Headers, JsonObject, Linker, Message, Open, Published, SendTo, Sqs, published_id,
    trigger_variables,
};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};

/// Time reserved before Lambda ends the invocation, to abort unfinished work and to answer.
const CLOSING_TIME: Duration = Duration::from_secs(5);
/// Wait before the second delivery; it doubles with each one.
const FIRST_DELAY: Duration = Duration::from_secs(10);

/// How often a message is delivered to check its effect again.
const LOOKS_LIMIT: u32 = 3;
/// How long a message stays hidden after each renewal by the function that handles it.
const LEASE: Duration = Duration::from_secs(120);
/// The time between renewals: one may fail, and the next one is still in time.
const BEAT: Duration = Duration::from_secs(40);

/// How far a wait grows beyond what the server asks for: enough for a flood to spread out, and not so
/// much that the last of it is left waiting when there is room.
const LONGEST_GROWN_WAIT: Duration = Duration::from_secs(160);

/// A message and its delivery.
#[derive(Clone, Debug)]
pub struct Delivery<M> {
    /// The message.
    pub message: M,
    /// Id that SQS gave it; the same at every delivery.
    pub message_id: String,
    /// When the handler must have finished.
    pub deadline: Instant,
}

impl<M> Delivery<Published<M>> {
    /// The id that is the same in all queues: that of the topic, or that of the queue if no topic sent it.
    pub fn published_id(&self) -> &str {
        self.message.id.as_deref().unwrap_or(&self.message_id)
    }
}

/// Runs a handler behind a queue until Lambda ends the process.
///
/// Each message succeeds or fails alone. One that can never succeed, or that fails at its last
/// delivery, is put into the dead-letter queue with its reason.
pub fn serve_queue<K, L, M>(handle: impl AsyncFn(&K, Delivery<M>) -> Result<Done, Failure>) -> ExitCode
where
    K: Open<L>,
    K::Error: std::fmt::Display,
    K::Contract: Contract<Trigger = Sqs<M>>,
    L: From<Environment> + Linker<SendTo<JsonObject>, Link = Queue<JsonObject>, Error = LinkError>,
    M: Message,
{
    super::run(async |links: K, linker: L| {
        let [source, dead_letters] = [trigger_variables::SOURCE_QUEUE, trigger_variables::DEAD_LETTER_QUEUE];
        let (source, dead_letters) = (linker.link(source)?, linker.link(dead_letters)?);
        lambda_runtime::run(service_fn(async |event: LambdaEvent<Batch>| {
            log::begin_invocation(&event.context.request_id);
            let deadline = deadline_of(event.context.deadline);
            let mut failed = Vec::new();
            for record in event.payload.records {
                let work = attempt(&links, &handle, &record, deadline);
                let outcome = match has_heartbeat(K::Contract::LIMITS) {
                    true => keeping_hidden(&source, &record, work).await,
                    false => work.await,
                };
                if !settle(&source, &dead_letters, &record, outcome).await {
                    failed.push(json!({"itemIdentifier": record.message_id}));
                }
            }
            Ok::<_, lambda_runtime::Error>(json!({"batchItemFailures": failed}))
        }))
        .await
    })
}

/// Whether a function may work for longer than a lease lasts; the messages of others come back soon enough.
fn has_heartbeat(limits: FunctionLimits) -> bool {
    Duration::from_secs(limits.timeout_seconds.into()) > LEASE
}

#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
    #[serde(default)]
    message_attributes: HashMap<String, Attribute>,
}

/// An attribute that the sender of the message gave it; `string_value` is none of a binary one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    #[serde(default)]
    string_value: Option<String>,
}

impl Record {
    /// The ids by which it is followed from function to function.
    fn event(&self) -> EventId {
        EventId { message_id: Some(self.message_id.clone()), published_id: published_id(&self.body) }
    }

    /// Headers of the request that brought it, without the reason for which it was a dead letter once.
    fn headers(&self) -> Headers {
        let texts =
            self.message_attributes.iter().filter_map(|(name, value)| Some((name, value.string_value.as_ref()?)));
        texts.filter(|(name, _)| *name != REASON).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// How often it was delivered, this time included.
    fn n_deliveries(&self) -> u32 {
        let count = self.attributes.get("ApproximateReceiveCount");
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}

async fn attempt<K, M: Message>(
    links: &K,
    handle: &impl AsyncFn(&K, Delivery<M>) -> Result<Done, Failure>,
    record: &Record,
    deadline: Instant,
) -> Result<Done, Failure> {
    log::trace(record.event(), Trace::Received { delivery: record.n_deliveries() });
    if Instant::now() >= deadline {
        return Err(Failure::retry("no time was left in this invocation"));
    }
    let message = M::from_parts(&record.body, &record.headers()).map_err(|error| {
        // The error's own text may quote the message.
        Failure::permanent(format!(
            "the message is not one that this function accepts: {:?} error at line {}, column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    })?;
    let delivery = Delivery { message, message_id: record.message_id.clone(), deadline };
    // A panic concerns one message; the others of the batch must not pay for it.
    AssertUnwindSafe(handle(links, delivery))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Failure::retry("the handler panicked")))
}

/// Acts on the outcome of a message and logs it; `false` if the queue must deliver the message again.
async fn settle<M>(
    source: &Queue<M>,
    dead_letters: &Queue<JsonObject>,
    record: &Record,
    outcome: Result<Done, Failure>,
) -> bool {
    let trace = match outcome {
        Ok(done) => trace_of(done, record.n_deliveries()),
        Err(failure) => park_or_retry(dead_letters, record, &failure).await,
    };
    let after_seconds = match &trace {
        Trace::Retrying { after_seconds, .. } | Trace::DoneForNow { after_seconds, .. } => Some(*after_seconds),
        _ => None,
    };
    log::trace(record.event(), trace);
    if let Some(seconds) = after_seconds {
        postpone(source, record, Duration::from_secs(seconds)).await;
    }
    after_seconds.is_none()
}

/// The trace of work that is done.
fn trace_of(done: Done, n_deliveries: u32) -> Trace {
    match done {
        Done::LookAgain { result, made } if n_deliveries < LOOKS_LIMIT => {
            Trace::DoneForNow { result, made, after_seconds: delay_after(n_deliveries).as_secs() }
        }
        Done::Worked { result, made } | Done::LookAgain { result, made } => Trace::Done { result, made },
        Done::Repeated { result, made } => Trace::Repeated { result, made },
        Done::Ignored(reason) => Trace::Ignored { status: None, reason },
        Done::Warned { reason, cause } => Trace::NothingDone { reason, cause },
    }
}

/// Puts a message that failed for the last time into the dead-letter queue.
async fn park_or_retry(dead_letters: &Queue<JsonObject>, record: &Record, failure: &Failure) -> Trace {
    let delivery = record.n_deliveries();
    let (reason, cause) = (failure.reason().to_owned(), failure.cause().clone());
    let delay = match failure {
        Failure::Retry { after: Some(after), .. } if delivery < contracts::RECEIVES_LIMIT => {
            wait(*after, delivery, &record.message_id)
        }
        Failure::Retry { after: None, .. } if delivery < contracts::DELIVERIES_LIMIT => delay_after(delivery),
        _ => match dead_letters.send_with_reason(&record.body, &record.headers(), &reason).await {
            Ok(_) => return Trace::GivenUp { delivery, reason, cause },
            Err(refused) => {
                let fields = json!({"reason": refused.reason()});
                log::error_of(record.event(), "cannot reach the dead-letter queue", fields);
                delay_after(delivery)
            }
        },
    };
    Trace::Retrying { delivery, reason, cause, after_seconds: delay.as_secs() }
}

/// Hides a message for this time.
async fn postpone<M>(source: &Queue<M>, record: &Record, delay: Duration) {
    if let Err(refused) = source.postpone(&record.receipt_handle, delay).await {
        // The visibility timeout of the queue brings it back anyway.
        log::warn_of(record.event(), "cannot postpone", json!({"reason": refused.reason()}));
    }
}

/// Handles a message, and keeps it hidden meanwhile: if the function dies, another one gets the message
/// soon after, and not only when the queue's own time is over, which cannot be less than that of the function.
///
/// Source: Lambda API reference, CreateEventSourceMapping; Amazon SQS developer guide, "visibility timeout".
async fn keeping_hidden<M, T>(source: &Queue<M>, record: &Record, work: impl Future<Output = T>) -> T {
    match select(pin!(beat(source, record)), pin!(work)).await {
        Either::Left((never, _)) => match never {},
        Either::Right((done, _)) => done,
    }
}

async fn beat<M>(source: &Queue<M>, record: &Record) -> Infallible {
    loop {
        if let Err(refused) = source.postpone(&record.receipt_handle, LEASE).await {
            let fields = json!({"reason": refused.reason()});
            log::warn_of(record.event(), "the message may come back too soon", fields);
        }
        sleep(BEAT).await;
    }
}

fn delay_after(n_deliveries: u32) -> Duration {
    FIRST_DELAY * 2u32.pow(n_deliveries.saturating_sub(1).min(6))
}

/// The wait that the server asked for; from the third time on longer, by what grows and differs
/// from message to message.
///
/// Of a flood of messages all are to come back at the same time, when there is room for a few:
/// if they did, the others would use up their deliveries.
fn wait(asked: Duration, n_deliveries: u32, message_id: &str) -> Duration {
    match n_deliveries {
        0..=2 => asked,
        n => {
            let grown = delay_after(n - 2).min(LONGEST_GROWN_WAIT);
            asked + grown.mul_f64(0.5 + share_of(message_id, n))
        }
    }
}

/// A pseudo-random number from 0 to 1, the same for the same delivery.
fn share_of(message_id: &str, n_deliveries: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (message_id, n_deliveries).hash(&mut hasher);
    f64::from(u16::try_from(hasher.finish() >> 48).unwrap_or_default()) / f64::from(u16::MAX)
}

/// Lambda's deadline (milliseconds since 1970) less the time to finish in order.
fn deadline_of(epoch_millis: u64) -> Instant {
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(epoch_millis);
    let left = end.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(CLOSING_TIME)
}

#[cfg(test)]
mod tests;
