//! The test events of stacks that were changed, as the proof that they work.

use crate::cli::{DeployOptions, Output};
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print_test;
use crate::selection;
use deployer::{Deployed, Error, publish_test_event};

/// Sends the test event of each stack that the deployment changed; fails if one does not arrive.
///
/// With JSON as the result of the deployment, the hops are left out.
pub async fn verify(options: &DeployOptions, context: &Context, deployed: &[Deployed]) -> Result<(), Failure> {
    let stage = context.stage(&options.change.stage.stage)?;
    let changed: Vec<String> =
        deployed.iter().filter(|stack| stack.changed).map(|stack| stack.name.to_owned()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let account = context.connect(&stage).await?;
    let mut first = None;
    for stack in selection::stacks(&stage, &changed)? {
        if stack.test_event().is_none() {
            continue;
        }
        let report = match publish_test_event(&account, &stack, None, &context.reporter).await {
            Ok(report) => report,
            // On AWS, an event about a file needs one that exists.
            Err(error @ Error::Test { .. }) => {
                context.reporter.note(format!("{} was not verified: {error}", stack.name()));
                continue;
            }
            Err(error) => return Err(context.failure(&error)),
        };
        if options.change.output.output == Output::Text {
            context.pause_display(|| print_test(Output::Text, &stage, stack.name(), &report)).await;
        }
        if let Some(failure) = report.failure {
            let message = format!("{} is deployed, but its test event was not handled: {}", stack.name(), failure.hop);
            first.get_or_insert(Failure { message, hint: Some(failure.cause), may_have_changed: true });
        }
    }
    first.map_or(Ok(()), Err)
}
