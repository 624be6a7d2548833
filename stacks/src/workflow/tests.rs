//! A small machine, as it is rendered and as it is allowed what it does.
