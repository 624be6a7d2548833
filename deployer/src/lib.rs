//! From definitions to a running stage: compile, pack, upload, propose, apply.
//!
//! Each step is a function that takes values and returns one; none prints, asks or exits.
//! Progress is reported to a [`Reporter`].

mod account;
mod account_warnings;
mod apply;
mod archive;
mod artifact;
mod attempts;
mod binary;
mod build;
mod certificate;
mod change;
mod completed;
mod destroy;
mod disk;
mod error;
mod event;
mod failed_creation;
mod function_code;
mod function_logs;
mod local;
mod local_stage;
mod lock;
mod outputs;
mod pace;
mod permission_check;
mod permissions;
mod propose;
mod python;
mod random;
mod saas_client;
mod saas_lookup;
mod secrets;
mod senders;
mod site;
mod stack_events;
mod stamp;
mod startup_bench;
mod statement;
mod test_event;
mod trust;
mod validation;
mod web;
mod workspace;

pub use account::{Account, ReadCode, ResourceStanding, describe_status};
pub use account_warnings::find_account_warnings;
pub use apply::apply;
pub use archive::{Archive, pack_all};
pub use artifact::{artifact_bucket, make_artifact_bucket, upload};
pub use aws_sdk_cloudformation::types::{ResourceStatus, StackStatus};
pub use binary::{Binary, host_architecture};
pub use build::{Profile, ReleaseCompiler, build, dependencies_of, rebuild_tool, variables_of_cargo};
pub use change::{Change, ChangeKind, Fate};
pub use completed::{Completed, Finished, Unchanged};
pub use destroy::{
    BucketContent, Keep, Leftovers, LogGroupFound, TableContent, delete_artifacts_if_last, destroy, find_leftovers,
};
pub use error::{Error, FailureCause, Outcome, StackFailure};
pub use event::{Event, Flush, Reporter, Step, StepId, Wait, counted};
pub use failed_creation::clear_failed_creation;
pub use function_logs::local_logs;
pub use local::{
    LocalStatus, Lost, StandInsProgram, StandInsSettings, local_status, lost_meanwhile, start_local, stop_local,
    wait_until_orphaned,
};
pub use local_stage::{LocalStage, RootKey};
pub use lock::LocalTurn;
pub use outputs::{Deployed, RegisteredUrl, SignedBy, deployed, find_deployed, is_deployed, not_deployed};
pub use permission_check::{MissingPermissions, PermissionCheck, check_permissions};
pub use permissions::permissions_to_deploy;
pub use propose::{LeftChangeSet, Outputs, Plan, Proposal, discard_open, propose, still_open};
pub use python::{PythonTools, variables_of_python};
pub use saas_lookup::look_up;
pub use secrets::{SecretInput, secrets_to_ask};
pub use senders::{fetch_senders, note_senders};
pub use site::SiteChanges;
pub use startup_bench::{Measured, measure_binary, measure_python};
pub use test_event::{Hop, HopOutcome, TestFailure, TestReport, publish_test_event};
pub use workspace::Workspace;
