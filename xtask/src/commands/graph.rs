//! `cargo xtask graph`.

use crate::cli::GraphOptions;
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print;
use crate::selection;

/// Draws stacks; reads nothing but the stage file.
pub fn run(options: &GraphOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let stacks = selection::stacks(&stage, &options.stacks)?;
    for stack in &stacks {
        if stacks.len() > 1 {
            print(&format!("%% {}\n", stack.name()));
        }
        print(&stack.graph());
    }
    Ok(())
}
