//! Copies a shared file of Backlog to S3 when a webhook announces it.

mod backlog;
mod handler;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
