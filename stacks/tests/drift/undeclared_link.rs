//! A handler that uses what its contract does not declare.

use contracts::webhook_receiver::Links;
use contracts::{JsonObject, Linker, ReadSecret, SendTo, WebhookToken};

fn handle<L>(links: &Links<L, JsonObject>)
where
    L: Linker<SendTo<JsonObject>> + Linker<ReadSecret<WebhookToken>>,
{
    let Links { queue: _, token: _, bucket: _ } = links;
}

fn main() {}
