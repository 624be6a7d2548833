//! A link that the contract declares and the stack does not give.

use contracts::backlog::BacklogEvent;
use contracts::webhook_receiver;
use stacks::Stack;

fn define(stack: &mut Stack) -> webhook_receiver::Wiring<BacklogEvent> {
    let events = stack.queue::<BacklogEvent>("Events");
    webhook_receiver::Wiring { queue: events.send() }
}

fn main() {}
