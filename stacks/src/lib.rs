//! The stacks of this deployment: pure functions from a stage to templates.

mod backlog_files;
mod resource;
mod stack;
mod stage;
mod test_plan;
mod yaml;

pub use resource::{BucketRef, QueueRef, SecretRef};
pub use stack::{
    CodeParameter, Definition, Endpoint, Feeding, FunctionSpec, ParameterSource, Registration, SecretSource,
    SecretSpec, Stack,
};
pub use stage::{
    Architecture, BacklogFilesSettings, BacklogSettings, LogRetention, Region, SenderRange, Service, Stage, StageError,
    StageName,
};
pub use test_plan::{Effect, StandInFile, TestPlan};

/// Names of all stacks, in the order in which they are deployed.
pub const NAMES: &[&str] = &["backlog-files"];

/// Every stack of a stage, in the order of [`NAMES`].
pub fn all(stage: &Stage) -> Vec<Stack> {
    vec![backlog_files::stack(stage)]
}
