//! A function that is fed from a queue, put behind an endpoint.

use contracts::file_replicator;
use stacks::{OpenEndpoint, Stack};

fn define(stack: &mut Stack, endpoint: OpenEndpoint, wiring: file_replicator::Wiring) {
    stack.open_endpoint("Replicator", endpoint, wiring);
}

fn main() {}
