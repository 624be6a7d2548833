//! Which stacks a command means, and how their stage is named to a person.

use crate::context::Context;
use crate::failure::Failure;
use deployer::Account;
use stacks::{KnownStack, Stack, Stage};

/// The own stacks of the named integrations of a stage, in the order of their definition; of all if none is named.
///
/// Fails if the stage file has no section for a named one.
pub fn stacks(stage: &Stage, names: &[String]) -> Result<Vec<Stack>, Failure> {
    let all = all_defined(stage, names)?;
    Ok(all.into_iter().filter(|stack| stack.name() == stack.integration() && is_selected(stack, names)).collect())
}

/// As [`stacks()`], with all that these stacks need.
pub fn stacks_to_deploy(stage: &Stage, names: &[String]) -> Result<Vec<Stack>, Failure> {
    Ok(stacks::with_needed(all_defined(stage, names)?, |stack| is_selected(stack, names)))
}

/// Every stack of the named integrations, retired ones included; of all if none is named.
pub fn stacks_to_destroy(stage: &Stage, names: &[String]) -> Vec<Box<dyn KnownStack>> {
    stacks::known(stage).into_iter().filter(|stack| is_selected(&**stack, names)).collect()
}

fn is_selected(stack: &dyn KnownStack, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == stack.integration())
}

/// Every stack of a stage; fails if the stage file has no section for a named one.
fn all_defined(stage: &Stage, names: &[String]) -> Result<Vec<Stack>, Failure> {
    let all = stacks::all(stage);
    let missing = names.iter().find(|name| !all.iter().any(|stack| stack.name() == name.as_str()));
    if let Some(name) = missing {
        let section = name.replace('-', "_");
        return Err(Failure::nothing_changed(format!("stage `{}` has no stack `{name}`", stage.name)).with_hint(
            format!(
                "add the section `{section}` to stacks/stages/{}.yaml; stacks/stages/example.yaml shows how",
                stage.name
            ),
        ));
    }
    Ok(all)
}

/// Notes the account and region of a change; the local stage has only one place.
pub fn note_place(context: &Context, stage: &Stage, account: &Account) {
    if !stage.is_local() {
        context.reporter.note(place(stage, account));
    }
}

/// The option that selects this stage, with a space before it; empty for the local stage, which is the default.
pub fn stage_option(stage: &Stage) -> String {
    if stage.is_local() { String::new() } else { format!(" --stage {}", stage.name) }
}

/// The name of a stage with its account and region, to be read before a change.
pub fn place(stage: &Stage, account: &Account) -> String {
    let detour = account.endpoint_override().map_or_else(String::new, |detour| format!(", not on AWS but at {detour}"));
    format!("stage `{}` (account {}, {}{detour})", stage.name, account.id, account.region)
}
