//! A function that answers HTTP, put behind a queue.

use contracts::backlog::BacklogEvent;
use contracts::webhook_receiver;
use stacks::{Feeding, Stack};

fn define(stack: &mut Stack, feeding: Feeding, wiring: webhook_receiver::Wiring<BacklogEvent>) {
    let events = stack.queue::<BacklogEvent>("Events");
    stack.consumer("Receiver", &events, feeding, wiring);
}

fn main() {}
