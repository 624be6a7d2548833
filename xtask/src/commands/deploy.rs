//! `cargo xtask deploy`.

mod rights;
mod round;

use crate::choose;
use crate::cli::DeployOptions;
use crate::context::{Context, executable};
use crate::failure::Failure;
use crate::result::{print_proposed, print_stacks};
use deployer::{
    Account, Archive, BacklogIds, Binary, BuildSettings, Deployed, Linking, Machine, Profile, Proposal, SecretInput,
    build, deployed, fetch_senders, find_warnings, look_up, pack_all,
};
use futures_util::future::join_all;
use round::{Manner, Ran, Round};
use stacks::{Replaced, Stack, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Builds, proposes, asks, applies, and prints what to register.
pub async fn run(options: &DeployOptions, context: &Context) -> Result<(), Failure> {
    let release = options.release;
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = choose::stacks(&stage, &options.stacks)?;
    let manner = match (options.dry_run, choose::must_ask(&stage, options)?) {
        (true, _) => Manner::Look,
        (false, true) => Manner::Ask,
        (false, false) => Manner::Go,
    };
    let _turn = if stage.is_local() { Some(context.local_turn().await?) } else { None };
    let archives = make_archives(context, &stage, &stacks, release);
    let surroundings = Surroundings::find(context, &stage, &stacks, options.dry_run);
    // What may be asked or refused comes before minutes of compilation; on this machine nothing is asked.
    let (archives, Surroundings { account, secrets, backlog_ids }) = match stage.is_local() {
        true => tokio::try_join!(archives, surroundings)?,
        false => {
            let surroundings = surroundings.await?;
            (archives.await?, surroundings)
        }
    };
    // What a SaaS publishes belongs to the definition, from here on.
    let fetched = fetch_senders(&account, &stage, &stacks, &context.reporter).await;
    let (stage, stacks) = match fetched.map_err(|error| context.failure(&error))? {
        None => (stage, stacks),
        Some(stage) => {
            let stacks = choose::stacks(&stage, &options.stacks)?;
            (stage, stacks)
        }
    };
    let code_keys = archives.iter().map(|archive| (archive.package.clone(), archive.key())).collect();
    let mut round = Round {
        context,
        stage: &stage,
        account,
        manner,
        secrets: &secrets,
        backlog_ids: &backlog_ids,
        code_keys: &code_keys,
        archives: &archives,
        outputs_before: BTreeMap::new(),
    };
    if options.stacks.is_empty() {
        tell_former(&round, &stacks).await?;
    }
    tell_silent_alarms(&round, &stacks).await?;
    for (stack, warning) in stacks.iter().flat_map(|stack| stack.warnings().iter().map(move |warning| (stack, warning)))
    {
        context.reporter.warn(format!("{}: {warning}", stack.name()));
    }
    let (outputs, mut looked) = outputs_before(&round, &stacks).await?;
    round.outputs_before = outputs;
    let stacks: Vec<&Stack> = stacks.iter().collect();
    let ran = round.run(&stacks).await?;
    context.close_display().await;
    match ran {
        Ran::Applied(results) => print_stacks(options.output.output, &stage, &results),
        Ran::Looked(proposals) => {
            looked.extend(proposals);
            print_proposed(options.output.output, &stage, &looked);
        }
    }
    Ok(())
}

/// What a deployment needs beside the handlers.
struct Surroundings {
    account: Arc<Account>,
    secrets: SecretInput,
    backlog_ids: BacklogIds,
}

impl Surroundings {
    /// Finds the account, collects the secrets, and looks up what the stage file names.
    async fn find(context: &Context, stage: &Stage, stacks: &[Stack], is_dry_run: bool) -> Result<Self, Failure> {
        let account = context.connect(stage).await?;
        choose::tell_place(context, stage, &account);
        if !stage.is_local() {
            find_warnings(&account, stacks).await.into_iter().for_each(|warning| context.reporter.warn(warning));
        }
        let secrets = match is_dry_run {
            true => choose::given_secrets(&account, stacks).await?,
            false => choose::secrets(&account, stacks).await?,
        };
        let backlog_ids = look_up(&account, stacks, &secrets, &context.reporter).await;
        let backlog_ids = backlog_ids.map_err(|error| context.failure(&error))?;
        Ok(Self { account, secrets, backlog_ids })
    }
}

/// Tells which stacks are there although the stage file does not ask for them any more.
async fn tell_former(round: &Round<'_>, stacks: &[Stack]) -> Result<(), Failure> {
    let Round { context, stage, account, .. } = round;
    let option = choose::stage_option(stage);
    let former = stacks::retired(stage);
    let found = join_all(former.iter().map(|stack| deployed(account, stack))).await;
    for stack in found.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| context.failure(&error))? {
        let Some(Deployed { name, .. }) = stack else { continue };
        context.reporter.warn(format!(
            "{name} is there although the stage file has no section for it: `cargo xtask destroy {name}{option}` removes it"
        ));
    }
    for (stack, once) in stacks.iter().filter_map(|stack| Some((stack.name(), stack.once_before()?))) {
        let region = once.stage().region.as_str();
        // The region may be closed to who deploys; `destroy` looks again, and says so.
        if let Ok(Some(there)) = deployed(&account.in_region(region), once).await {
            context
                .reporter
                .warn(format!("{} in {region} is not needed any more; it goes when {stack} is destroyed", there.name));
        }
    }
    Ok(())
}

/// Tells if alarms go to a topic that is neither there nor about to be; on this machine none goes off by itself.
async fn tell_silent_alarms(round: &Round<'_>, stacks: &[Stack]) -> Result<(), Failure> {
    let Round { context, stage, account, .. } = round;
    let topic_of = stacks::alarm_stack(stage)
        .filter(|name| !stage.is_local() && !stacks.iter().any(|stack| stack.name() == *name));
    let Some(stack) = stacks::all(stage).into_iter().find(|stack| Some(stack.name()) == topic_of) else {
        return Ok(());
    };
    if deployed(account, &stack).await.map_err(|error| context.failure(&error))?.is_none() {
        let name = stack.name();
        context.reporter.warn(format!(
            "alarms reach nobody before {name} is there: `cargo xtask deploy {name} --stage {}` makes it",
            stage.name
        ));
    }
    Ok(())
}

/// Deploys what must be there before the stacks, in other regions; returns its outputs by the
/// name of the stack that needs them, and what was only looked at.
async fn outputs_before(
    round: &Round<'_>,
    stacks: &[Stack],
) -> Result<(BTreeMap<String, BTreeMap<String, String>>, Vec<Proposal>), Failure> {
    let (mut outputs, mut looked) = (BTreeMap::new(), Vec::new());
    for (stack, before) in stacks.iter().filter_map(|stack| Some((stack, stack.before()?))) {
        let account = Arc::new(round.account.in_region(before.stage().region.as_str()));
        let round = Round { account, archives: &[], outputs_before: BTreeMap::new(), ..*round };
        let there = deployed(&round.account, before).await.map_err(|error| round.context.failure(&error))?;
        let results = match round.run(&[before]).await? {
            Ran::Applied(results) => results,
            // What it told the last time is still true.
            Ran::Looked(proposals) => {
                looked.extend(proposals);
                there.clone().into_iter().collect()
            }
        };
        if let (Some(then), [now]) = (&there, &results[..]) {
            tell_replaced(&round, before, then, now);
        }
        outputs.extend(results.into_iter().map(|result| (stack.name().to_owned(), result.outputs)));
    }
    Ok((outputs, looked))
}

/// Tells what stays although something else has taken its place, and how it goes.
fn tell_replaced(round: &Round<'_>, stack: &Stack, then: &Deployed, now: &Deployed) {
    let Some(replaced) = stack.replaced() else { return };
    let (old, new) = (then.outputs.get(replaced.output), now.outputs.get(replaced.output));
    if let Some(old) = old.filter(|old| Some(*old) != new) {
        let Replaced { what, command, .. } = replaced;
        round
            .context
            .reporter
            .warn(format!("{what} is in use until this is done, and stays; then type: {command} {old}"));
    }
}

/// Builds and packs the handlers of the stacks.
async fn make_archives(
    context: &Context,
    stage: &Stage,
    stacks: &[Stack],
    is_release: bool,
) -> Result<Vec<Archive>, Failure> {
    let binaries = build_handlers(context, stage, stacks, is_release).await?;
    if binaries.is_empty() {
        return Ok(Vec::new());
    }
    let packed = pack_all(&context.workspace, binaries, profile(stage, is_release), &context.reporter).await;
    packed.map_err(|error| context.failure(&error))
}

/// Builds the handlers of the stacks: lightly for the local stage, unless what AWS gets is wanted.
pub async fn build_handlers(
    context: &Context,
    stage: &Stage,
    stacks: &[Stack],
    is_release: bool,
) -> Result<Vec<Binary>, Failure> {
    let packages: BTreeSet<&str> =
        stacks.iter().flat_map(|stack| stack.functions()).map(|function| function.package).collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    let profile = profile(stage, is_release);
    let settings = BuildSettings {
        profile,
        machine: if stage.is_local() { Machine::host() } else { stage.architecture.into() },
        linking: if profile == Profile::Light { Linking::NativeFirst } else { Linking::Zig },
        executable: executable()?,
    };
    let built = build(&context.workspace, &packages, &settings, &context.reporter).await;
    built.map_err(|error| context.failure(&error))
}

fn profile(stage: &Stage, is_release: bool) -> Profile {
    match stage.is_local() && !is_release {
        true => Profile::Light,
        false => Profile::Release,
    }
}
