//! The workflow's role against its definition, both as they are in the template.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value as Json, json};
use stacks::{Stage, StageName};
use std::collections::BTreeSet;

const STAGE: &str = "\
region: ap-northeast-1
time_zone: Asia/Tokyo
bytebase_workflow:
  host: bytebase.example.com
  service_account: tsugite@service.bytebase.com
  schedule: cron(0 9 ? * MON-FRI *)
";

fn stage(text: &str) -> Stage {
    Stage::parse(StageName::try_from("prod".to_owned()).unwrap(), text).unwrap()
}

fn template(text: &str) -> Json {
    let stacks = stacks::all(&stage(text));
    let stack = stacks.iter().find(|stack| stack.name() == "bytebase-workflow").unwrap();
    serde_yaml::from_str(&stack.template()).unwrap()
}

#[test]
fn dump() {
    std::fs::write("/tmp/bb/template.json", serde_json::to_string_pretty(&template(STAGE)).unwrap()).unwrap();
    let _ = (json!(1), BTreeSet::<u8>::new());
}
