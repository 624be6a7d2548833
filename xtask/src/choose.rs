//! Which stacks are meant, what secrets they get, and whether the person agrees.

use crate::cli::ChangeOptions;
use crate::context::Context;
use crate::failure::Failure;
use deployer::{Account, ReadCode, SecretInput, secrets_to_ask};
use futures_util::future::BoxFuture;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use stacks::{SecretForm, SecretSource, SecretSpec, Stack, Stage};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// The named stacks of a stage, in their own order; all if none is named.
///
/// Fails if one is named for which the stage file has no section.
pub fn stacks(stage: &Stage, names: &[String]) -> Result<Vec<Stack>, Failure> {
    let all = stacks::all(stage);
    let missing = names.iter().find(|name| !all.iter().any(|stack| stack.name() == name.as_str()));
    if let Some(name) = missing {
        let section = name.replace('-', "_");
        return Err(Failure::nothing_changed(format!("stage `{}` has no stack `{name}`", stage.name)).with_hint(
            format!(
                "give the section `{section}` in stacks/stages/{}.yaml; stacks/stages/example.yaml shows how",
                stage.name
            ),
        ));
    }
    Ok(all.into_iter().filter(|stack| names.is_empty() || names.iter().any(|name| name == stack.name())).collect())
}

/// The named stacks of a stage, all if none is named, with those that its file does not ask for any more.
pub fn stacks_to_destroy(stage: &Stage, names: &[String]) -> Vec<Stack> {
    let all = stacks::all(stage).into_iter().chain(stacks::retired(stage));
    all.filter(|stack| names.is_empty() || names.iter().any(|name| name == stack.name())).collect()
}

/// Collects values of secrets: from the environment, from files, or from the stand-ins.
pub async fn given_secrets(account: &Account, stacks: &[Stack]) -> Result<SecretInput, Failure> {
    let mut input = SecretInput::default();
    let mut of_stand_ins = match &account.local {
        Some(local) => local.secrets().await.map_err(|error| Failure::of(&error, account.may_have_changed()))?,
        None => BTreeMap::new(),
    };
    let given = stacks.iter().flat_map(|stack| stack.secrets()).filter(|secret| secret.source == SecretSource::Given);
    for secret in given {
        if let Some(local) = &account.local {
            let of_stand_in = of_stand_ins.remove(secret.name);
            // An address that leads to no stand-in would lead away from this machine.
            let made_up = || (secret.form == SecretForm::Key).then(|| local.made_up_secret(secret.name));
            if !input.has(secret.name)
                && let Some(value) = of_stand_in.or_else(made_up)
            {
                input.give(secret.name, &value);
            }
        } else if let Some(value) = from_environment(secret)? {
            input.give(secret.name, &value);
        }
    }
    Ok(input)
}

/// Collects values of secrets, and asks for those that a stack cannot do without.
pub async fn secrets(account: &Account, stacks: &[Stack]) -> Result<SecretInput, Failure> {
    let mut input = given_secrets(account, stacks).await?;
    let missing =
        secrets_to_ask(account, stacks).await.map_err(|error| Failure::of(&error, account.may_have_changed()))?;
    for (stack, secret) in missing {
        if input.has(secret.name) {
            continue;
        }
        if !can_ask() {
            let error = deployer::Error::SecretMissing {
                stack: stack.name().into(),
                name: secret.name,
                origin: secret.origin(),
            };
            return Err(Failure::of(&error, account.may_have_changed()));
        }
        let question = format!("{} ({}): ", secret.name, secret.origin());
        let value = answer(move || rpassword::prompt_password(question)).await.map_err(Failure::nothing_changed)?;
        check(secret, &value)?;
        input.give(secret.name, &value);
    }
    Ok(input)
}

/// The person at the terminal, who reads codes off an MFA device.
#[derive(Debug)]
pub struct Typist;

impl ReadCode for Typist {
    fn read_code<'a>(&'a self, device: &'a str) -> BoxFuture<'a, std::io::Result<Option<String>>> {
        Box::pin(async move {
            if !can_ask() {
                return Ok(None);
            }
            let question = format!("MFA code for {device}: ");
            let code = answer(move || rpassword::prompt_password(question)).await?;
            Ok(Some(code.trim().to_owned()))
        })
    }
}

/// Whether the person has to agree first; on AWS somebody must be there to be asked.
pub fn must_ask(stage: &Stage, options: &ChangeOptions) -> Result<bool, Failure> {
    let must_ask = !stage.is_local() && !options.yes && !options.dry_run;
    if must_ask && !can_ask() {
        let message = format!("stage `{}` is on AWS, and there is no terminal to ask on", stage.name);
        return Err(Failure::nothing_changed(message).with_hint("look with --dry-run, then decide with --yes"));
    }
    Ok(must_ask)
}

/// Asks for a yes; anything else is a no.
pub async fn agrees(question: &str) -> bool {
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let line = answer(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    line.await.is_ok_and(|line| matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Waits for a person in a thread of its own, so that Ctrl-C is heard in the meantime; it leaves the
/// terminal as it was.
///
/// Not in one of tokio's threads: these are waited for at the end.
async fn answer(ask: impl FnOnce() -> std::io::Result<String> + Send + 'static) -> std::io::Result<String> {
    let _terminal = Terminal::remember();
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(ask()));
    match told.await {
        // Ctrl-C was typed where it is read and not heard; the signal is on its way, and has the word.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => std::future::pending().await,
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::other("the question was given up")),
    }
}

/// How the terminal was before a question, which may hide what is typed.
struct Terminal(Option<Termios>);

impl Terminal {
    fn remember() -> Self {
        Self(tcgetattr(std::io::stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// Says where a change goes; on this machine there is only one place.
pub fn tell_place(context: &Context, stage: &Stage, account: &Account) {
    if !stage.is_local() {
        context.reporter.note(place(stage, account));
    }
}

/// What a command needs behind its name to mean this stage.
pub fn stage_option(stage: &Stage) -> String {
    if stage.is_local() { String::new() } else { format!(" --stage {}", stage.name) }
}

/// A stage with the account and region behind its name, as a person should see it before a change.
pub fn place(stage: &Stage, account: &Account) -> String {
    let detour = account.detour().map_or_else(String::new, |detour| format!(", not on AWS but at {detour}"));
    format!("stage `{}` (account {}, {}{detour})", stage.name, account.id, account.region)
}

/// Whether there is somebody to answer.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[expect(clippy::disallowed_methods, reason = "this is where secrets enter: by variable or file")]
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

/// Whether a value is an address that a handler would post to: encrypted, or on this machine.
fn is_address(value: &str) -> bool {
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://127.0.0.1"));
    host.is_some_and(|host| !host.is_empty())
}

/// A secret is one word, and of the form that its SaaS gives it; what it holds is never shown.
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
    use stacks::StageName;

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
