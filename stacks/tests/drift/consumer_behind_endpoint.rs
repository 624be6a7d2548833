//! A function that is fed from a queue, put behind an endpoint.

use contracts::file_replicator;
use stacks::{Endpoint, Stack};

fn define(stack: &mut Stack, endpoint: Endpoint<'_>, wiring: file_replicator::Wiring) {
    stack.endpoint("Replicator", endpoint, wiring);
}

fn main() {}
