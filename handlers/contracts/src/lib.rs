//! What each handler needs, declared once: the handler and its stack both read it here.

mod contract;
mod interest;
mod link;
mod message;
mod published;
mod saas;
mod secret;
mod setting;
mod signature;
mod time_zone;

pub mod backlog;
pub mod bytebase;
pub mod claim;
pub mod file_replicator;
pub mod incident_reporter;
pub mod mackerel;
pub mod question;
pub mod question_archiver;
pub mod question_receiver;
pub mod slack;
pub mod slack_notifier;
pub mod teams;
pub mod teams_poster;
pub mod text;
pub mod ticket_creator;
pub mod trace;
pub mod webhook_receiver;

pub use contract::{Contract, FunctionLimits, NamedWire, Open, Wires};
pub use interest::{Interest, PassedHeaders, WebhookEvent, WithHeaders};
pub use link::{
    ClaimWork, Count, Http, InsertRecords, KeepRecords, Kind, Linker, Optional, PublishTo, PutObjects, ReadSecret,
    SendTo, Setting, Sqs, Wire, service,
};
pub use message::{Headers, JsonObject, Message};
pub use published::{PlainText, Published, published_id};
pub use saas::Saas;
pub use secret::{SecretForm, SecretValue, SigningKey, SigningSecret, WebhookToken};
pub use setting::{Days, Origin, SettingValue, SizeLimit};
pub use signature::{Encoding, Handshake, KeyForm, Signature, Timestamp, Unsigned};
pub use time_zone::TimeZone;

/// How often a message may fail before `runtime` parks it with its reason.
///
/// With waits that double from ten seconds to ten minutes, an outage of more than half an hour passes
/// before a person is alerted.
pub const DELIVERIES_LIMIT: u32 = 10;
/// How often it is delivered at most; stacks write it into the redrive policy.
///
/// More than [`DELIVERIES_LIMIT`], because a server that names a time to come back has not failed:
/// a flood of messages behind a rate limit drains in waves.
pub const RECEIVES_LIMIT: u32 = 20;

/// Names of the variables that a trigger brings along; no contract may declare them.
pub mod trigger_variables {
    /// URL of the queue that feeds the function.
    pub const SOURCE_QUEUE: &str = "SOURCE_QUEUE_URL";
    /// URL of the queue for messages that cannot be handled.
    pub const DEAD_LETTER_QUEUE: &str = "DEAD_LETTER_QUEUE_URL";
}
