//! `cargo xtask destroy`.

use crate::choose;
use crate::cli::DestroyOptions;
use crate::context::Context;
use crate::display::{print_leftovers, write_line};
use crate::failure::Failure;
use crate::result::print_stacks;
use deployer::{Deployed, Keep, StackStatus, delete_artifacts_if_last, destroy, find_leftovers};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Shows what goes, asks, removes it, and prints what was removed.
pub async fn run(options: &DestroyOptions, context: &Context) -> Result<(), Failure> {
    let keep = if options.keep_data { Keep::Data } else { Keep::Nothing };
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = choose::stacks(&stage, &options.stacks)?;
    let must_ask = choose::must_ask(&stage, options)?;
    let result = |stack: &stacks::Stack, status: &str, changed| Deployed {
        name: stack.name(),
        status: StackStatus(status.into()),
        changed,
        outputs: BTreeMap::new(),
        registrations: Vec::new(),
        secrets: Vec::new(),
    };
    let Some(account) = context.connect_if_running(&stage).await? else {
        write_line("the local stage does not run: nothing is there");
        let results: Vec<_> = stacks.iter().map(|stack| result(stack, "ABSENT", false)).collect();
        print_stacks(options.output.output, &stage, &results);
        return Ok(());
    };
    let fail = |error: deployer::Error| context.failure(&error);
    // A stack goes before the one that it needed, which is in another region.
    let mut found = Vec::new();
    for stack in stacks.iter().flat_map(|stack| [Some(stack), stack.before()]).flatten() {
        let account = match stack.stage().region == stage.region {
            true => Arc::clone(&account),
            false => Arc::new(account.in_region(stack.stage().region.as_str())),
        };
        let leftovers = find_leftovers(&account, stack).await.map_err(fail)?;
        found.push((account, stack, leftovers));
    }
    context.pause_display(|| found.iter().for_each(|(_, stack, found)| print_leftovers(stack, found, keep))).await;
    if options.dry_run {
        return Ok(());
    }
    let has_any = found.iter().any(|(_, _, found)| !found.is_empty());
    if must_ask && has_any && !choose::agrees(&format!("Destroy this on stage `{}`?", stage.name)) {
        return Err(Failure::nothing_changed("not destroyed: nothing was changed"));
    }
    let mut results = Vec::new();
    for (account, stack, found) in &found {
        destroy(account, stack, found, keep, &context.reporter).await.map_err(fail)?;
        results.push(result(stack, if found.is_empty() { "ABSENT" } else { "DELETED" }, !found.is_empty()));
    }
    if delete_artifacts_if_last(&account, &stage).await.map_err(fail)? {
        context.reporter.note("the artifact bucket went with the last stack");
    }
    context.close_display().await;
    print_stacks(options.output.output, &stage, &results);
    Ok(())
}
