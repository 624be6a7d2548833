//! Keeps each question in a table under the number that its asker got.

mod handler;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
