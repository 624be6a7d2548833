//! `cargo xtask deploy`.

use crate::choose;
use crate::cli::DeployOptions;
use crate::context::{Context, executable};
use crate::display::print_proposals;
use crate::failure::Failure;
use crate::result::print_stacks;
use deployer::{
    Account, Archive, BacklogIds, Binary, BuildSettings, Deployed, Error, Linking, Machine, Plan, Profile, Proposal,
    SecretInput, StandIns, apply, build, deployed, discard, look_up, pack_all, propose, put_secrets, upload,
};
use futures_util::future::join_all;
use stacks::{Stack, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Builds, proposes, asks, applies, and prints what to register.
pub async fn run(options: &DeployOptions, context: &Context) -> Result<(), Failure> {
    let release = options.release;
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = choose::stacks(&stage, &options.stacks)?;
    let must_ask = choose::must_ask(&stage, options)?;
    let archives = make_archives(context, &stage, &stacks, release);
    let (archives, account) = tokio::try_join!(archives, context.connect(&stage))?;
    let fail = |error: deployer::Error| context.failure(&error);
    let secrets = match options.dry_run {
        true => choose::given_secrets(&account, &stacks)?,
        false => choose::secrets(&account, &stacks).await?,
    };
    let backlog_ids = look_up(&account, &stacks, &secrets, &context.reporter).await.map_err(fail)?;
    if !options.dry_run {
        upload(&account, &stage, &archives, &context.reporter).await.map_err(fail)?;
    }
    let proposals = propose_all(context, &account, &stacks, &archives, &backlog_ids).await?;
    context.propose(&proposals);
    let has_changes = proposals.iter().any(|proposal| !proposal.is_empty());
    context.pause_display(|| print_proposals(&proposals, !stage.is_local() || options.dry_run)).await;
    let is_refused = must_ask && has_changes && !choose::agrees(&format!("Deploy to stage `{}`?", stage.name));
    if options.dry_run || is_refused {
        for proposal in &proposals {
            discard(&account, proposal).await.map_err(fail)?;
        }
        return match is_refused {
            // The archives are there already, and with them perhaps their bucket.
            true => Err(Failure {
                message: "not deployed: no stack was changed".into(),
                hint: None,
                may_have_changed: account.may_have_changed(),
            }),
            false => Ok(()),
        };
    }
    let results = apply_all(context, &account, &stacks, &proposals, &secrets).await?;
    context.close_display().await;
    print_stacks(options.output.output, &stage, &results);
    Ok(())
}

/// Builds and packs the handlers of the stacks.
async fn make_archives(
    context: &Context,
    stage: &Stage,
    stacks: &[Stack],
    is_release: bool,
) -> Result<Vec<Archive>, Failure> {
    let binaries = build_handlers(context, stage, stacks, is_release).await?;
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

/// Asks for all change sets at once; if one is refused, all are taken back.
async fn propose_all(
    context: &Context,
    account: &Account,
    stacks: &[Stack],
    archives: &[Archive],
    backlog_ids: &BacklogIds,
) -> Result<Vec<Proposal>, Failure> {
    let code_keys: BTreeMap<String, String> =
        archives.iter().map(|archive| (archive.package.clone(), archive.key())).collect();
    let stand_ins = account.local.as_ref().map(|local| local as &(dyn StandIns + Send + Sync));
    let nothing = BTreeMap::new();
    let plans: Vec<Plan<'_>> = stacks
        .iter()
        .map(|stack| Plan { stack, code_keys: &code_keys, outputs_before: &nothing, backlog_ids, stand_ins })
        .collect();
    let results = join_all(plans.iter().map(|plan| propose(account, plan, &context.reporter))).await;
    let (proposals, failures) = separate(results);
    if let Some(failure) = first_of(context, &failures) {
        for proposal in &proposals {
            let _ = discard(account, proposal).await;
        }
        return Err(failure);
    }
    Ok(proposals)
}

/// Deploys all stacks at once, since none waits for another; one that fails does not stop the others.
async fn apply_all(
    context: &Context,
    account: &Account,
    stacks: &[Stack],
    proposals: &[Proposal],
    secrets: &SecretInput,
) -> Result<Vec<Deployed>, Failure> {
    context.begin_applying();
    let work =
        stacks.iter().zip(proposals).map(|(stack, proposal)| deploy_one(context, account, stack, proposal, secrets));
    let (results, failures) = separate(join_all(work).await);
    let stored: BTreeSet<&str> = results.iter().flat_map(|(_, stored)| stored.iter().copied()).collect();
    if !stored.is_empty() {
        let stored: Vec<&str> = stored.into_iter().collect();
        context.reporter.note(format!("secrets stored: {}", stored.join(", ")));
    }
    match first_of(context, &failures) {
        Some(failure) => Err(failure),
        None => Ok(results.into_iter().filter_map(|(deployed, _)| deployed).collect()),
    }
}

/// One stack, its secrets, and what it tells; with the names of the secrets that were stored.
async fn deploy_one(
    context: &Context,
    account: &Account,
    stack: &Stack,
    proposal: &Proposal,
    secrets: &SecretInput,
) -> Result<(Option<Deployed>, Vec<&'static str>), Error> {
    if !proposal.is_empty() {
        let step = format!("deploying {}", stack.name());
        let work = apply(account, stack, proposal, &context.reporter);
        let n_changes = proposal.changes.len();
        context.reporter.step(&step, work, |()| format!("{n_changes} resources")).await?;
    }
    let stored = put_secrets(account, stack, secrets).await?;
    let mut result = deployed(account, stack).await?;
    if let Some(result) = &mut result {
        result.changed = !proposal.is_empty() || !stored.is_empty();
    }
    Ok((result, stored))
}

fn separate<T>(results: Vec<Result<T, Error>>) -> (Vec<T>, Vec<Error>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => bad.push(error),
        }
    }
    (good, bad)
}

/// The failure of the first that failed; the others are told before it.
fn first_of(context: &Context, failures: &[Error]) -> Option<Failure> {
    let (first, others) = failures.split_first()?;
    for error in others {
        context.reporter.warn(error.to_string());
    }
    Some(context.failure(first))
}
