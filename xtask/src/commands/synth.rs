//! `cargo xtask synth`.

use crate::cli::SynthOptions;
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print;
use std::path::Path;

/// Writes every template and policy of a stage; reads nothing but the stage file.
pub fn run(options: &SynthOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let stacks = stacks::all(&stage);
    for stack in stacks.iter().flat_map(|stack| [stack.before(), Some(stack)]).flatten() {
        let Some(out) = &options.out else {
            print(&format!("--- # {}\n{}", stack.name(), stack.template()));
            continue;
        };
        let folder = out.join(stack.name());
        write(&folder.join("template.yaml"), &stack.template())?;
        for (function, policy) in stack.policy_files() {
            write(&folder.join(format!("{function}.policy.json")), &policy)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::of(&deployer::Error::file("write", path)(error), false))?;
    print(&format!("{}\n", path.display()));
    Ok(())
}
