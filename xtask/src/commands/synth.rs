//! `cargo xtask synth`.

use crate::cli::SynthOptions;
use crate::context::Context;
use crate::failure::Failure;
use crate::result::{print, write_result};

/// Writes every template and policy of a stage. Reads nothing but the stage file.
pub fn run(options: &SynthOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    for stack in stacks::all(&stage) {
        let Some(out) = &options.out else {
            print(&format!("--- # {}\n{}", stack.name(), stack.template()));
            continue;
        };
        let folder = out.join(stack.name());
        write_result(&folder.join("template.yaml"), &stack.template())?;
        for (function, policy) in stack.policy_files() {
            write_result(&folder.join(format!("{function}.policy.json")), &policy)?;
        }
    }
    Ok(())
}
