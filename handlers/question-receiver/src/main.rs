//! The function `question-receiver`; its handler is still to come.

fn main() {}
