//! What is read of a deployed stack: status, outputs, and the addresses to register.

use crate::account::{Account, StackSummary, Standing, describe_status};
use crate::error::{Error, Outcome};
use crate::secrets::NO_VALUE;
use aws_sdk_cloudformation::types::StackStatus;
use contracts::Signature;
use stacks::{KnownStack, SecretSource, Signing, Stack, Stage};
use std::collections::BTreeMap;

/// A stack in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Name of the stack in the sources.
    pub name: &'static str,
    /// CloudFormation's status.
    pub status: StackStatus,
    /// Whether the command that returns this changed it.
    pub changed: bool,
    /// Whether the command that returns this created it.
    pub is_new: bool,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// What to register where.
    pub registrations: Vec<RegisteredUrl>,
    /// Secrets that a person gave it: the name, and where the value is found.
    pub secrets: Vec<(&'static str, String)>,
}

/// An address, and where a person enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredUrl {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// Screen and field, and what else to set there.
    pub place: &'static str,
    /// The address; its last part is secret, unless its requests are signed.
    pub url: String,
    /// The key with which its requests are signed, if they are.
    pub key: Option<SignedBy>,
}

/// The key with which a SaaS signs what it posts.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The key.
    pub key: String,
    /// The field of the SaaS into which a person pastes it; none if the SaaS has made it.
    pub pasted_into: Option<&'static str>,
    /// How it is used.
    pub scheme: Signature,
}

impl std::fmt::Debug for SignedBy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SignedBy").field("pasted_into", &self.pasted_into).finish_non_exhaustive()
    }
}

/// A stack that cannot be used because of its status; none if it is not in the account.
pub fn not_deployed(stack: &Stack, stage: &Stage, status: Option<&StackStatus>) -> Error {
    let (name, stage) = (stack.name(), &stage.name);
    let deploy = format!("cargo xtask deploy {name} --stage {stage}");
    let found = status.map_or(Standing::Absent, Standing::of);
    let hint = match found {
        Standing::Creating => "wait for the operation to finish, then run the command again".into(),
        Standing::Undoing | Standing::Deleting => {
            format!("wait for the operation to finish, then deploy it with: {deploy}")
        }
        Standing::CreationFailed => format!("deploy it with: {deploy}; this first deletes the failed attempt"),
        _ => format!("deploy it with: {deploy}"),
    };
    let standing = status.filter(|_| found != Standing::Absent).and_then(describe_status);
    Error::NotDeployed { stack: name.into(), stage: stage.to_string(), standing, hint }
}

/// How a person repairs a stack that takes no change in its status; `None` for any other.
///
/// Sources: CloudFormation user guide, "Continue rolling back an update" and "Import AWS resources into a
/// CloudFormation stack".
pub(crate) fn recovery_hint(stack: &Stack, account: &Account, status: &StackStatus) -> Option<String> {
    let stage = stack.stage();
    let remove = || format!("cargo xtask destroy {} --stage {}", stack.integration(), stage.name);
    let profile = stage.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    let options = format!("--region {}{profile} --stack-name {}", account.region, stack.full_stack_name());
    match Standing::of(status) {
        Standing::StuckInImport => Some(format!(
            "find the resource that blocks it in the stack's events (aws cloudformation describe-stack-events {options}); AWS Support can repair such a stack, or destroy it with: {}; then deploy again",
            remove()
        )),
        Standing::Stuck => Some(format!(
            "find the cause in the stack's events; then run: aws cloudformation continue-update-rollback {options}; then deploy again"
        )),
        Standing::PartlyDeleted => Some(format!("destroy it with: {}; then deploy again", remove())),
        _ => None,
    }
}

/// Reads a stack; `None` if it is not deployed.
pub async fn deployed(account: &Account, stack: &Stack) -> Outcome<Option<Deployed>> {
    find_deployed(account, stack).await.map(Result::ok)
}

/// Whether a stack is deployed.
pub async fn is_deployed(account: &Account, stack: &dyn KnownStack) -> Outcome<bool> {
    let found = account.find_stack(&stack.full_stack_name()).await;
    let found = found.map_err(|error| error.of_stack(stack.name(), None))?;
    Ok(found.is_some_and(|there| Standing::of(&there.status).is_deployed()))
}

/// Reads a stack; its status, if it has one, if that means that it is not deployed.
pub async fn find_deployed(account: &Account, stack: &Stack) -> Outcome<Result<Deployed, Option<StackStatus>>> {
    let name = stack.full_stack_name();
    let found = account.find_stack(&name).await.map_err(|error| error.of_stack(stack.name(), None))?;
    match found {
        None => Ok(Err(None)),
        Some(there) if !Standing::of(&there.status).is_deployed() => Ok(Err(Some(there.status))),
        Some(there) => {
            let read = read(account, stack, there, None).await;
            read.map(|(read, _)| Ok(read)).map_err(|error| error.of_stack(stack.name(), None))
        }
    }
}

/// Names or ARNs of secrets in the account, by their logical ids.
pub(crate) type SecretIds = BTreeMap<String, String>;

/// Reads a stack; also returns the ids of the secrets in its addresses, which are found in the account unless they are
/// known.
pub(crate) async fn read(
    account: &Account,
    stack: &Stack,
    there: StackSummary,
    known: Option<&SecretIds>,
) -> Outcome<(Deployed, SecretIds)> {
    let secrets = match known {
        Some(known) => known.clone(),
        None => find_secrets(account, stack).await?,
    };
    let mut registrations = Vec::new();
    for registration in stack.registrations() {
        let Some(address) = there.outputs.get(registration.address_output) else { continue };
        let mut url = account.reachable(address);
        let value = async |secret: &str| -> Outcome<Option<String>> {
            let Some(secret) = secrets.get(secret) else { return Ok(None) };
            match account.secret_value(secret).await {
                // Where not all is as it should be, the secret can be gone, or have no value yet.
                Err(error) if error.code() == Some(NO_VALUE) && describe_status(&there.status).is_some() => Ok(None),
                value => value.map(Some),
            }
        };
        if let Some(secret) = &registration.token_secret {
            let Some(token) = value(secret).await? else { continue };
            url = format!("{url}/{token}");
        }
        let key = match &registration.signing {
            None => None,
            Some(Signing { secret, pasted_into, scheme }) => {
                let Some(key) = value(secret).await? else { continue };
                Some(SignedBy { key, pasted_into: *pasted_into, scheme: scheme.clone() })
            }
        };
        registrations.push(RegisteredUrl { saas: registration.saas, place: registration.place, url, key });
    }
    let outputs = there.outputs.into_iter().map(|(key, value)| (key, account.reachable(&value))).collect();
    let given = stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given);
    let origins = given.map(|secret| (secret.name, secret.origin())).collect();
    let (name, status, changed, is_new) = (stack.name(), there.status, false, false);
    Ok((Deployed { name, status, changed, is_new, outputs, registrations, secrets: origins }, secrets))
}

/// The secrets in the addresses of a stack.
async fn find_secrets(account: &Account, stack: &Stack) -> Outcome<SecretIds> {
    let mut wanted = Vec::new();
    for registration in stack.registrations() {
        wanted.extend(registration.token_secret.as_deref());
        wanted.extend(registration.signing.as_ref().map(|signing| signing.secret.as_str()));
    }
    account.physical_ids(&stack.full_stack_name(), &wanted).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::scripted::{Answer, Scripted, stack_of};

    async fn found(status: &str) -> (Scripted, Outcome<Result<Deployed, Option<StackStatus>>>) {
        let topic = "<member><OutputKey>TopicArn</OutputKey><OutputValue>arn:aws:sns:r:1:t</OutputValue></member>";
        let stack_there = format!(
            "<Stacks><member><StackId>i</StackId><StackName>n</StackName><StackStatus>{status}</StackStatus><Outputs>{topic}</Outputs></member></Stacks>"
        );
        let aws = Scripted::start(vec![("DescribeStacks", Answer::xml("DescribeStacks", &stack_there))]).await;
        let found = find_deployed(&aws.account, &stack_of("prod", "SLACK_WEBHOOK_URL")).await;
        (aws, found)
    }

    #[tokio::test]
    async fn a_stack_is_read_in_every_status_in_which_it_is_there() {
        let stack = stack_of("prod", "SLACK_WEBHOOK_URL");
        for status in StackStatus::values() {
            let (_, found) = found(status).await;
            match found.unwrap() {
                Ok(there) => assert_eq!(there.outputs["TopicArn"], "arn:aws:sns:r:1:t", "{status}"),
                Err(status) => {
                    let error = not_deployed(&stack, stack.stage(), status.as_ref());
                    let is_said = status.is_none_or(|status| error.to_string().contains(status.as_str()));
                    assert!(is_said && error.to_string().contains("not deployed on stage `prod`"), "{error}");
                    assert!(error.hint().is_some(), "{error}");
                }
            }
        }
    }

    #[tokio::test]
    async fn the_way_out_is_a_command_for_this_stage() {
        let (aws, _) = found("CREATE_COMPLETE").await;
        let stack = stack_of("prod", "SLACK_WEBHOOK_URL");
        let recovery_hint = |status: &str| recovery_hint(&stack, &aws.account, &StackStatus::from(status));
        let options = format!("--region ap-northeast-1 --profile work --stack-name {}", stack.full_stack_name());
        for (status, words) in [
            ("UPDATE_ROLLBACK_FAILED", format!("aws cloudformation continue-update-rollback {options};")),
            ("IMPORT_ROLLBACK_FAILED", format!("aws cloudformation describe-stack-events {options})")),
            ("DELETE_FAILED", format!("cargo xtask destroy {} --stage prod;", stack.name())),
        ] {
            let way_out = recovery_hint(status).unwrap();
            assert!(way_out.contains(&words), "{way_out}");
        }
        assert_eq!(recovery_hint("UPDATE_FAILED"), None);
    }
}
