//! Shows notifications of SNS in Slack, as a person would want to read them.

mod arn;
mod blocks;
mod console;
mod handler;
mod json;
mod notice;
mod slack;
mod text;

fn main() -> std::process::ExitCode {
    runtime::serve_queue(handler::handle)
}
