//! A queue of questions behind a topic of other messages.

use contracts::question::Question;
use contracts::{PlainText, Published};
use stacks::Stack;

fn define(stack: &mut Stack) {
    let topic = stack.topic::<PlainText>("Notices", "TopicArn");
    let questions = stack.queue::<Published<Question>>("Questions");
    stack.subscribe(&questions, &topic);
}

fn main() {}
