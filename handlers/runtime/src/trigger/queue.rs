//! Batches of an SQS queue, answered message by message.

use crate::link::{Queue, REASON};
use crate::{Environment, Failure, LinkError, log};
use contracts::{
    Contract, FunctionLimits, Headers, JsonObject, Linker, Message, Open, Published, SendTo, Sqs, published_id,
    trigger_variables,
};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};

/// Time kept back before Lambda ends the invocation, to abort what is half done and to answer.
const CLOSING_TIME: Duration = Duration::from_secs(5);
/// Wait before the second delivery; it doubles with each one.
const FIRST_DELAY: Duration = Duration::from_secs(10);

/// How often a message is delivered to look at its effect again.
const LOOKS_LIMIT: u32 = 3;
/// How long a message stays hidden after each sign of life of a function that works on it.
const LEASE: Duration = Duration::from_secs(120);
/// How long such signs are apart: one may fail, and the next one is still in time.
const BEAT: Duration = Duration::from_secs(40);

/// How far a wait grows beyond what the far side asks for: enough for a flood to spread out, and not so
/// much that the last of it is left waiting when there is room.
const LONGEST_GROWN_WAIT: Duration = Duration::from_secs(160);

/// A message with what is known of its delivery.
#[derive(Clone, Debug)]
pub struct Delivery<M> {
    /// The message.
    pub message: M,
    /// Id that SQS gave it; the same at every delivery.
    pub message_id: String,
    /// When the handler must have come to an end.
    pub deadline: Instant,
}

impl<M> Delivery<Published<M>> {
    /// The id that is the same wherever the message went: the topic's, or the queue's if it came bare.
    pub fn published_id(&self) -> &str {
        self.message.id.as_deref().unwrap_or(&self.message_id)
    }
}

/// The work is done, or there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The effect is there; says what it is.
    Worked(String),
    /// The effect is there, and another look shall tell whether it still is what it should be; says what it is.
    ///
    /// The message comes back a few times, and is done after that.
    LookAgain(String),
    /// Nothing had to be done; says why.
    Ignored(String),
    /// Nothing could be done and nobody needs to act; says why.
    Warned(String),
}

/// What an outcome is besides its text; handlers' tests demand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// [`Done::Worked`].
    Worked,
    /// [`Done::LookAgain`].
    LookAgain,
    /// [`Done::Ignored`].
    Ignored,
    /// [`Done::Warned`].
    Warned,
    /// A failure that may pass.
    Retry,
    /// A failure that does not pass.
    Permanent,
}

impl Outcome {
    /// Takes what a handler returned apart: what it is, and its text.
    pub fn of(returned: &Result<Done, Failure>) -> (Self, &str) {
        match returned {
            Ok(Done::Worked(text)) => (Self::Worked, text),
            Ok(Done::LookAgain(text)) => (Self::LookAgain, text),
            Ok(Done::Ignored(text)) => (Self::Ignored, text),
            Ok(Done::Warned(text)) => (Self::Warned, text),
            Err(failure @ Failure::Retry { .. }) => (Self::Retry, failure.reason()),
            Err(failure @ Failure::Permanent { .. }) => (Self::Permanent, failure.reason()),
        }
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

/// An attribute that whoever sent the message gave it; `string_value` is none of a binary one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    #[serde(default)]
    string_value: Option<String>,
}

impl Record {
    /// Fields of a log line about the message: by them it is followed from function to function.
    fn fields(&self, extra: Value) -> Value {
        let mut fields = json!({"message_id": self.message_id});
        if let Some(id) = published_id(&self.body) {
            fields["published_id"] = json!(id);
        }
        if let (Some(fields), Value::Object(extra)) = (fields.as_object_mut(), extra) {
            fields.extend(extra);
        }
        fields
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
    log::info("received", record.fields(json!({"delivery": record.n_deliveries()})));
    if Instant::now() >= deadline {
        return Err(Failure::retry("no time was left in this invocation"));
    }
    let message = M::from_parts(&record.body, &record.headers()).map_err(|error| {
        // The error's own text may quote the message.
        Failure::permanent(format!(
            "the message is not what this function takes: {:?} error at line {}, column {}",
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

/// Logs the outcome and sees to what failed; `false` if the queue must deliver it again.
async fn settle<M>(
    source: &Queue<M>,
    dead_letters: &Queue<JsonObject>,
    record: &Record,
    outcome: Result<Done, Failure>,
) -> bool {
    let n_deliveries = record.n_deliveries();
    let failure = match outcome {
        Ok(Done::LookAgain(result)) if n_deliveries < LOOKS_LIMIT => {
            let delay = delay_after(n_deliveries);
            let fields = json!({"result": result, "after_seconds": delay.as_secs()});
            log::info("done for now: will be looked at again", record.fields(fields));
            postpone(source, record, delay).await;
            return false;
        }
        Ok(Done::Worked(result) | Done::LookAgain(result)) => {
            log::info("done", record.fields(json!({"result": result})));
            return true;
        }
        Ok(Done::Ignored(why)) => {
            log::info("ignored", record.fields(json!({"reason": why})));
            return true;
        }
        Ok(Done::Warned(why)) => {
            log::warn("nothing done", record.fields(json!({"reason": why})));
            return true;
        }
        Err(failure) => failure,
    };
    let fields = |extra: Value| {
        let mut fields = record.fields(json!({"delivery": n_deliveries, "reason": failure.reason()}));
        if let (Some(fields), Value::Object(extra)) = (fields.as_object_mut(), extra) {
            fields.extend(extra);
        }
        fields
    };
    let delay = match &failure {
        Failure::Retry { after: Some(after), .. } if n_deliveries < contracts::RECEIVES_LIMIT => {
            wait(*after, n_deliveries, &record.message_id)
        }
        Failure::Retry { after: None, .. } if n_deliveries < contracts::DELIVERIES_LIMIT => delay_after(n_deliveries),
        _ => match dead_letters.send_with_reason(&record.body, &record.headers(), failure.reason()).await {
            Ok(_) => {
                log::error("given up: the message is in the dead-letter queue", fields(json!({})));
                return true;
            }
            Err(refused) => {
                log::error("cannot reach the dead-letter queue", fields(json!({"cause": refused.reason()})));
                delay_after(n_deliveries)
            }
        },
    };
    log::warn("failed: will be tried again", fields(json!({"after_seconds": delay.as_secs()})));
    postpone(source, record, delay).await;
    false
}

/// Hides a message for so long.
async fn postpone<M>(source: &Queue<M>, record: &Record, delay: Duration) {
    if let Err(refused) = source.postpone(&record.receipt_handle, delay).await {
        // The visibility timeout of the queue brings it back all the same.
        log::warn("cannot postpone", record.fields(json!({"reason": refused.reason()})));
    }
}

/// Works on a message, and keeps it hidden while the work lasts: if the function dies, another one gets the message
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
            log::warn("the message may come back too soon", record.fields(json!({"reason": refused.reason()})));
        }
        sleep(BEAT).await;
    }
}

fn delay_after(n_deliveries: u32) -> Duration {
    FIRST_DELAY * 2u32.pow(n_deliveries.saturating_sub(1).min(6))
}

/// The wait that the far side asked for; from the third time on longer, by what grows and differs
/// from message to message.
///
/// Of a flood of messages all are told to come back at the same time, when there is room for a few:
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

/// A number from 0 to 1 that is as good as random, and the same for the same delivery.
fn share_of(message_id: &str, n_deliveries: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (message_id, n_deliveries).hash(&mut hasher);
    f64::from(u16::try_from(hasher.finish() >> 48).unwrap_or_default()) / f64::from(u16::MAX)
}

/// Lambda's deadline (milliseconds since 1970) less the time to come to an orderly end.
fn deadline_of(epoch_millis: u64) -> Instant {
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(epoch_millis);
    let left = end.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(CLOSING_TIME)
}

#[cfg(test)]
mod tests;
