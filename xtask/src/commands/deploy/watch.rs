//! `cargo xtask deploy --watch`: from a saved source to its verified effect, again and again.

mod saved;

use super::verify::verify;
use super::{Report, deploy_once};
use crate::cli::DeployOptions;
use crate::context::{Context, executable};
use crate::display::{print_failure, write_line};
use crate::failure::Failure;
use deployer::{dependencies_of, rebuild_tool};
use saved::Saved;
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Deploys, then again after each save, and sends the test event of each stack that changed. A signal ends it.
pub async fn run(options: &DeployOptions, context: &Context) -> Result<(), Failure> {
    context.go_on();
    // Before the first build, so that nothing that is saved meanwhile is missed.
    let mut saved = Saved::listen(context.workspace.root())?;
    let tool = executable()?;
    let of_tool = dependencies_of(&tool);
    let mut print = Report::InFull;
    let mut began = Instant::now();
    loop {
        match round(options, context, print).await {
            Ok(()) => print = Report::Nothing,
            Err(failure) => context.pause_display(|| print_failure(&failure)).await,
        }
        let took = began.elapsed().as_secs_f64();
        context.pause_display(|| write_line(&format!("{took:.1} s; waiting for the next save, Ctrl-C ends"))).await;
        context.set_idle(true);
        let mut files = saved.next().await;
        context.set_idle(false);
        began = Instant::now();
        // The definitions are part of this tool.
        while is_of_tool(&files, &of_tool) {
            match rebuild_tool(&context.workspace, &context.reporter).await {
                Ok(()) => return Err(start_again(context, tool).await),
                Err(error) => context.pause_display(|| print_failure(&context.failure(&error))).await,
            }
            context.set_idle(true);
            files.extend(saved.next().await);
            context.set_idle(false);
        }
    }
}

/// Whether this tool is made of one of the files, or may be after a change of a manifest.
fn is_of_tool(files: &BTreeSet<PathBuf>, of_tool: &BTreeSet<PathBuf>) -> bool {
    let is_manifest = |file: &PathBuf| file.ends_with("Cargo.toml") || file.ends_with("Cargo.lock");
    files.iter().any(|file| of_tool.contains(file) || is_manifest(file))
}

/// Replaces this process by the tool as it is now; returns only if that fails.
async fn start_again(context: &Context, tool: PathBuf) -> Failure {
    context.reporter.note("this tool was built again and continues");
    context.pause_display(|| ()).await;
    let error = Command::new(&tool).args(std::env::args_os().skip(1)).exec();
    Failure::nothing_changed(format!("`{}` cannot be started: {error}", tool.display()))
}

/// One deployment, and the test events of the stacks that it changed.
async fn round(options: &DeployOptions, context: &Context, print: Report) -> Result<(), Failure> {
    // In express mode, a deployment verifies itself.
    let deployed = deploy_once(options, context, print).await?;
    match options.express {
        true => Ok(()),
        false => verify(options, context, &deployed).await,
    }
}
