//! Keeps each question in a table under the number that its asker was told.

mod handler;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
