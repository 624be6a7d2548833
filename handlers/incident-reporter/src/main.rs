//! Opens a Backlog issue for each Mackerel alert, and adds later changes as comments.

mod handler;
mod ledger;
mod report;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
