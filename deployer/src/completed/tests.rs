//! Every input changed in turn, and seen.

use super::*;
use crate::account::scripted::{Answer, Scripted};
use stacks::StageName;

const ID: &str = "arn:aws:cloudformation:ap-northeast-1:111122223333:stack/s/1";
const OPERATION: &str = "2026-11-01T00:00:00Z";
const STAGE: &str = "region: ap-northeast-1\nsns_slack: {}\n";

fn stacks_of(stage: &str) -> Vec<Stack> {
    stacks::all(&Stage::parse(StageName::try_from("prod".to_owned()).unwrap(), stage).unwrap())
}

/// Keys of the archives of a stack's functions.
fn keys_of(stack: &Stack) -> BTreeMap<String, String> {
    let packages = stack.functions().iter().map(|function| function.package.to_owned());
    packages.map(|package| (package.clone(), format!("{package}/digest.zip"))).collect()
}

/// The answer to DescribeStacks for a stack with this code.
fn there(stack: &Stack, id: &str, status: &str, operation: &str) -> Answer {
    let keys = keys_of(stack);
    let parameters = stack.parameters().iter().filter_map(|(name, source)| match source {
        ParameterSource::CodeKey(package) => Some((name, keys.get(*package)?)),
        _ => None,
    });
    let member = |(name, value)| {
        format!("<member><ParameterKey>{name}</ParameterKey><ParameterValue>{value}</ParameterValue></member>")
    };
    let parameters: String = parameters.map(member).collect();
    let there = format!(
        "<Stacks><member><StackId>{id}</StackId><StackName>s</StackName><StackStatus>{status}</StackStatus>\
         <CreationTime>2026-10-01T00:00:00Z</CreationTime><LastUpdatedTime>{operation}</LastUpdatedTime>\
         <Parameters>{parameters}</Parameters></member></Stacks>"
    );
    Answer::xml("DescribeStacks", &there)
}

/// Records at a path of the test's own.
fn records(name: &str, records: BTreeMap<String, Record>) -> Completed {
    let path = std::env::temp_dir().join(format!("tsugite-completed-{}-{name}/stage.json", std::process::id()));
    Completed { path, records: Mutex::new(records) }
}

/// What was completed, what is found, and what is wanted now.
struct Case {
    record: Option<fn(&mut Record)>,
    found: Option<(&'static str, &'static str, &'static str)>,
    stage: &'static str,
    given: Option<&'static str>,
    key: &'static str,
}

const SAME: Case =
    Case { record: None, found: Some((ID, "UPDATE_COMPLETE", OPERATION)), stage: STAGE, given: None, key: "" };

/// Whether nothing is to do, and the number of calls that it took to see it.
async fn is_done(case: &Case) -> (bool, usize) {
    let stacks = stacks_of(case.stage);
    let stack = &stacks[0];
    let nothing = Answer::Body(
        400,
        "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id s does not exist</Message></Error></ErrorResponse>".into(),
    );
    let found = case.found.map_or(nothing, |(id, status, operation)| there(stack, id, status, operation));
    let aws = Scripted::start(vec![("DescribeStacks", found)]).await;
    let mut record = Record {
        stack_id: ID.into(),
        operation: OPERATION.into(),
        definition: definition(&aws.account, &stacks_of(STAGE)[0]).unwrap().unwrap(),
        secrets: SecretIds::new(),
        site: None,
    };
    if let Some(change) = case.record {
        change(&mut record);
    }
    let completed = records("unused", BTreeMap::from([(stack.name().to_owned(), record)]));
    let mut given = SecretInput::default();
    if let Some(name) = case.given {
        given.give(name, "value");
    }
    let unchanged = completed.unchanged(&aws.account, &stacks, &given).await.unwrap();
    let keys = keys_of(stack).into_iter().map(|(package, key)| (package, key + case.key)).collect();
    (unchanged.with_code(&stacks, &keys).contains_key(stack.name()), aws.n_asked())
}

#[tokio::test]
async fn one_read_tells_that_nothing_is_to_do() {
    assert_eq!(is_done(&SAME).await, (true, 1));
    assert_eq!(is_done(&Case { found: Some((ID, "CREATE_COMPLETE", OPERATION)), ..SAME }).await, (true, 1));
}

#[tokio::test]
async fn every_change_is_seen() {
    for (name, case) in [
        ("the stack was made again", Case { found: Some(("other", "UPDATE_COMPLETE", OPERATION)), ..SAME }),
        ("it was updated", Case { found: Some((ID, "UPDATE_COMPLETE", "2026-11-01T00:00:01Z")), ..SAME }),
        ("its update failed", Case { found: Some((ID, "UPDATE_ROLLBACK_COMPLETE", OPERATION)), ..SAME }),
        ("it is being updated", Case { found: Some((ID, "UPDATE_IN_PROGRESS", OPERATION)), ..SAME }),
        ("it was deleted", Case { found: None, ..SAME }),
        (
            "a setting is another one",
            Case { stage: "region: ap-northeast-1\nlog_retention_days: 7\nsns_slack: {}\n", ..SAME },
        ),
        ("a tag is new", Case { stage: "region: ap-northeast-1\ntags: {a: b}\nsns_slack: {}\n", ..SAME }),
        ("a secret is given", Case { given: Some("SLACK_WEBHOOK_URL"), ..SAME }),
        ("the code is another one", Case { key: "x", ..SAME }),
        (
            "this tool is another one",
            Case { record: Some(|record| record.definition = "of another tool".into()), ..SAME },
        ),
        ("the site is another one", Case { record: Some(|record| record.site = Some("files".into())), ..SAME }),
    ] {
        assert!(!is_done(&case).await.0, "{name}");
    }
}

#[tokio::test]
async fn a_record_is_forgotten_before_a_change_and_read_by_the_next_command() {
    let stacks = stacks_of(STAGE);
    let root = std::env::temp_dir().join(format!("tsugite-completed-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    let workspace = Workspace::new(&root);
    let names = || -> Vec<String> {
        let completed = Completed::read(&workspace, stacks[0].stage());
        let records = completed.records.lock().unwrap();
        records.keys().cloned().collect()
    };
    assert_eq!(names(), [""; 0]);
    let aws = Scripted::start(vec![]).await;
    let record = Record {
        stack_id: ID.into(),
        operation: OPERATION.into(),
        definition: definition(&aws.account, &stacks[0]).unwrap().unwrap(),
        secrets: SecretIds::new(),
        site: None,
    };
    let completed = Completed::read(&workspace, stacks[0].stage());
    let name = stacks[0].name().to_owned();
    completed.write(&BTreeMap::from([(name.clone(), record.clone()), ("other".to_owned(), record)]));
    assert_eq!(names(), ["other".to_owned(), name]);
    let completed = Completed::read(&workspace, stacks[0].stage());
    completed.forget(&stacks[0]);
    completed.forget(&stacks[0]);
    assert_eq!(names(), ["other"]);
    std::fs::write(&completed.path, "{").unwrap();
    assert_eq!(names(), [""; 0]);
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_stack_is_done_only_with_what_it_needs() {
    let text = include_str!("../../../stacks/stages/example.yaml");
    let stacks = stacks_of(text);
    let stack = stacks.iter().find(|stack| stack.needed_outputs().next().is_some()).unwrap();
    let (of, output) = stack.needed_outputs().next().unwrap();
    let (parameter, _) =
        stack.parameters().iter().find(|(_, source)| matches!(source, ParameterSource::OutputOf { .. })).unwrap();
    let unchanged_stack = |name: &'static str, parameters: &[(&str, &str)], outputs: &[(&str, &str)]| {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let deployed = Deployed {
            name,
            status: StackStatus::CreateComplete,
            changed: false,
            is_new: false,
            outputs: map(outputs),
            registrations: vec![],
            secrets: vec![],
        };
        (name, UnchangedStack { deployed, parameters: map(parameters) })
    };
    let own = |value| unchanged_stack(stack.name(), &[(parameter.as_str(), value)], &[]);
    let needed = |value| unchanged_stack(of, &[], &[(output, value)]);
    for (found, expected) in [
        (vec![own("arn"), needed("arn")], vec![of, stack.name()]),
        (vec![own("arn"), needed("other")], vec![of]),
        (vec![own("arn")], vec![]),
        (vec![needed("arn")], vec![of]),
    ] {
        let mut unchanged = Unchanged(found.into_iter().collect());
        unchanged.retain_complete(&stacks);
        let mut names: Vec<&str> = unchanged.0.into_keys().collect();
        names.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
