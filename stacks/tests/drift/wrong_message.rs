//! A queue of a consumer that is taken for one of other messages.

use contracts::{JsonObject, file_replicator};
use stacks::{Feeding, QueueRef, Stack};

fn define(stack: &mut Stack, feeding: Feeding, wiring: file_replicator::Wiring) {
    let _events: QueueRef<JsonObject> = stack.consumer("Events", "Replicator", feeding, wiring);
}

fn main() {}
