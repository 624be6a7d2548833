//! The calls of Backlog's API that handlers make about issues.
