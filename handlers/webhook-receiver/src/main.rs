//! Receives a webhook: checks the token, queues the event, answers at once.

mod handler;

fn main() -> std::process::ExitCode {
    runtime::serve_http(handler::handle)
}
