//! Values of secrets: from the environment, from files, from the stand-ins, or from the person.

use crate::failure::Failure;
use crate::prompt::{can_ask, read_hidden};
use deployer::{Account, Error, LocalStage, SecretInput, secrets_to_ask};
use stacks::{SecretForm, SecretSource, SecretSpec, Stack};

/// The values that a person has given, in the environment or in files; none on the local stage.
pub fn given(account: &Account, stacks: &[Stack]) -> Result<SecretInput, Failure> {
    let mut input = SecretInput::default();
    if account.local.is_none() {
        for secret in to_give(stacks) {
            if let Some(value) = from_environment(secret)? {
                input.give(secret.name, &value);
            }
        }
    }
    Ok(input)
}

/// Adds the values of the local stage; elsewhere, unless it is a dry run, asks for those that a new stack needs.
pub async fn collect(
    account: &Account,
    stacks: &[Stack],
    given: SecretInput,
    is_dry_run: bool,
) -> Result<SecretInput, Failure> {
    match &account.local {
        Some(local) => {
            of_local_stage(local, stacks).await.map_err(|error| Failure::of(&error, account.may_have_changed()))
        }
        None if is_dry_run => Ok(given),
        None => ask(account, stacks, given).await,
    }
}

fn to_give(stacks: &[Stack]) -> impl Iterator<Item = &SecretSpec> {
    stacks.iter().flat_map(|stack| stack.secrets()).filter(|secret| secret.source == SecretSource::Given)
}

/// The values that the stand-ins take; made-up keys where no stand-in takes one.
async fn of_local_stage(local: &LocalStage, stacks: &[Stack]) -> Result<SecretInput, Error> {
    let mut input = SecretInput::default();
    let mut of_stand_ins = local.secrets().await?;
    for secret in to_give(stacks) {
        let of_stand_in = of_stand_ins.remove(secret.name);
        // An address that leads to no stand-in would lead away from this machine.
        let made_up = || (secret.form == SecretForm::Key).then(|| local.made_up_secret(secret.name));
        if !input.has(secret.name)
            && let Some(value) = of_stand_in.or_else(made_up)
        {
            input.give(secret.name, &value);
        }
    }
    Ok(input)
}

async fn ask(account: &Account, stacks: &[Stack], given: SecretInput) -> Result<SecretInput, Failure> {
    let mut input = given;
    let failure = |error: Error| Failure::of(&error, account.may_have_changed());
    for (stack, secret) in secrets_to_ask(account, stacks).await.map_err(failure)? {
        if input.has(secret.name) {
            continue;
        }
        if !can_ask() {
            let (stack, origin) = (stack.name().into(), secret.origin());
            return Err(failure(Error::SecretMissing { stack, name: secret.name, origin }));
        }
        let question = format!("{} ({}): ", secret.name, secret.origin());
        let value = read_hidden(question).await.map_err(Failure::nothing_changed)?;
        check(secret, &value)?;
        input.give(secret.name, &value);
    }
    Ok(input)
}

#[expect(clippy::disallowed_methods, reason = "secrets are read from variables and files here, and nowhere else")]
fn from_environment(secret: &SecretSpec) -> Result<Option<String>, Failure> {
    let name = secret.name;
    let file_variable = format!("{name}_FILE");
    let value = match (std::env::var(name), std::env::var(&file_variable)) {
        (Ok(_), Ok(_)) => {
            return Err(Failure::nothing_changed(format!(
                "both `{name}` and `{file_variable}` are set; set one of them"
            )));
        }
        (Ok(value), _) => value,
        (_, Ok(path)) => std::fs::read_to_string(&path)
            .map_err(|error| Failure::nothing_changed(format!("`{file_variable}`: cannot read `{path}`: {error}")))?,
        _ => return Ok(None),
    };
    check(secret, &value)?;
    Ok(Some(value))
}

/// Whether a value is an address that a handler may post to: encrypted, or on this machine.
fn is_address(value: &str) -> bool {
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://127.0.0.1"));
    host.is_some_and(|host| !host.is_empty())
}

/// Checks that a secret is one word of the form that its SaaS gives it. The failure does not show the value.
fn check(secret: &SecretSpec, value: &str) -> Result<(), Failure> {
    let name = secret.name;
    let value = value.trim();
    let problem = if value.is_empty() {
        "is empty"
    } else if value.contains(char::is_whitespace) || value.contains(char::is_control) {
        "holds white space or control characters"
    } else if secret.form == SecretForm::Address && !is_address(value) {
        "is no URL that begins with `https://`"
    } else if let Some(problem) = (secret.refusal)(value) {
        problem
    } else {
        return Ok(());
    };
    Err(Failure::nothing_changed(format!("the value of `{name}` {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stacks::{Stage, StageName};

    /// A secret of the local stage's stacks.
    fn secret(name: &str) -> SecretSpec {
        let text = include_str!("../../stacks/stages/local.yaml");
        let stage = Stage::parse(StageName::try_from("local".to_owned()).unwrap(), text).unwrap();
        let stacks = stacks::all(&stage);
        stacks.iter().flat_map(|stack| stack.secrets()).find(|secret| secret.name == name).unwrap().clone()
    }

    #[test]
    fn a_secret_that_cannot_be_one_is_refused_without_being_shown() {
        for (name, value, words) in [
            ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T0/B0/x", None),
            ("SLACK_WEBHOOK_URL", "http://127.0.0.1:1/slack", None),
            ("BACKLOG_API_KEY", " abc\n", None),
            ("SLACK_WEBHOOK_URL", "hooks.slack.com/services/canary", Some("`https://`")),
            ("TEAMS_WORKFLOW_URL", "http://canary.example.com/", Some("`https://`")),
            ("TEAMS_WORKFLOW_URL", "https://", Some("`https://`")),
            ("BACKLOG_API_KEY", "canary canary", Some("white space")),
            ("BACKLOG_API_KEY", "  ", Some("empty")),
        ] {
            match (check(&secret(name), value), words) {
                (Ok(()), None) => {}
                (Err(failure), Some(words)) => {
                    assert!(failure.message.contains(words) && failure.message.contains(name), "{}", failure.message);
                    assert!(!failure.message.contains("canary"), "{}", failure.message);
                }
                (found, expected) => panic!("{value}: {:?}, not {expected:?}", found.err().map(|f| f.message)),
            }
        }
    }

    #[test]
    fn an_address_of_slack_that_shows_no_message_is_refused_with_the_reason() {
        let refused = |value: &str| check(&secret("SLACK_WEBHOOK_URL"), value).map_err(|f| f.message);
        for workflow in
            ["https://hooks.slack.com/triggers/T0/1/canary", "https://hooks.slack.com/workflows/T0/A0/1/canary"]
        {
            assert_eq!(
                refused(workflow).unwrap_err(),
                "the value of `SLACK_WEBHOOK_URL` is the address of a Slack workflow, which takes variables and shows no message"
            );
        }
        assert_eq!(refused("https://hooks.slack.com/services/T0/B0/x"), Ok(()));
    }
}
