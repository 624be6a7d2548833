//! `cargo xtask new`: creates the first version of an integration.

mod draft;
mod edit;

use crate::cli::NewOptions;
use crate::context::root;
use crate::failure::Failure;
use crate::result::print;
use deployer::variables_of_cargo;
use draft::Draft;
use std::path::Path;
use std::process::Command;

/// Commands that update generated files: the lock file, the committed templates, the documents.
const FOLLOW_UPS: [(&str, &[(&str, &str)]); 3] = [
    ("cargo update --workspace --offline --quiet", &[]),
    ("cargo test --quiet -p xtask -p stacks --test templates", &[("UPDATE_EXPECT", "1")]),
    ("cargo run --quiet -p xtask -- docs", &[]),
];

/// Writes the sources of the integration, then updates the generated files.
pub fn run(options: &NewOptions) -> Result<(), Failure> {
    let root = root()?;
    let draft = Draft::new(options)?;
    draft.refuse_existing(&root)?;
    let files = draft.files();
    // Cargo does not find the modules of integrations, because a macro declares them.
    let sources = files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(".rs"));
    let format = format!("rustfmt --edition 2024 {}", sources.collect::<Vec<_>>().join(" "));
    for (path, text) in &files {
        write(&root, path, text)?;
        print(&format!("new     {path}\n"));
    }
    for (path, edited) in edit::edits(&draft, &root)? {
        write(&root, path, &edited)?;
        print(&format!("edited  {path}\n"));
    }
    follow_up(&root, &format, &[])?;
    if options.only_sources {
        let typed = |(command, variables): &(&str, &[(&str, &str)])| {
            let variables: String = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
            format!("  {variables}{command}\n")
        };
        print(&format!("\nRun these before you commit:\n{}", FOLLOW_UPS.iter().map(typed).collect::<String>()));
    } else {
        for (command, variables) in FOLLOW_UPS {
            follow_up(&root, command, variables)?;
        }
    }
    print(&format!("\n{}", draft.next_steps()));
    Ok(())
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let path = root.join(path);
    let folder = path.parent().unwrap_or(root);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
    written.map_err(|error| Failure::nothing_changed(format!("cannot write {}: {error}", path.display())))
}

#[expect(clippy::print_stderr, reason = "prints what runs")]
fn follow_up(root: &Path, command: &str, variables: &[(&str, &str)]) -> Result<(), Failure> {
    eprintln!("running {command}");
    let mut words = command.split(' ');
    let mut process = Command::new(words.next().unwrap_or_default());
    process.args(words).current_dir(root);
    // The variables of this cargo would make the other one compile everything again.
    for variable in variables_of_cargo() {
        process.env_remove(variable);
    }
    process.envs(variables.iter().copied());
    let failed = |why: String| {
        Failure::nothing_changed(format!("`{command}` {why}"))
            .with_hint("the sources are written; fix the errors above, then run this command again")
    };
    let output = process.output().map_err(|error| failed(format!("cannot be started: {error}")))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            Err(failed("failed".to_owned()))
        }
    }
}
