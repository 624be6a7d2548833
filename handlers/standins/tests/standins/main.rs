//! Talks HTTP to started stand-ins, as a handler, a test and a browser do.

mod accounts;
mod addresses;
mod backlog_catalog;
mod backlog_lists;
mod backlog_parameters;
mod backlog_updates;
mod bytebase;
mod control;
mod downloads;
mod failures;
mod guards;
mod issues;
mod life;
mod limits;
mod mackerel;
mod page;
mod received;
mod secrets;
mod slack;
mod slack_blocks;
mod support;
mod teams;
mod webhooks;
