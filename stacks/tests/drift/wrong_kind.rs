//! A secret where the contract wants a queue.

use contracts::backlog::BacklogEvent;
use contracts::{Interest, PassedHeaders, WebhookToken, Wire, webhook_receiver};
use stacks::Stack;

fn define(stack: &mut Stack) -> webhook_receiver::Wiring<BacklogEvent> {
    let secret = stack.generated_secret::<WebhookToken>("Token");
    let interest = stack.setting(&Interest::of_consumer());
    let headers = stack.setting(&PassedHeaders::of_consumer());
    let (token, key, signature) = (secret.read().given(), Wire::none(), stack.setting(&None));
    webhook_receiver::Wiring { queue: secret.read(), token, key, signature, interest, headers }
}

fn main() {}
