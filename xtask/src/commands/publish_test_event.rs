//! `cargo xtask publish-test-event`.

use crate::cli::{Output, TestOptions};
use crate::context::Context;
use crate::display::write_line;
use crate::failure::Failure;
use crate::result::print_test;
use crate::selection;
use deployer::{not_deployed, publish_test_event};

/// Sends an event, prints each hop, and fails if the effect does not come.
pub async fn run(options: &TestOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let stacks = selection::stacks(&stage, std::slice::from_ref(&options.stack))?;
    let stack =
        stacks.first().ok_or_else(|| Failure::nothing_changed(format!("there is no stack `{}`", options.stack)))?;
    let event = match &options.file {
        None => None,
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|error| Failure::nothing_changed(format!("cannot read `{}`: {error}", path.display())))?,
        ),
    };
    let fail = |error: deployer::Error| context.failure(&error);
    let account = context.connect_if_running(&stage).await?.ok_or_else(|| fail(not_deployed(stack, &stage, None)))?;
    let report = publish_test_event(&account, stack, event.as_deref(), &context.reporter).await.map_err(fail)?;
    context.close_display().await;
    print_test(options.output.output, &stage, stack.name(), &report);
    let Some(failure) = report.failure else { return Ok(()) };
    if options.output.output == Output::Text
        && let Some(line) = &failure.log_line
    {
        write_line(&format!("log: {line}"));
    }
    Err(Failure {
        message: format!("the event did not get through: {}", failure.hop),
        hint: Some(failure.cause),
        may_have_changed: true,
    })
}
