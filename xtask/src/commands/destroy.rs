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
use stacks::{KnownStack, Stage};
use std::sync::Arc;

/// Lists what is to be deleted, asks, deletes the stacks, and prints what was deleted.
///
/// Stacks of a wave are deleted at the same time, those that need others before these.
pub async fn run(options: &DestroyOptions, context: &Context) -> Result<(), Failure> {
    let keep = if options.keep_data { Keep::Data } else { Keep::Nothing };
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = selection::stacks_to_destroy(&stage, &options.stacks);
    let must_ask = prompt::must_ask(&stage, options)?;
    let result = |stack: &dyn KnownStack, was_there| Destroyed { name: stack.name(), was_there };
    let _turn = if stage.is_local() { Some(context.local_turn().await?) } else { None };
    let Some(account) = context.connect_to_destroy(&stage).await? else {
        write_line("the local stage does not run: nothing to delete");
        let stacks = stacks.iter().map(|stack| &**stack).filter(|stack| stack.is_in_stage_file());
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
    let search = Search { account: &account, stage: &stage, named: &options.stacks, context };
    let found = join_all(stacks.iter().map(|stack| search.find(&**stack))).await;
    let found = found.into_iter().collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let mut waves = stacks::waves(found.into_iter().flatten().collect(), |doomed: &Doomed<'_>| doomed.stack);
    waves.reverse();
    let all = || waves.iter().flatten();
    context.pause_display(|| all().for_each(|doomed| print_leftovers(doomed.stack, &doomed.found, keep))).await;
    if options.dry_run {
        context.close_display().await;
        print_doomed(options.output.output, &stage, all().map(|doomed| (doomed.stack, &doomed.found)));
        return Ok(());
    }
    let has_any = all().any(|doomed| !doomed.found.is_empty());
    let question = format!("Destroy this on {}?", selection::place(&stage, &account));
    if must_ask && has_any && !prompt::agrees(&question).await {
        return Err(Failure::nothing_changed("canceled: nothing was changed"));
    }
    let (_, failure) = context.separate(destroy_waves(&waves, keep, context).await);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let results: Vec<_> = all().map(|doomed| result(doomed.stack, !doomed.found.is_empty())).collect();
    if delete_artifacts_if_last(&account, &stage, &context.reporter).await.map_err(fail)? {
        context.reporter.note("the artifact bucket was deleted with the last stack");
    }
    context.close_display().await;
    print_destroyed(options.output.output, &stage, &results);
    Ok(())
}

/// A stack to delete, with what exists of it.
struct Doomed<'a> {
    account: Arc<Account>,
    stack: &'a dyn KnownStack,
    found: Leftovers,
}

/// Where and for whom stacks are looked for.
struct Search<'a> {
    account: &'a Arc<Account>,
    stage: &'a Stage,
    /// The names in the command.
    named: &'a [String],
    context: &'a Context,
}

impl Search<'_> {
    /// Finds everything of a stack; `None` if its absence, or an error, is no reason to stop or to print a line.
    async fn find<'a>(&self, stack: &'a dyn KnownStack) -> Result<Option<Doomed<'a>>, Error> {
        let account = self.account.in_region_of(stack);
        let is_named = self.named.iter().any(|name| name == stack.name());
        match find_leftovers(&account, stack).await {
            Ok(found) if !stack.is_in_stage_file() && found.is_empty() && !is_named => Ok(None),
            Ok(found) => Ok(Some(Doomed { account, stack, found })),
            // The deployer may have no access to a region that this stage does not use.
            Err(error) if !stack.is_in_stage_file() && *stack.region() != self.stage.region => {
                let (name, region) = (stack.full_stack_name(), stack.region().as_str());
                let reporter = &self.context.reporter;
                reporter.warn(format!("cannot check whether `{name}` is left in {region}: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Deletes the waves one after the other; what a stack needs is kept if that stack was not deleted.
async fn destroy_waves(waves: &[Vec<Doomed<'_>>], keep: Keep, context: &Context) -> Vec<Result<(), Error>> {
    let mut results = Vec::new();
    let mut kept: Vec<&dyn KnownStack> = Vec::new();
    for wave in waves {
        let (needed, free): (Vec<_>, Vec<_>) =
            wave.iter().partition(|doomed| kept.iter().any(|stack| stack.follows(doomed.stack)));
        kept.extend(needed.iter().map(|doomed| doomed.stack));
        let work = free
            .iter()
            .map(|Doomed { account, stack, found }| destroy(account, *stack, found, keep, &context.reporter));
        let done = join_all(work).await;
        kept.extend(free.iter().zip(&done).filter(|(_, done)| done.is_err()).map(|(doomed, _)| doomed.stack));
        results.extend(done);
    }
    results
}
