//! A template that is too long for a request, on a local stage of its own: `cargo test -p xtask --test long_template`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use deployer::{
    Account, Keep, Outputs, Plan, Proposal, Reporter, StandInsProgram, Workspace, apply, delete_artifacts_if_last,
    destroy, discard_open, find_leftovers, propose, start_local, stop_local,
};
use stacks::lookup::LookedUp;
use stacks::{Stack, Stage, StageName};
use std::collections::BTreeMap;
use std::path::Path;

/// Source: CloudFormation user guide, "CloudFormation quotas".
const LONGEST_IN_REQUEST: usize = 51_200;

fn stage() -> Stage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stacks/stages/local.yaml");
    Stage::parse(StageName::try_from("local".to_owned()).unwrap(), &std::fs::read_to_string(path).unwrap()).unwrap()
}

/// As many as a template may have outputs, since each topic has one, without that of the digest.
const TOPICS: usize = 199;

/// Keys of archives and outputs of other stacks: none.
type Nothing = (BTreeMap<String, String>, Outputs);

/// A stack of so many topics with long names.
fn topics(stage: &Stage, number: usize) -> Stack {
    let mut stack = Stack::new("topics", stage);
    for n in 0..number {
        let name: &'static str = format!("Topic{n:0>60}").leak();
        stack.topic::<()>(name, name);
    }
    stack
}

async fn proposal(account: &Account, stack: &Stack, reporter: &Reporter) -> Proposal {
    let nothing = (BTreeMap::new(), Outputs::new());
    propose(account, &plan(stack, &nothing, &LookedUp::default()), reporter).await.unwrap()
}

fn plan<'a>(stack: &'a Stack, nothing: &'a Nothing, looked_up: &'a LookedUp) -> Plan<'a> {
    Plan { stack, code_keys: &nothing.0, outputs: &nothing.1, looked_up, express: false }
}

#[tokio::test]
async fn a_template_that_is_too_long_for_a_request_goes_by_the_artifact_bucket() {
    let workspace = Workspace::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("long-template"));
    let (reporter, _events) = Reporter::new();
    stop_local(&workspace, &reporter).await.unwrap();
    let stage = stage();
    let program = StandInsProgram { executable: env!("CARGO_BIN_EXE_xtask").as_ref(), version: &standins::version() };
    let local = start_local(&workspace, &stage.region, &program, &reporter).await.unwrap();
    let account = Account::on_this_machine(&stage, local, &reporter).await.unwrap();
    let (nothing, ids) = ((BTreeMap::new(), Outputs::new()), LookedUp::default());

    let short = topics(&stage, 1);
    assert_eq!(proposal(&account, &short, &reporter).await.changes.len(), 1);
    assert!(discard_open(&account).await.is_empty());
    assert!(!account.may_have_changed(), "a short template needs no bucket");

    let long = topics(&stage, TOPICS);
    assert!(long.template().len() > LONGEST_IN_REQUEST);
    let first = proposal(&account, &long, &reporter).await;
    assert_eq!(first.changes.len(), TOPICS);
    assert!(account.may_have_changed(), "a long template may have made its bucket");
    apply(&account, &plan(&long, &nothing, &ids), &first, &reporter).await.unwrap();
    assert!(proposal(&account, &long, &reporter).await.is_empty(), "the same template changes nothing");

    let longest = topics(&stage, 8_000);
    let refused = propose(&account, &plan(&longest, &nothing, &ids), &reporter).await.unwrap_err();
    assert!(refused.to_string().contains("CloudFormation takes up to 1000000"), "{refused}");

    // It is deleted like any other, and the bucket with it.
    let found = find_leftovers(&account, &long).await.unwrap();
    assert_eq!(found.n_resources, TOPICS);
    destroy(&account, &long, &found, Keep::Nothing, &reporter).await.unwrap();
    assert!(delete_artifacts_if_last(&account, &stage, &reporter).await.unwrap(), "the bucket was there");
    assert!(stop_local(&workspace, &reporter).await.unwrap());
}
