//! The API key where the contract wants the webhook's token.

use contracts::backlog::{BacklogApiKey, BacklogEvent};
use contracts::{Interest, PassedHeaders, Wire, webhook_receiver};
use stacks::{QueueRef, Stack};

fn define(stack: &mut Stack, events: QueueRef<BacklogEvent>) -> webhook_receiver::Wiring<BacklogEvent> {
    let api_key = stack.given_secret::<BacklogApiKey>("Key");
    let interest = stack.setting(&Interest::of_consumer());
    let headers = stack.setting(&PassedHeaders::of_consumer());
    let (key, signature) = (Wire::none(), stack.setting(&None));
    let token = api_key.read().given();
    webhook_receiver::Wiring { queue: events.send(), token: token, key, signature, interest, headers }
}

fn main() {}
