//! The function `ticket-creator`; its handler is still to come.

fn main() {}
