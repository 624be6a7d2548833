//! What to do about the cause that a function logged.

use contracts::trace::{Cause, Trace};
use stacks::Stack;

/// The advice where the cause is unknown.
const SEE_LOG: &str = "the log line says what happened";

/// What to do about a cause; what AWS denied is looked up in the account instead.
pub(super) fn of_cause(stack: &Stack, cause: &Cause) -> String {
    match cause {
        Cause::AccessDenied { action } => {
            format!("AWS does not allow the function `{action}`; the contract lacks a link: deploy again")
        }
        Cause::SecretMissing { secret } => format!(
            "the secret {secret} has no value, because its deployment was interrupted: deploy again; the message waits"
        ),
        Cause::SecretRefused { secret } => another_value(stack, secret),
        Cause::NotAllowed { step } => step.clone(),
        Cause::ContentRefused { by } => format!("{by} refuses what was sent; its answer is in the log line"),
        Cause::Missing { from } => {
            format!("the subject of the event no longer exists in {from}; give another event with `--file`")
        }
        Cause::RateLimited { by } => {
            format!("{by} wants fewer calls; the message waits in the queue and is handled later")
        }
        Cause::Unreachable { by } => {
            format!("{by} cannot be reached from the function; the message waits in the queue")
        }
        Cause::Other => SEE_LOG.into(),
    }
}

/// What to do about an event of which nothing came, although the function did its work.
pub(super) fn of_nothing(stack: &Stack, trace: &Trace) -> String {
    match trace {
        Trace::NothingDone { cause, .. } if !cause.is_other() => of_cause(stack, cause),
        Trace::Repeated { .. } => "the event was handled before; give another one with `--file`".into(),
        _ => "the function ignores this event; give another one with `--file`".into(),
    }
}

fn another_value(stack: &Stack, name: &str) -> String {
    let secret = stack.secrets().iter().find(|secret| secret.name == name);
    let origin = secret.map(|secret| format!(" ({})", secret.origin())).unwrap_or_default();
    format!("give another value{origin}: {name}=… cargo xtask deploy {} --stage {}", stack.name(), stack.stage().name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::scripted::stack_of;
    use contracts::backlog::BacklogApiKey;
    use contracts::slack::SlackWebhookUrl;

    #[test]
    fn each_cause_has_its_remedy() {
        let stack = stack_of("local", "SLACK_WEBHOOK_URL");
        for (cause, words) in [
            (Cause::secret_refused::<SlackWebhookUrl>(), "SLACK_WEBHOOK_URL=… cargo xtask deploy "),
            (Cause::secret_refused::<SlackWebhookUrl>(), "(Slack: api.slack.com/apps"),
            // Another stack has it, so where it is found is not known here.
            (Cause::secret_refused::<BacklogApiKey>(), "give another value: BACKLOG_API_KEY=… cargo xtask deploy"),
            (Cause::secret_missing::<SlackWebhookUrl>(), "SLACK_WEBHOOK_URL has no value"),
            (Cause::not_allowed("do this"), "do this"),
            (Cause::content_refused("SaaS"), "SaaS refuses what was sent"),
            (Cause::rate_limited("SaaS"), "SaaS wants fewer calls"),
            (Cause::unreachable("SaaS"), "SaaS cannot be reached"),
            (Cause::Missing { from: "SaaS".into() }, "no longer exists in SaaS"),
            (Cause::AccessDenied { action: "s3:PutObject".into() }, "`s3:PutObject`"),
            (Cause::Other, SEE_LOG),
        ] {
            let advice = of_cause(&stack, &cause);
            assert!(advice.contains(words), "{cause:?}: {advice}");
        }
    }

    #[test]
    fn of_an_event_that_makes_nothing_another_one_is_wanted() {
        let stack = stack_of("local", "SLACK_WEBHOOK_URL");
        let reason = || String::from("words");
        for (trace, words) in [
            (Trace::Ignored { status: None, reason: reason() }, "ignores this event"),
            (Trace::NothingDone { reason: reason(), cause: Cause::Other }, "ignores this event"),
            (Trace::NothingDone { reason: reason(), cause: Cause::not_allowed("do this") }, "do this"),
            (Trace::Repeated { result: reason(), made: None }, "handled before"),
        ] {
            let advice = of_nothing(&stack, &trace);
            assert!(advice.contains(words), "{trace:?}: {advice}");
        }
    }
}
