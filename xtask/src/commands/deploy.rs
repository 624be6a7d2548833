//! `cargo xtask deploy`.

mod permissions;
mod regional;
mod verify;
mod watch;
mod waves;

use crate::cli::{ChangeOptions, DeployOptions, Output};
use crate::context::Context;
use crate::display::{print_proposals, write_line};
use crate::failure::Failure;
use crate::result::{print_proposed, print_stacks};
use crate::{prompt, secrets, selection};
use deployer::{
    Account, Archive, Binary, Completed, Deployed, Error, Profile, Proposal, SecretInput, Unchanged, build,
    fetch_senders, find_account_warnings, host_architecture, is_deployed, look_up, note_senders, pack_all,
};
use futures_util::future::join_all;
use regional::{Mode, RegionalDeployment};
use stacks::lookup::LookedUp;
use stacks::{KnownStack, RetiredStack, Stack, Stage};
use std::collections::BTreeSet;
use std::sync::Arc;
use waves::WavesResult;

/// Exit code of `--detailed-exitcode`: 1 and 2 are failures.
const CHANGED: u8 = 3;

/// Builds, proposes, asks, applies, and prints what to register; then, if wanted, again after each change of a source.
pub async fn run(options: &DeployOptions, context: &Context) -> Result<(), Failure> {
    match options.watch {
        true => watch::run(options, context).await,
        false => deploy_once(options, context, Report::InFull).await.map(|_| ()),
    }
}

/// What a deployment prints on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    /// What to register where, and after the first deployment what to do next.
    InFull,
    /// Nothing: it was printed before.
    Nothing,
}

/// Returns the stacks as they are after the deployment.
async fn deploy_once(options: &DeployOptions, context: &Context, print: Report) -> Result<Vec<Deployed>, Failure> {
    let all_options = options;
    let DeployOptions { change: options, release, detailed_exitcode, express, .. } = options;
    let stage = context.stage(&options.stage.stage)?;
    if *express && stage.protected {
        let place = stage.place_of(&["protected"]);
        return Err(Failure::nothing_changed(format!("{place}: the stage is protected, so `--express` is refused"))
            .with_hint("deploy without `--express`, which waits until all resources are ready"));
    }
    let defined = selection::stacks_to_deploy(&stage, &options.stacks)?;
    let mode = match (options.dry_run, prompt::must_ask(&stage, options)?) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::Confirm,
        (false, false) => Mode::Yes,
    };
    let _turn = if stage.is_local() { Some(context.local_turn().await?) } else { None };
    let archives = make_archives(context, &stage, handlers_of(&defined), *release);
    let surroundings = Surroundings::find(context, &stage, defined, options);
    // Questions and refusals come before minutes of compilation; the local stage asks nothing.
    let (archives, surroundings) = match stage.is_local() {
        true => tokio::try_join!(archives, surroundings)?,
        false => {
            let surroundings = surroundings.await?;
            (archives.await?, surroundings)
        }
    };
    let Surroundings { account, stage, stacks, completed, unchanged, secrets, looked_up } = surroundings;
    let code_keys = archives.iter().map(|archive| (archive.package.clone(), archive.key())).collect();
    let done = unchanged.with_code(&stacks, &code_keys);
    let outputs = done.iter().map(|(name, stack)| (*name, stack.outputs.clone())).collect();
    let deployment = RegionalDeployment {
        context,
        stage: &stage,
        account,
        mode,
        secrets: &secrets,
        looked_up: &looked_up,
        express: *express,
        completed: &completed,
        code_keys: &code_keys,
        archives: &archives,
        outputs: &outputs,
    };
    if options.stacks.is_empty() {
        warn_about_retired(&deployment, &stacks).await?;
    }
    warn_about_silent_alarms(&deployment, &stacks).await?;
    for (stack, warning) in stacks.iter().flat_map(|stack| stack.warnings().iter().map(move |warning| (stack, warning)))
    {
        context.reporter.warn(format!("{}: {warning}", stack.name()));
    }
    let idle: Vec<Proposal> = done.keys().map(|name| Proposal::nothing_to_do(name)).collect();
    context.pause_display(|| print_proposals(&idle, false)).await;
    let order: Vec<&str> = stacks.iter().map(Stack::name).collect();
    let rest: Vec<Stack> = stacks.into_iter().filter(|stack| !done.contains_key(stack.name())).collect();
    let WavesResult { mut previewed, mut deployed } = waves::deploy(&deployment, &rest).await?;
    let has_changes = previewed.iter().any(|proposal| !proposal.is_empty()) || deployed.iter().any(|it| it.changed);
    let verified = match express {
        true => verify::verify(all_options, context, &deployed).await,
        false => Ok(()),
    };
    context.close_display().await;
    if *detailed_exitcode && has_changes {
        context.exit_with(CHANGED);
    }
    let place = |name: &str| order.iter().position(|stack| *stack == name);
    if mode == Mode::DryRun {
        previewed.extend(idle);
        previewed.sort_by_key(|proposal| place(proposal.stack));
        print_proposed(options.output.output, &stage, &previewed);
    } else {
        deployed.extend(done.into_values());
        deployed.sort_by_key(|stack| place(stack.name));
        // What to register is found in the integrations' own stacks.
        deployed.retain(|stack| stacks::NAMES.contains(&stack.name));
        if print == Report::Nothing {
            return verified.map(|()| deployed);
        }
        print_stacks(options.output.output, &stage, &deployed);
        if let Some(local) = &deployment.account.local
            && options.output.output == Output::Text
            && let Some(new) = deployed.iter().find(|stack| stack.is_new)
        {
            print_next(new.name, &local.stand_ins_url());
        }
    }
    verified.map(|()| deployed)
}

/// After the first deployment of a stack: what a person would do next.
fn print_next(stack: &str, page: &str) {
    write_line(&format!(
        "\nsend it a real event, and follow that:  cargo xtask publish-test-event {stack}\n\
         delete all of it again:                 cargo xtask destroy\n\
         see the events and what each SaaS got:  {page}"
    ));
}

/// What a deployment needs besides the handlers.
struct Surroundings {
    account: Arc<Account>,
    /// The stage and its stacks, with what a SaaS publishes.
    stage: Stage,
    stacks: Vec<Stack>,
    completed: Completed,
    unchanged: Unchanged,
    secrets: SecretInput,
    looked_up: LookedUp,
}

impl Surroundings {
    /// Finds the account and what is deployed there; for the stacks that are to be changed, collects the secrets and
    /// looks up what the stage file names.
    async fn find(
        context: &Context,
        stage: &Stage,
        defined: Vec<Stack>,
        options: &ChangeOptions,
    ) -> Result<Self, Failure> {
        let account = context.connect(stage).await?;
        selection::note_place(context, stage, &account);
        let failure = |error: Error| context.failure(&error);
        // From here on, the definition includes what a SaaS publishes.
        let fetched = fetch_senders(&account, stage, &defined, &context.reporter).await.map_err(failure)?;
        let (stage, stacks) = match fetched {
            None => (stage.clone(), defined),
            Some(stage) => {
                let stacks = selection::stacks_to_deploy(&stage, &options.stacks)?;
                (stage, stacks)
            }
        };
        let order: Vec<&str> = stacks.iter().map(Stack::name).collect();
        let completed = Completed::read(&context.workspace, &stage);
        let given = secrets::given(&account, &stacks)?;
        let unchanged = completed.unchanged(&account, &stacks, &given).await.map_err(failure)?;
        let is_unchanged = |stack: &Stack| unchanged.has(stack);
        note_senders(&account, &stacks, is_unchanged, &context.reporter).await.map_err(failure)?;
        let mut looked_up = unchanged.looked_up(&stacks);
        let (mut stacks, changed): (Vec<_>, Vec<_>) = stacks.into_iter().partition(|stack| unchanged.has(stack));
        let mut secrets = SecretInput::default();
        if !changed.is_empty() {
            if !stage.is_local() {
                let warnings = find_account_warnings(&account, &changed).await;
                warnings.into_iter().for_each(|warning| context.reporter.warn(warning));
            }
            secrets = secrets::collect(&account, &changed, given, options.dry_run).await?;
            let fresh = look_up(&account, &changed, &secrets, &context.reporter).await.map_err(failure)?;
            looked_up = fresh.or(looked_up);
        }
        stacks.extend(changed);
        stacks.sort_by_key(|stack| order.iter().position(|name| *name == stack.name()));
        Ok(Self { account, stage, stacks, completed, unchanged, secrets, looked_up })
    }
}

/// Warns about retired stacks that are still deployed.
async fn warn_about_retired(deployment: &RegionalDeployment<'_>, stacks: &[Stack]) -> Result<(), Failure> {
    let RegionalDeployment { context, stage, account, .. } = deployment;
    let option = selection::stage_option(stage);
    let (own, further): (Vec<RetiredStack>, Vec<RetiredStack>) =
        stacks::retired(stage).into_iter().partition(|stack| stack.name() == stack.integration());
    let found = join_all(own.iter().map(|stack| is_deployed(account, stack))).await;
    for (stack, is_deployed) in own.iter().zip(found) {
        let name = stack.name();
        if is_deployed.map_err(|error| context.failure(&error))? {
            context.reporter.warn(format!(
                "{name} is still deployed, but its section is gone from the stage file; delete it with: cargo xtask destroy {name}{option}"
            ));
        }
    }
    let is_left = |stack: &&RetiredStack| stacks.iter().any(|own| own.name() == stack.integration());
    for stack in further.iter().filter(is_left) {
        // The deployer may have no access to the region; `destroy` checks again, and reports it.
        if let Ok(true) = is_deployed(&account.in_region_of(stack), stack).await {
            context.reporter.warn(format!(
                "{} in {} is no longer needed; it is deleted when {} is destroyed",
                stack.name(),
                stack.region().as_str(),
                stack.integration()
            ));
        }
    }
    Ok(())
}

/// Warns if alarms go to a topic that neither exists nor is about to be created.
///
/// The local stage is left out, because no alarm goes off by itself there.
async fn warn_about_silent_alarms(deployment: &RegionalDeployment<'_>, stacks: &[Stack]) -> Result<(), Failure> {
    let RegionalDeployment { context, stage, account, .. } = deployment;
    let topic_of = stacks::alarm_stack(stage)
        .filter(|name| !stage.is_local() && !stacks.iter().any(|stack| stack.name() == *name));
    let Some(stack) = stacks::all(stage).into_iter().find(|stack| Some(stack.name()) == topic_of) else {
        return Ok(());
    };
    if !is_deployed(account, &stack).await.map_err(|error| context.failure(&error))? {
        let name = stack.name();
        context.reporter.warn(format!(
            "alarms have no recipient until {name} is deployed; deploy it with: cargo xtask deploy {name} --stage {}",
            stage.name
        ));
    }
    Ok(())
}

/// Builds and packs handlers.
async fn make_archives(
    context: &Context,
    stage: &Stage,
    packages: BTreeSet<&str>,
    is_release: bool,
) -> Result<Vec<Archive>, Failure> {
    let binaries = build_handlers(context, stage, packages, is_release).await?;
    if binaries.is_empty() {
        return Ok(Vec::new());
    }
    let packed = pack_all(&context.workspace, binaries, profile(stage, is_release), &context.reporter).await;
    packed.map_err(|error| context.failure(&error))
}

/// The packages of the handlers of these stacks, each once, in alphabetical order.
pub fn handlers_of(stacks: &[Stack]) -> BTreeSet<&'static str> {
    stacks.iter().flat_map(|stack| stack.functions()).map(|function| function.package).collect()
}

/// Builds handlers: with the light profile for the local stage, unless a release is wanted.
pub async fn build_handlers(
    context: &Context,
    stage: &Stage,
    packages: BTreeSet<&str>,
    is_release: bool,
) -> Result<Vec<Binary>, Failure> {
    let packages: Vec<&str> = packages.into_iter().collect();
    let built = build(&context.workspace, &packages, profile(stage, is_release), &context.reporter).await;
    built.map_err(|error| context.failure(&error))
}

fn profile(stage: &Stage, is_release: bool) -> Profile {
    match (stage.is_local(), is_release) {
        (true, false) => Profile::Light,
        (true, true) => Profile::Release(host_architecture()),
        (false, _) => Profile::Release(stage.architecture),
    }
}
