//! `cargo xtask endpoints`.

use crate::cli::ReadOptions;
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print_endpoints;
use deployer::deployed;

/// Prints what to register where, and where the secrets come from.
pub async fn run(options: &ReadOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let nothing = || {
        Failure::nothing_changed(format!("nothing is deployed on stage `{}`", stage.name))
            .with_hint(format!("deploy with: cargo xtask deploy --stage {}", stage.name))
    };
    let account = context.connect_if_running(&stage).await?.ok_or_else(nothing)?;
    let mut results = Vec::new();
    for stack in stacks::all(&stage) {
        results.extend(deployed(&account, &stack).await.map_err(|error| context.failure(&error))?);
    }
    if results.is_empty() {
        return Err(nothing());
    }
    context.close_display().await;
    print_endpoints(options.output.output, &stage, &results);
    Ok(())
}
