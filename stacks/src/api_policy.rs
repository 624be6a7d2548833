//! The resource policy of an API: who may call it.

use policies::{Action, CfnString, Condition, Effect, PolicyDocument, Principal, Statement};
use serde_json::json;

/// Everything of the API, as its own policy may write it.
const WHOLE_API: &str = "execute-api:/*";

/// What API Gateway makes of [`WHOLE_API`], for a region and an API with names as long as they come.
const WHOLE_API_IN_FULL: &str = "arn:aws:execute-api:ap-northeast-1:111122223333:abcdefghij/*";

/// The policy that lets only these addresses (CIDR) call an API; all may if there are none.
///
/// Source: API Gateway developer guide, resource policy examples.
pub(crate) fn policy(senders: &[String]) -> PolicyDocument {
    let everything = || vec![CfnString::text(WHOLE_API)];
    let allow = Statement {
        effect: Effect::Allow,
        principal: Some(Principal::Everyone),
        ..Statement::allow([Action::INVOKE_API], everything())
    };
    let mut statements = vec![allow];
    if !senders.is_empty() {
        let elsewhere = Condition::not_from(senders.iter().cloned());
        statements.push(Statement::deny_everyone(Action::INVOKE_API, everything(), elsewhere));
    }
    PolicyDocument::new(statements)
}

/// The length in characters of the policy that lets only these senders call an API.
pub(crate) fn length(senders: &[String]) -> usize {
    let text = json!(policy(senders)).to_string();
    text.replace(WHOLE_API, WHOLE_API_IN_FULL).chars().count()
}
