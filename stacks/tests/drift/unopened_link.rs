//! A handler that leaves out what its contract declares.

use contracts::webhook_receiver::Links;
use contracts::{JsonObject, Linker, ReadSecret, SendTo, WebhookToken};

fn handle<L>(links: &Links<L, JsonObject>)
where
    L: Linker<SendTo<JsonObject>> + Linker<ReadSecret<WebhookToken>>,
{
    let Links { queue: _ } = links;
}

fn main() {}
