//! Receives a question of the form: checks it, publishes it, answers with its number.

mod handler;

fn main() -> std::process::ExitCode {
    runtime::serve_http(handler::handle)
}
