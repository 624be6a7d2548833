//! Functions that get their code before the change set is executed.

#![expect(clippy::result_large_err, reason = "the errors of the SDK are as large as they are")]

use super::*;
use crate::account::rules::refused;
use crate::function_code::digest_in;
use aws_sdk_lambda::operation::get_function_configuration::{
    GetFunctionConfigurationError, GetFunctionConfigurationInput, GetFunctionConfigurationOutput,
};
use aws_sdk_lambda::operation::update_function_code::{
    UpdateFunctionCodeError, UpdateFunctionCodeInput, UpdateFunctionCodeOutput,
};
use aws_sdk_lambda::types::LastUpdateStatus;
use stacks::{FunctionSpec, ParameterSource, Stage};

/// The one function of the stack.
fn function() -> FunctionSpec {
    stack().functions()[0]
}

fn old_key() -> String {
    format!("{}/00.zip", function().package)
}

fn new_key() -> String {
    format!("{}/ff10.zip", function().package)
}

/// The function has the code of this key, and its last update ended so.
fn function_has(key: String, update: LastUpdateStatus) -> Rule {
    Rule::new::<GetFunctionConfigurationInput, _, GetFunctionConfigurationError>(move |input| {
        let name = format!("-{}", function().logical_id);
        assert!(input.function_name().unwrap().ends_with(&name), "{input:?}");
        let function = GetFunctionConfigurationOutput::builder().last_update_status(update);
        Ok(function.set_code_sha256(digest_in(&key)).build())
    })
}

/// The function is given the code of this key.
fn code_is_taken(key: String) -> Rule {
    Rule::new::<UpdateFunctionCodeInput, _, UpdateFunctionCodeError>(move |input| {
        assert_eq!(input.s3_key(), Some(key.as_str()));
        assert!(input.s3_bucket().unwrap().starts_with("tsugite-111122223333-"), "{input:?}");
        Ok(UpdateFunctionCodeOutput::builder().build())
    })
}

fn code_is_refused(code: &'static str) -> Rule {
    Rule::new::<UpdateFunctionCodeInput, UpdateFunctionCodeOutput, _>(move |_| {
        Err(UpdateFunctionCodeError::generic(refused(code, "as ruled")))
    })
}

/// Applies a proposal that changes nothing but the code of the one function of a stack.
async fn check_swap(stack: &Stack, rules: impl IntoIterator<Item = Rule>) -> (Outcome<()>, Vec<String>) {
    let mut aws = ByRules::new(rules);
    let keys = BTreeMap::from([(function().package.to_owned(), new_key())]);
    let (outputs, ids) = (Outputs::new(), LookedUp::default());
    let plan = Plan { stack, code_keys: &keys, outputs: &outputs, looked_up: &ids, express: false };
    let change = Change {
        kind: ChangeKind::Changed,
        logical_id: function().logical_id.into(),
        resource_type: "AWS::Lambda::Function".into(),
        properties: vec!["Code".into()],
        fate: None,
    };
    let agreed = Proposal { changes: vec![change], ..agreed(stack) };
    let applied = Box::pin(apply(&aws.account, &plan, &agreed, &aws.account.reporter)).await;
    (applied, aws.told())
}

#[tokio::test]
async fn a_function_has_its_new_code_before_the_change_set_records_it() {
    let swapped = [
        function_has(old_key(), LastUpdateStatus::Successful),
        // Another update is in progress.
        code_is_refused("ResourceConflictException"),
        code_is_taken(new_key()),
        function_has(new_key(), LastUpdateStatus::InProgress),
        function_has(new_key(), LastUpdateStatus::Successful),
    ];
    let (applied, told) = check_swap(&stack(), swapped.into_iter().chain(well(1))).await;
    applied.unwrap();
    assert_eq!(told, [""; 0]);
    // One that has it already is not touched.
    let has_it = [function_has(new_key(), LastUpdateStatus::Successful)];
    check_swap(&stack(), has_it.into_iter().chain(well(2))).await.0.unwrap();
}

#[tokio::test]
async fn code_that_may_not_be_swapped_goes_through_cloudformation_alone() {
    let denied = [function_has(old_key(), LastUpdateStatus::Successful), code_is_refused("AccessDeniedException")];
    let (applied, told) = check_swap(&stack(), denied.into_iter().chain(well(1))).await;
    applied.unwrap();
    assert!(told[0].contains("CloudFormation alone gives functions their new code"), "{told:?}");
    // On a protected stage nothing is asked.
    let text = include_str!("../../../../stacks/stages/example.yaml").replace("# protected: true", "protected: true");
    let stage = Stage::parse("prod".to_owned().try_into().unwrap(), &text).unwrap();
    let protected = stacks::all(&stage).into_iter().find(|one| one.name() == stack().name()).unwrap();
    check_swap(&protected, well(2)).await.0.unwrap();
}

#[tokio::test]
async fn a_function_gets_its_old_code_back_if_the_change_set_fails() {
    const REFUSED: &str = "the role is gone";
    let stack = stack();
    let mut rules = vec![
        function_has(old_key(), LastUpdateStatus::Successful),
        code_is_taken(new_key()),
        function_has(new_key(), LastUpdateStatus::Successful),
    ];
    rules.extend(executed(1, StackStatus::UpdateRollbackComplete, ResourceStatus::CreateFailed, REFUSED));
    let is_code = |source: &ParameterSource| matches!(source, ParameterSource::CodeKey(_));
    let (parameter, _) = stack.parameters().iter().find(|(_, source)| is_code(source)).unwrap();
    rules.extend([
        no_findings(),
        stack_has_parameter(parameter, &old_key()),
        function_has(new_key(), LastUpdateStatus::Successful),
        code_is_taken(old_key()),
        function_has(old_key(), LastUpdateStatus::Successful),
    ]);
    let (applied, told) = check_swap(&stack, rules).await;
    assert!(applied.unwrap_err().to_string().contains(REFUSED));
    assert_eq!(told, [""; 0]);
}
