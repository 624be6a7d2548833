//! The function `slack-notifier`; its handler is still to come.

fn main() {}
