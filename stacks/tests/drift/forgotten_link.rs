//! A link that the contract declares and the stack does not give.

use contracts::backlog::BacklogEvent;
use contracts::{Interest, PassedHeaders, Wire, webhook_receiver};
use stacks::{QueueRef, Stack};

fn define(stack: &mut Stack, events: QueueRef<BacklogEvent>) -> webhook_receiver::Wiring<BacklogEvent> {
    let interest = stack.setting(&Interest::of_consumer());
    let headers = stack.setting(&PassedHeaders::of_consumer());
    let signature = stack.setting(&None);
    webhook_receiver::Wiring { queue: events.send(), key: Wire::none(), signature, interest, headers }
}

fn main() {}
