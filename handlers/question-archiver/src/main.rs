//! The function `question-archiver`; its handler is still to come.

fn main() {}
