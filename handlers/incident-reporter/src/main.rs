//! Makes a Backlog issue of each alert of Mackerel and keeps it told.

mod handler;
mod ledger;
mod report;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
