//! A stage on AWS whose account is an emulator of its own, behind a wire that misbehaves to order.

use super::wire::Wire;
use crate::local::stage::{Run, Stage};
use crate::local::story::Shared;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

pub const REGION: &str = "ap-northeast-1";
/// The stack that needs no handler.
pub const STACK: &str = "bytebase-workflow";

/// The ground of all chapters.
pub struct Ground {
    pub stage: Stage,
    pub wire: Wire,
    emulator: String,
    /// How the account is reached.
    variables: BTreeMap<String, String>,
}

impl Ground {
    pub fn new() -> Self {
        let stage = Stage::beside_the_sources("ways-out");
        stage.starts();
        let emulator = stage.address("emulator");
        let wire = Wire::before(&emulator);
        let variables = stage.variables();
        Self { stage, wire, emulator, variables }
    }

    /// Makes a stage file; `more` are further lines.
    pub fn write_stage(&self, name: &str, region: &str, more: &str) {
        let text = format!(
            "region: {region}\n{more}bytebase_workflow:\n  host: bytebase.example.com\n  \
             service_account: tsugite@service.bytebase.com\n"
        );
        std::fs::write(self.stage.root.join(format!("stacks/stages/{name}.yaml")), text).unwrap();
    }

    /// What is in a stage file.
    pub fn stage_file(&self, name: &str) -> stacks::Stage {
        let text = std::fs::read_to_string(self.stage.root.join(format!("stacks/stages/{name}.yaml"))).unwrap();
        stacks::Stage::parse(name.to_owned().try_into().unwrap(), &text).unwrap()
    }

    /// A command on a stage of AWS, through the wire.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.signed_in(arguments, &self.wire.url)
    }

    /// Runs a command on a stage of AWS, past the wire.
    pub fn run_past(&self, arguments: &[&str]) -> Run {
        self.stage.finish(&mut self.signed_in(arguments, &self.emulator))
    }

    /// Runs a command on a stage of AWS, through the wire.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.stage.finish(&mut self.command(arguments))
    }

    fn signed_in(&self, arguments: &[&str], url: &str) -> Command {
        let mut command = self.stage.command(arguments);
        command
            .envs(&self.variables)
            .env("AWS_ENDPOINT_URL", url)
            .env("NO_PROXY", "127.0.0.1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("BYTEBASE_SERVICE_KEY", "bbs_of_the_ways_out")
            .env_remove("AWS_PROFILE");
        command
    }

    /// Starts a command through the wire, to be interrupted.
    pub fn start(&self, arguments: &[&str]) -> Started {
        let child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Started(child)
    }

    /// The account is as it was at first.
    pub fn is_empty(&self) {
        self.stage.is_empty();
    }

    /// The change sets of the stack that are neither executed nor discarded.
    pub fn change_sets(&self) -> Json {
        self.stage.account("change_sets", &[&full("prod")])
    }

    /// The stack has no change set that waits.
    pub fn has_no_change_set(&self) {
        assert_eq!(self.change_sets(), json!([]));
    }
}

impl Shared for Ground {
    fn prepare(&self) {
        self.write_stage("prod", REGION, "");
    }

    fn recover(&self) {
        self.wire.clear();
        self.run_past(&["destroy", STACK, "--stage", "prod", "--yes"]);
    }
}

/// Name of the stack in the account.
pub fn full(stage: &str) -> String {
    format!("tsugite-{stage}-{STACK}")
}

/// A command that runs.
pub struct Started(Child);

impl Started {
    pub fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub fn ends(self) -> Run {
        Run::of(self.0.wait_with_output().unwrap())
    }
}
