//! `cargo xtask destroy`.

use crate::cli::DestroyOptions;
use crate::context::Context;
use crate::display::{print_leftovers, write_line};
use crate::failure::Failure;
use crate::prompt;
use crate::result::{Destroyed, print_destroyed, print_doomed};
use crate::selection;
use deployer::{Account, Error, Keep, Leftovers, delete_artifacts_if_last, destroy, find_leftovers};
use futures_util::future::join_all;
use stacks::{Stack, Stage};
use std::sync::Arc;

/// Lists what is to be deleted, asks, deletes all stacks at the same time, and prints what was deleted.
pub async fn run(options: &DestroyOptions, context: &Context) -> Result<(), Failure> {
    let keep = if options.keep_data { Keep::Data } else { Keep::Nothing };
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = selection::stacks_to_destroy(&stage, &options.stacks);
    let must_ask = prompt::must_ask(&stage, options)?;
    let result = |stack: &Stack, was_there| Destroyed { name: stack.name(), was_there };
    let _turn = if stage.is_local() { Some(context.local_turn().await?) } else { None };
    let Some(account) = context.connect_to_destroy(&stage).await? else {
        write_line("the local stage does not run: nothing to delete");
        let stacks = stacks.iter().filter(|stack| !stack.is_retired());
        if options.dry_run {
            let nothing = Leftovers::default();
            print_doomed(options.output.output, &stage, stacks.map(|stack| (stack, &nothing)));
            return Ok(());
        }
        let results: Vec<_> = stacks.map(|stack| result(stack, false)).collect();
        print_destroyed(options.output.output, &stage, &results);
        return Ok(());
    };
    selection::note_place(context, &stage, &account);
    let fail = |error: Error| context.failure(&error);
    let is_named = !options.stacks.is_empty();
    let found = join_all(stacks.iter().map(|stack| Removal::find(&account, &stage, stack, is_named, context))).await;
    let found = found.into_iter().collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let all = || found.iter().flat_map(|removal| &removal.parts);
    context.pause_display(|| all().for_each(|(_, stack, found)| print_leftovers(stack, found, keep))).await;
    if options.dry_run {
        context.close_display().await;
        print_doomed(options.output.output, &stage, all().map(|(_, stack, found)| (*stack, found)));
        return Ok(());
    }
    let has_any = all().any(|(_, _, found)| !found.is_empty());
    let question = format!("Destroy this on {}?", selection::place(&stage, &account));
    if must_ask && has_any && !prompt::agrees(&question).await {
        return Err(Failure::nothing_changed("canceled: nothing was changed"));
    }
    let work = found.iter().map(|removal| removal.run(keep, context));
    let (_, failure) = context.separate(join_all(work).await);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let results: Vec<_> = all().map(|(_, stack, found)| result(stack, !found.is_empty())).collect();
    if delete_artifacts_if_last(&account, &stage, &context.reporter).await.map_err(fail)? {
        context.reporter.note("the artifact bucket was deleted with the last stack");
    }
    context.close_display().await;
    print_destroyed(options.output.output, &stage, &results);
    Ok(())
}

/// A stack to delete, followed by the stack that it needs, which may be in another region.
struct Removal<'a> {
    parts: Vec<(Arc<Account>, &'a Stack, Leftovers)>,
}

impl<'a> Removal<'a> {
    async fn find(
        account: &Arc<Account>,
        stage: &Stage,
        stack: &'a Stack,
        is_named: bool,
        context: &Context,
    ) -> Result<Self, Error> {
        let mut parts = Vec::new();
        for stack in [Some(stack), stack.before(), stack.once_before()].into_iter().flatten() {
            let account = match stack.stage().region == stage.region {
                true => Arc::clone(account),
                false => Arc::new(account.in_region(stack.stage().region.as_str())),
            };
            match find_leftovers(&account, stack).await {
                // It was not named, so its absence is not worth a line.
                Ok(found) if stack.is_retired() && found.is_empty() && !(is_named && parts.is_empty()) => {}
                Ok(found) => parts.push((account, stack, found)),
                // The deployer may have no access to a region that this stage does not use.
                Err(error) if stack.is_retired() && stack.stage().region != stage.region => {
                    let region = stack.stage().region.as_str();
                    let name = stack.full_stack_name();
                    context.reporter.warn(format!("cannot check whether `{name}` is left in {region}: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { parts })
    }

    async fn run(&self, keep: Keep, context: &Context) -> Result<(), Error> {
        for (account, stack, found) in &self.parts {
            destroy(account, stack, found, keep, &context.reporter).await?;
        }
        Ok(())
    }
}
