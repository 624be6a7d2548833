//! The function `teams-poster`; its handler is still to come.

fn main() {}
