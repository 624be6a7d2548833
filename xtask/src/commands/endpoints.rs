//! `cargo xtask endpoints`.

use crate::cli::ReadOptions;
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print_endpoints;
use crate::selection;
use deployer::{describe_status, find_deployed};
use stacks::Stage;

/// Prints what to register where, and where the secrets come from.
pub async fn run(options: &ReadOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let account = context.connect_if_running(&stage).await?.ok_or_else(|| nothing(&stage, &[]))?;
    let (mut results, mut others) = (Vec::new(), Vec::new());
    for stack in selection::stacks(&stage, &[])? {
        match find_deployed(&account, &stack).await.map_err(|error| context.failure(&error))? {
            Ok(there) => {
                if let Some(remark) = describe_status(&there.status) {
                    context.reporter.warn(format!("{} {remark}; what follows may change", stack.name()));
                }
                results.push(there);
            }
            Err(None) => {}
            Err(Some(status)) => {
                others.push(format!("{} {}", stack.name(), describe_status(&status).unwrap_or_default()))
            }
        }
    }
    if results.is_empty() {
        return Err(nothing(&stage, &others));
    }
    for other in others {
        context.reporter.warn(other);
    }
    context.close_display().await;
    print_endpoints(options.output.output, &stage, &results);
    Ok(())
}

/// The failure if no stack of a stage is usable; `others` are stacks in another state.
fn nothing(stage: &Stage, others: &[String]) -> Failure {
    let lines: String = others.iter().map(|other| format!("\n  {other}")).collect();
    let hint = format!("deploy with: cargo xtask deploy --stage {}", stage.name);
    Failure::nothing_changed(format!("nothing is deployed on stage `{}`{lines}", stage.name)).with_hint(
        match others.is_empty() {
            true => hint,
            // A deployment waits for operations in progress, and deletes a stack whose creation failed.
            false => format!("{hint}; it waits for operations in progress"),
        },
    )
}
