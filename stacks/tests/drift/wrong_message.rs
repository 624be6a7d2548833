//! A consumer behind a queue of messages that it does not take.

use contracts::{JsonObject, file_replicator};
use stacks::{Feeding, Stack};

fn define(stack: &mut Stack, feeding: Feeding, wiring: file_replicator::Wiring) {
    let events = stack.queue::<JsonObject>("Events");
    stack.consumer("Replicator", &events, feeding, wiring);
}

fn main() {}
