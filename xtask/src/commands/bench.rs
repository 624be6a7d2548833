//! `cargo xtask bench`: every figure that the README has, measured again.

mod clean;
mod deploy;
mod handlers;
mod measure;
mod peers;
mod table;

use crate::cli::{BenchOptions, BenchSubject};
use crate::context::Context;
use crate::failure::Failure;

/// Measures one subject and prints a table, or JSON.
pub async fn run(options: &BenchOptions, context: &Context) -> Result<(), Failure> {
    match options.subject {
        BenchSubject::Handlers => handlers::run(options, context).await,
        BenchSubject::Deploy => deploy::run(options, context).await,
        BenchSubject::Clean => clean::run(options, context).await,
    }
}
