//! What invokes a function, and the form of its answer.

pub(crate) mod http;
pub(crate) mod queue;

use crate::{Environment, log};
use contracts::Open;
use std::process::ExitCode;

/// Opens the links and runs `serve` until Lambda ends the process.
fn run<K, L, F>(serve: impl FnOnce(K, L) -> F) -> ExitCode
where
    K: Open<L>,
    K::Error: std::fmt::Display,
    L: From<Environment>,
    F: Future<Output = Result<(), lambda_runtime::Error>>,
{
    let tokio = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(tokio) => tokio,
        Err(error) => return refuse("cannot start", &error.to_string()),
    };
    let linker = match Environment::from_lambda() {
        Ok(environment) => L::from(environment),
        Err(error) => return refuse("not run by Lambda", &error.to_string()),
    };
    let links = match K::open(&linker) {
        Ok(links) => links,
        Err(error) => return refuse("cannot open a link", &error.to_string()),
    };
    match tokio.block_on(serve(links, linker)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse("the Runtime API failed", &error.to_string()),
    }
}

fn refuse(message: &str, reason: &str) -> ExitCode {
    log::error(message, serde_json::json!({"reason": reason}));
    ExitCode::FAILURE
}
