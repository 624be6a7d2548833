//! Slack's incoming webhooks. Source: docs.slack.dev, "Sending messages using incoming webhooks".

use crate::Saas;
use crate::secret::secret_value;

/// Slack.
pub const SAAS: Saas = Saas { name: "Slack" };

secret_value! {
    /// The URL of an incoming webhook; anyone who knows it can post.
    SlackWebhookUrl = "SLACK_WEBHOOK_URL", Address of SAAS,
    "api.slack.com/apps, your app, Incoming Webhooks, Add New Webhook",
    refused by refusal
}

/// Hosts of Slack's webhooks, those of GovSlack included.
const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Why an address of Slack is not that of an incoming webhook; other hosts may be relays.
///
/// Source: Slack help center, "Build a workflow: start a workflow with a webhook": its address begins with
/// `/triggers/`, or `/workflows/` if it is an older one; it takes a flat object of the variables that the workflow
/// declares, and answers `{"ok":true}` whether they pass or not.
fn refusal(address: &str) -> Option<&'static str> {
    let (_, rest) = address.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host).trim_end_matches('.');
    if !HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known)) {
        return None;
    }
    match path.split(['/', '?', '#']).find(|part| !part.is_empty()) {
        Some("services") => None,
        Some("triggers" | "workflows") => {
            Some("is the address of a Slack workflow, which takes variables and shows no message")
        }
        _ => Some(
            "is an address of Slack, but not of an incoming webhook, which begins with `https://hooks.slack.com/services/`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretValue;

    #[test]
    fn only_an_incoming_webhook_is_taken_of_slack() {
        for address in [
            "https://hooks.slack.com/services/T0/B0/x",
            " https://hooks.slack.com/services/T0/B0/x\n",
            "https://hooks.slack-gov.com/services/T0/B0/x",
            "https://HOOKS.slack.com:443//services/T0/B0/x",
            "https://relay.example.com/triggers/x",
            "http://127.0.0.1:1/slack/services/T00000000/B00000000/x",
            "not an address",
        ] {
            assert_eq!(SlackWebhookUrl::refusal(address), None, "{address}");
        }
        for address in [
            "https://hooks.slack.com/triggers/T0/1/canary",
            "https://hooks.slack.com/workflows/T0/A0/1/canary",
            "https://hooks.slack-gov.com/triggers/E0/1/canary",
            "https://Hooks.Slack.com:443/triggers/T0/1/canary",
            "https://hooks.slack.com./triggers/T0/1/canary",
            "https://hooks.slack.com//triggers/T0/1/canary",
            "https://someone@hooks.slack.com/triggers/T0/1/canary",
        ] {
            let why = SlackWebhookUrl::refusal(address).unwrap();
            assert!(why.contains("a Slack workflow") && !why.contains("canary"), "{address}: {why}");
        }
        for address in ["https://hooks.slack.com", "https://hooks.slack.com/commands/T0/1/canary"] {
            let why = SlackWebhookUrl::refusal(address).unwrap();
            assert!(why.contains("not of an incoming webhook") && !why.contains("canary"), "{address}: {why}");
        }
    }
}
