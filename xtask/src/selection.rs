//! Which stacks a command is about, and the names of stages and places in its messages.

use crate::context::Context;
use crate::failure::Failure;
use deployer::Account;
use stacks::{Stack, Stage};

/// The named stacks of a stage, in their own order; all if none is named.
///
/// Fails if one is named for which the stage file has no section.
pub fn stacks(stage: &Stage, names: &[String]) -> Result<Vec<Stack>, Failure> {
    let all = stacks::all(stage);
    let missing = names.iter().find(|name| !all.iter().any(|stack| stack.name() == name.as_str()));
    if let Some(name) = missing {
        let section = name.replace('-', "_");
        return Err(Failure::nothing_changed(format!("stage `{}` has no stack `{name}`", stage.name)).with_hint(
            format!(
                "give the section `{section}` in stacks/stages/{}.yaml; stacks/stages/example.yaml shows how",
                stage.name
            ),
        ));
    }
    Ok(all.into_iter().filter(|stack| names.is_empty() || names.iter().any(|name| name == stack.name())).collect())
}

/// The named stacks of a stage, all if none is named, with those that its file does not ask for any more.
pub fn stacks_to_destroy(stage: &Stage, names: &[String]) -> Vec<Stack> {
    let all = stacks::all(stage).into_iter().chain(stacks::former(stage));
    all.filter(|stack| names.is_empty() || names.iter().any(|name| name == stack.name())).collect()
}

/// Says where a change goes; on this machine there is only one place.
pub fn tell_place(context: &Context, stage: &Stage, account: &Account) {
    if !stage.is_local() {
        context.reporter.note(place(stage, account));
    }
}

/// What a command needs behind its name to mean this stage.
pub fn stage_option(stage: &Stage) -> String {
    if stage.is_local() { String::new() } else { format!(" --stage {}", stage.name) }
}

/// A stage with the account and region behind its name, as a person should see it before a change.
pub fn place(stage: &Stage, account: &Account) -> String {
    let detour = account.endpoint_override().map_or_else(String::new, |detour| format!(", not on AWS but at {detour}"));
    format!("stage `{}` (account {}, {}{detour})", stage.name, account.id, account.region)
}
