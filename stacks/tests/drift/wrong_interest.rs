//! A receiver that knows of another sender's events which ones are ignored.

use contracts::backlog::BacklogEvent;
use contracts::mackerel::MackerelEvent;
use contracts::{Interest, Setting, Wire};
use stacks::Stack;

fn define(stack: &Stack) -> Wire<Setting<Interest<BacklogEvent>>> {
    stack.setting(&Interest::<MackerelEvent>::of_consumer())
}

fn main() {}
