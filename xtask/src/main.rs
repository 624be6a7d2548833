//! The command line of Tsugite: `cargo xtask …`.

mod ci;
mod cli;
mod commands;
mod context;
mod display;
mod failure;
mod prompt;
mod result;
mod secrets;
mod selection;
mod signals;
mod stage_file;

use clap::Parser;
use cli::{Cli, Command, LocalCommand};
use context::Context;
use failure::Failure;
use signals::Signals;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Ci(options) => finish(ci::run(&options)),
        Command::Docs(options) => finish(commands::docs::run(&options)),
        Command::New(options) => finish(commands::new::run(&options)),
        command => in_tokio(command),
    }
}

fn in_tokio(command: Command) -> ExitCode {
    let tokio = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(tokio) => tokio,
        Err(error) => return finish(Err(Failure::nothing_changed(error))),
    };
    tokio.block_on(async {
        // A signal ends them like other servers: there is nothing to clean up.
        if let Command::StandIns { settings } = &command {
            return finish(commands::local::serve_stand_ins(settings).await);
        }
        let context = match Context::new() {
            Ok(context) => context,
            Err(failure) => return finish(Err(failure)),
        };
        let sends = matches!(command, Command::PublishTestEvent(_));
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return finish(Err(Failure::nothing_changed(format!("cannot listen to signals: {error}")))),
        };
        let result = tokio::select! {
            result = run(command, &context) => result.and_then(|()| context.check_written()),
            signal = signals.next() => match context.is_idle() {
                true => Ok(()),
                false => Err(context.interrupted(signal, sends)),
            },
        };
        let result = context.discard_proposals(result, &mut signals).await;
        context.close_display().await;
        match result {
            Ok(()) => ExitCode::from(context.exit_code()),
            failure => finish(failure),
        }
    })
}

async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Deploy(options) => commands::deploy::run(&options, context).await,
        Command::Destroy(options) => commands::destroy::run(&options, context).await,
        Command::PublishTestEvent(options) => commands::publish_test_event::run(&options, context).await,
        Command::Endpoints(options) => commands::endpoints::run(&options, context).await,
        Command::Graph(options) => commands::graph::run(&options, context),
        Command::Policy(options) => commands::policy::run(&options, context).await,
        Command::Synth(options) => commands::synth::run(&options, context),
        Command::Bench(options) => commands::bench::run(&options, context).await,
        Command::Local { command } => match command {
            LocalCommand::Start(options) => commands::local::start(&options, context).await,
            LocalCommand::Stop => commands::local::stop(context).await,
            LocalCommand::Status(options) => commands::local::status(&options, context).await,
            LocalCommand::Env(options) => commands::local::env(&options, context).await,
            LocalCommand::Logs => commands::local::logs(context).await,
        },
        Command::Ci(_) | Command::Docs(_) | Command::New(_) | Command::StandIns { .. } => Ok(()),
    }
}

/// Prints what failed and what to do next; the exit code says whether the account may have changed.
fn finish(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            display::print_failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
