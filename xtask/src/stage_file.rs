//! Reads the file of a stage, and reports errors with their line.

use crate::failure::Failure;
use deployer::Workspace;
use stacks::{Stage, StageName};
use std::path::PathBuf;

/// Reads `stacks/stages/NAME.yaml`.
pub fn read(workspace: &Workspace, name: &str) -> Result<Stage, Failure> {
    let parsed = StageName::try_from(name.to_owned()).map_err(Failure::nothing_changed)?;
    let folder = workspace.root().join("stacks/stages");
    let path = folder.join(format!("{name}.yaml"));
    let shown = format!("stacks/stages/{name}.yaml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(unknown(name, &folder)),
        Err(error) => return Err(Failure::nothing_changed(format!("cannot read `{shown}`: {error}"))),
    };
    Stage::parse(parsed, &text).map_err(|error| {
        let place = error.line.map_or(shown.clone(), |line| format!("{shown}:{line}"));
        Failure::nothing_changed(format!("{place}: {error}"))
            .with_hint("every field is explained in stacks/stages/example.yaml")
    })
}

/// The failure for a stage that does not exist, with the nearest name or how to create one.
fn unknown(name: &str, folder: &PathBuf) -> Failure {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    let nearest = names.iter().max_by(|a, b| strsim::jaro(name, a).total_cmp(&strsim::jaro(name, b)));
    let failure = Failure::nothing_changed(format!("there is no stage `{name}`; the stages are {}", names.join(", ")));
    match nearest.filter(|nearest| strsim::jaro(name, nearest) > 0.75) {
        Some(nearest) => failure.with_hint(format!("did you mean `{nearest}`?")),
        None if name == StageName::LOCAL => failure.with_hint("restore it with: git checkout stacks/stages/local.yaml"),
        None => failure
            .with_hint(format!("create it: cp stacks/stages/example.yaml stacks/stages/{name}.yaml, then edit it")),
    }
}
