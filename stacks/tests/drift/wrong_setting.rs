//! A size where the contract wants a folder.

use contracts::{Setting, SizeLimit, Wire};
use contracts::backlog::Folder;
use stacks::Stack;

fn define(stack: &Stack) -> Wire<Setting<Folder>> {
    stack.setting(&SizeLimit::new(1))
}

fn main() {}
