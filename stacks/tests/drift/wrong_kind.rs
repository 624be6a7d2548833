//! A secret where the contract wants a queue.

use contracts::backlog::BacklogEvent;
use contracts::{WebhookToken, webhook_receiver};
use stacks::Stack;

fn define(stack: &mut Stack) -> webhook_receiver::Wiring<BacklogEvent> {
    let token = stack.generated_secret::<WebhookToken>("Token");
    webhook_receiver::Wiring { queue: token.read(), token: token.read() }
}

fn main() {}
