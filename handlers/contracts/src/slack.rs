//! Slack's incoming webhooks. Source: docs.slack.dev, "Sending messages using incoming webhooks".

use crate::secret::secret_value;

secret_value! {
    /// The URL of an incoming webhook; whoever knows it can post.
    SlackWebhookUrl = "SLACK_WEBHOOK_URL", "Slack: api.slack.com/apps, your app, Incoming Webhooks, Add New Webhook"
}
