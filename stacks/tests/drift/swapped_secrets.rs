//! The API key where the contract wants the webhook's token.

use contracts::backlog::{BacklogApiKey, BacklogEvent};
use contracts::webhook_receiver;
use stacks::Stack;

fn define(stack: &mut Stack) -> webhook_receiver::Wiring<BacklogEvent> {
    let events = stack.queue::<BacklogEvent>("Events");
    let key = stack.given_secret::<BacklogApiKey>("Key");
    webhook_receiver::Wiring { queue: events.send(), token: key.read() }
}

fn main() {}
