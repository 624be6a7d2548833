//! `cargo xtask deploy`.

use crate::choose;
use crate::cli::DeployOptions;
use crate::context::{Context, executable};
use crate::display::print_proposals;
use crate::failure::Failure;
use crate::result::print_stacks;
use deployer::{
    Account, Archive, Binary, BuildSettings, Deployed, Linking, Machine, Plan, Profile, Proposal, SecretInput,
    StandIns, apply, build, deployed, discard, pack_all, propose, put_secrets, upload,
};
use stacks::{Stack, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Builds, proposes, asks, applies, and prints what to register.
pub async fn run(options: &DeployOptions, context: &Context) -> Result<(), Failure> {
    let release = options.release;
    let options = &options.change;
    let stage = context.stage(&options.stage.stage)?;
    let stacks = choose::stacks(&stage, &options.stacks);
    let must_ask = choose::must_ask(&stage, options)?;
    let archives = make_archives(context, &stage, &stacks, release);
    let (archives, account) = tokio::try_join!(archives, context.connect(&stage))?;
    let fail = |error: deployer::Error| context.failure(&error);
    let secrets = match options.dry_run {
        true => SecretInput::default(),
        false => choose::secrets(&account, &stacks).await?,
    };
    if !options.dry_run {
        upload(&account, &stage, &archives, &context.reporter).await.map_err(fail)?;
    }
    let proposals = propose_all(context, &account, &stacks, &archives).await?;
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

async fn propose_all(
    context: &Context,
    account: &Account,
    stacks: &[Stack],
    archives: &[Archive],
) -> Result<Vec<Proposal>, Failure> {
    let code_keys: BTreeMap<String, String> =
        archives.iter().map(|archive| (archive.package.clone(), archive.key())).collect();
    let stand_ins = account.local.as_ref().map(|local| local as &(dyn StandIns + Send + Sync));
    let mut proposals = Vec::new();
    for stack in stacks {
        let plan = Plan { stack, code_keys: &code_keys, stand_ins };
        match propose(account, &plan, &context.reporter).await {
            Ok(proposal) => proposals.push(proposal),
            Err(error) => {
                for proposal in &proposals {
                    let _ = discard(account, proposal).await;
                }
                return Err(context.failure(&error));
            }
        }
    }
    Ok(proposals)
}

async fn apply_all(
    context: &Context,
    account: &Account,
    stacks: &[Stack],
    proposals: &[Proposal],
    secrets: &SecretInput,
) -> Result<Vec<Deployed>, Failure> {
    context.begin_applying();
    let fail = |error: deployer::Error| context.failure(&error);
    let mut results = Vec::new();
    for (stack, proposal) in stacks.iter().zip(proposals) {
        if !proposal.is_empty() {
            let step = format!("deploying {}", stack.name());
            let work = apply(account, stack, proposal, &context.reporter);
            let n_changes = proposal.changes.len();
            context.reporter.step(&step, work, |()| format!("{n_changes} resources")).await.map_err(fail)?;
        }
        let put = put_secrets(account, stack, secrets).await.map_err(fail)?;
        if !put.is_empty() {
            context.reporter.note(format!("secrets stored: {}", put.join(", ")));
        }
        let result = deployed(account, stack).await.map_err(fail)?;
        if let Some(mut result) = result {
            result.changed = !proposal.is_empty() || !put.is_empty();
            results.push(result);
        }
    }
    Ok(results)
}
