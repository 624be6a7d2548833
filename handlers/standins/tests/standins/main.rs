//! Talks HTTP to started stand-ins, as a handler, a test and a browser do.

mod accounts;
mod control;
mod downloads;
mod failures;
mod guards;
mod issues;
mod life;
mod limits;
mod page;
mod received;
mod support;
