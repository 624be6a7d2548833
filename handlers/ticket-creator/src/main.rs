//! Opens one Backlog issue for each question.

mod handler;
mod ticket;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
