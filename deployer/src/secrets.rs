//! Puts values of secrets that a person gave into Secrets Manager, and keeps them out of everything else.

use crate::account::Account;
use crate::error::{Error, Outcome};
use stacks::{SecretSource, SecretSpec, Stack};
use std::collections::BTreeMap;

/// The code of Secrets Manager for a secret without a value, and for one that does not exist.
///
/// Source: Secrets Manager API reference, GetSecretValue and DescribeSecret, "Errors".
pub(crate) const NO_VALUE: &str = "ResourceNotFoundException";

/// Values that were given, by the name of their secret. It does not show itself.
#[derive(Clone, Default)]
pub struct SecretInput(BTreeMap<&'static str, String>);

impl std::fmt::Debug for SecretInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl SecretInput {
    /// Takes a value, without white space around it.
    pub fn give(&mut self, name: &'static str, value: &str) {
        self.0.insert(name, value.trim().to_owned());
    }

    /// The value of a secret, if it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a value was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl Account {
    /// The value of a secret, by its name or ARN.
    pub(crate) async fn secret_value(&self, id: &str) -> Outcome<String> {
        let answer = self.secrets.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(Error::aws("secretsmanager:GetSecretValue"))?;
        Ok(answer.secret_string.unwrap_or_default())
    }
}

/// The secrets that a person must give before the stacks can be deployed: those without a value. All others stay
/// unchanged unless they are given.
pub async fn secrets_to_ask<'a>(account: &Account, stacks: &'a [Stack]) -> Outcome<Vec<(&'a Stack, &'a SecretSpec)>> {
    let mut missing = Vec::new();
    for stack in stacks {
        for secret in stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given) {
            let has_value = has_value(account, stack, secret).await;
            let has_value = has_value.map_err(|error| error.of_stack(stack.name(), None))?;
            if !has_value {
                missing.push((stack, secret));
            }
        }
    }
    Ok(missing)
}

/// Whether a secret of a stack holds a value.
///
/// Only "not found" means that it holds none: what may not be read, or cannot be at the moment, would
/// otherwise be asked for and replaced.
async fn has_value(account: &Account, stack: &Stack, secret: &SecretSpec) -> Outcome<bool> {
    let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? else { return Ok(false) };
    let answer = account.secrets.describe_secret().secret_id(id).send().await;
    match answer.map_err(Error::aws("secretsmanager:DescribeSecret")) {
        Ok(answer) => Ok(answer.version_ids_to_stages().is_some_and(|versions| !versions.is_empty())),
        Err(error) if error.code() == Some(NO_VALUE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts the given values into the stack's secrets, where they differ from the stored ones.
///
/// Returns the names of those that changed.
pub(crate) async fn put_secrets(account: &Account, stack: &Stack, input: &SecretInput) -> Outcome<Vec<&'static str>> {
    let mut changed = Vec::new();
    for secret in stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given) {
        let Some(value) = input.0.get(secret.name) else { continue };
        let put = put(account, stack, secret, value).await;
        if put.map_err(|error| {
            error.of_stack(stack.name(), Some("the stack is deployed, but one of its secrets was not stored"))
        })? {
            changed.push(secret.name);
        }
    }
    Ok(changed)
}

/// Puts a value into a secret; `false` if the secret already has it.
async fn put(account: &Account, stack: &Stack, secret: &SecretSpec, value: &str) -> Outcome<bool> {
    let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? else { return Ok(false) };
    match account.secret_value(&id).await {
        Ok(current) if current == value => return Ok(false),
        Ok(_) => {}
        // A caller that may not read it can still replace it.
        Err(error) if matches!(error.code(), Some(NO_VALUE | "AccessDeniedException")) => {}
        Err(error) => return Err(error),
    }
    account.mark_changed();
    // The SDK gives all attempts one client request token, so that a lost answer makes no second version.
    let call = account.secrets.put_secret_value().secret_id(id).secret_string(value).send();
    call.await.map_err(Error::aws("secretsmanager:PutSecretValue"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::scripted::{Answer, Scripted, stack_of};

    fn there() -> (&'static str, Answer) {
        let member = "<member><LogicalResourceId>SlackWebhook</LogicalResourceId><PhysicalResourceId>s</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>";
        let result = format!("<StackResourceSummaries>{member}</StackResourceSummaries>");
        ("ListStackResources", Answer::xml("ListStackResources", &result))
    }

    #[tokio::test]
    async fn only_a_secret_that_is_not_found_has_no_value() {
        let denied = Answer::json_error(400, "AccessDeniedException");
        let with_value = Answer::ok(r#"{"VersionIdsToStages": {"v": ["AWSCURRENT"]}}"#);
        for (answer, expected) in [
            (Answer::json_error(400, "ResourceNotFoundException"), Ok(1)),
            (Answer::ok("{}"), Ok(1)),
            (with_value, Ok(0)),
            (denied, Err("secretsmanager:DescribeSecret")),
            (Answer::json_error(400, "KMSAccessDeniedException"), Err("in the key's policy")),
        ] {
            let aws = Scripted::start(vec![there(), ("DescribeSecret", answer)]).await;
            let asked = secrets_to_ask(&aws.account, std::slice::from_ref(&stack_of("local", "SLACK_WEBHOOK_URL")))
                .await
                .map(|secrets| secrets.len());
            match (asked, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(words)) => {
                    let text = format!("{error} {}", error.hint().unwrap_or_default());
                    assert!(text.starts_with("stack `") && text.contains(words), "{text}");
                }
                (found, expected) => panic!("{found:?}, not {expected:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_secret_that_was_not_stored_says_that_the_stack_is_there() {
        let mut input = SecretInput::default();
        input.give("SLACK_WEBHOOK_URL", "https://hooks.slack.com/canary");
        let mut answers = vec![there(), ("GetSecretValue", Answer::json_error(400, "AccessDeniedException"))];
        answers.extend(vec![("PutSecretValue", Answer::json_error(500, "InternalServiceError")); 3]);
        let aws = Scripted::start(answers).await;
        let error = put_secrets(&aws.account, &stack_of("local", "SLACK_WEBHOOK_URL"), &input).await.unwrap_err();
        let text = format!("{error}\n{}", error.hint().unwrap());
        for words in ["`: secretsmanager:PutSecretValue failed", "the stack is deployed", "run the command again"] {
            assert!(text.contains(words), "{text}");
        }
        assert!(!text.contains("canary"), "{text}");
        assert!(aws.account.may_have_changed());
    }

    #[tokio::test]
    async fn a_secret_that_cannot_be_read_at_the_moment_is_not_replaced() {
        let mut input = SecretInput::default();
        input.give("SLACK_WEBHOOK_URL", "https://hooks.slack.com/canary");
        let mut answers = vec![there()];
        answers.extend(vec![("GetSecretValue", Answer::json_error(400, "ThrottlingException")); 3]);
        let aws = Scripted::start(answers).await;
        put_secrets(&aws.account, &stack_of("local", "SLACK_WEBHOOK_URL"), &input).await.unwrap_err();
        assert_eq!(aws.asked("PutSecretValue").len(), 0);
        assert!(!aws.account.may_have_changed());
    }
}
