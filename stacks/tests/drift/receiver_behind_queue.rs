//! A function that answers HTTP, put behind a queue.

use contracts::backlog::BacklogEvent;
use contracts::webhook_receiver;
use stacks::{Feeding, Stack};

fn define(stack: &mut Stack, feeding: Feeding, wiring: webhook_receiver::Wiring<BacklogEvent>) {
    stack.consumer("Events", "Receiver", feeding, wiring);
}

fn main() {}
