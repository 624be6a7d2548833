//! What to do when a SaaS refused: which one and how, by the words that the handlers log.

use stacks::Stack;

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Another value of the secret with this name.
    Secret(&'static str),
    /// Something that is done in the SaaS, or a wait.
    Step(&'static str),
}
use Remedy::{Secret, Step};

/// The words of a refusal, as they stand in the handlers' sources, and the remedy; the first one that fits.
const REFUSALS: [(&str, Remedy); 21] = [
    ("Slack does not know the webhook", Secret("SLACK_WEBHOOK_URL")),
    ("the Slack webhook ", Secret("SLACK_WEBHOOK_URL")),
    (
        "Slack does not let the webhook post to its channel",
        Step("allow the app to post to the channel in Slack, or choose another channel for its webhook"),
    ),
    ("Slack does not take this message", Step("Slack refuses the form of the message; give another one with `--file`")),
    ("Slack refused the message", Step("Slack refuses the message; its word for it is in the log line")),
    (
        "Slack's rate limit is reached",
        Step("Slack wants fewer messages; the message waits in the queue and is sent later"),
    ),
    ("Slack cannot be reached", Step("Slack cannot be reached from the function; the message waits in the queue")),
    ("the URL of the flow in Teams", Secret("TEAMS_WORKFLOW_URL")),
    ("Teams refuses the URL of the flow", Secret("TEAMS_WORKFLOW_URL")),
    ("the flow is at another address now", Secret("TEAMS_WORKFLOW_URL")),
    (
        "the flow in Teams is switched off or gone",
        Step(
            "switch the flow on in Power Automate and look whether it has an owner; if it is gone, make another one and give its URL: TEAMS_WORKFLOW_URL=… cargo xtask deploy",
        ),
    ),
    ("Teams refused the card", Step("Teams refuses the card; the run history of the flow in Power Automate says why")),
    (
        "the rate limit of Teams is reached",
        Step("Teams wants fewer cards; the card waits in the queue and is sent later"),
    ),
    ("Teams cannot be reached", Step("Teams cannot be reached from the function; the card waits in the queue")),
    ("Backlog refuses the API key", Secret("BACKLOG_API_KEY")),
    ("does not see the project", Step("add the owner of the API key to the project's members in Backlog")),
    (
        "Backlog does not let the owner of the API key",
        Step("give the owner of the API key the right in Backlog, or deploy with the key of a user who has it"),
    ),
    (
        "Backlog's rate limit is reached",
        Step("Backlog wants fewer calls; the message waits in the queue and is handled later"),
    ),
    ("Backlog refused the request", Step("Backlog refuses the request; its own words are in the log line")),
    ("Backlog cannot be reached", Step("Backlog cannot be reached from the function; the message waits in the queue")),
    (
        "is no longer in Backlog",
        Step("what the event is about is not in Backlog any more; give another event with `--file`"),
    ),
];

/// What to do about the reason that a function logged; `None` if no SaaS gave it.
pub(super) fn of_reason(stack: &Stack, reason: &str) -> Option<String> {
    let (_, remedy) = REFUSALS.iter().find(|(words, _)| reason.contains(words))?;
    Some(match remedy {
        Step(step) => (*step).to_owned(),
        Secret(name) => {
            let secret = stack.secrets().iter().find(|secret| secret.name == *name);
            let origin = secret.map(|secret| format!(" ({})", secret.origin())).unwrap_or_default();
            format!(
                "give another value{origin}: {name}=… cargo xtask deploy {} --stage {}",
                stack.name(),
                stack.stage().name
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::scripted::stack_of;

    const SOURCES: [&str; 6] = [
        include_str!("../../../../handlers/slack-notifier/src/slack.rs"),
        include_str!("../../../../handlers/teams-poster/src/workflow.rs"),
        include_str!("../../../../handlers/backlog-client/src/refusal.rs"),
        include_str!("../../../../handlers/backlog-client/src/lib.rs"),
        include_str!("../../../../handlers/file-replicator/src/backlog.rs"),
        include_str!("../../../../handlers/file-replicator/src/handler.rs"),
    ];

    #[test]
    fn a_refusal_is_the_one_of_the_saas_that_gave_it() {
        for (name, reason, words) in [
            (
                "SLACK_WEBHOOK_URL",
                "Slack does not know the webhook (404 `no_service`): make a new webhook",
                "SLACK_WEBHOOK_URL=…",
            ),
            ("SLACK_WEBHOOK_URL", "Slack does not know the webhook (410): make a new webhook", "SLACK_WEBHOOK_URL=…"),
            ("SLACK_WEBHOOK_URL", "the Slack webhook is not a URL; make a new webhook", "SLACK_WEBHOOK_URL=…"),
            ("TEAMS_WORKFLOW_URL", "Teams refuses the URL of the flow (404): see whether", "TEAMS_WORKFLOW_URL=…"),
            ("TEAMS_WORKFLOW_URL", "the flow in Teams is switched off or gone (400, X): see", "Power Automate"),
            ("TEAMS_WORKFLOW_URL", "Backlog refuses the API key (401): give a valid one", "BACKLOG_API_KEY=…"),
            (
                "BACKLOG_API_KEY",
                "the owner of Backlog's API key does not see the project any more (404): add",
                "members",
            ),
            ("BACKLOG_API_KEY", "file 7 is no longer in Backlog", "not in Backlog any more"),
        ] {
            let advice = of_reason(&stack_of("local", name), reason).unwrap();
            assert!(advice.contains(words), "{reason}: {advice}");
        }
        assert_eq!(of_reason(&stack_of("local", "BACKLOG_API_KEY"), "Backlog answered 404"), None);
        assert_eq!(of_reason(&stack_of("local", "BACKLOG_API_KEY"), "the event is 404 bytes long"), None);
    }

    #[test]
    fn the_words_are_those_of_the_handlers() {
        for (words, _) in REFUSALS {
            // A word that is written as a part of a longer sentence still stands there.
            assert!(SOURCES.iter().any(|source| source.contains(words)), "no handler says `{words}`");
        }
    }
}
