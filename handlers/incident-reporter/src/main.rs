//! The function `incident-reporter`; its handler is still to come.

fn main() {}
