//! A queue of questions behind a topic of other messages.

use contracts::{PlainText, question_archiver};
use stacks::{Feeding, Stack};

fn define(stack: &mut Stack, feeding: Feeding, wiring: question_archiver::Wiring) {
    let topic = stack.topic::<PlainText>("Notices", "TopicArn");
    let questions = stack.consumer("Questions", "Archiver", feeding, wiring);
    stack.subscribe(&questions, &topic);
}

fn main() {}
