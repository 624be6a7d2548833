//! Shows each question in a channel of Teams.

mod card;
mod handler;
mod workflow;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
