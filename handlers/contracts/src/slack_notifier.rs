//! The contract of the function that shows notifications of SNS in Slack.

use crate::contract::contract;
use crate::slack::SlackWebhookUrl;
use crate::{ClaimWork, PlainText, Published, ReadSecret, Setting, Sqs, TimeZone};

contract! {
    /// Shows notifications of SNS in Slack, as a person would want to read them.
    "slack-notifier" on Sqs<Published<PlainText>>, within 30 s and 256 MiB {
        /// The notifications that were posted.
        shown: ClaimWork = "CLAIMS_TABLE",
        /// The URL of the Slack webhook.
        webhook: ReadSecret<SlackWebhookUrl> = "WEBHOOK_SECRET_ARN",
        /// The time zone of written times.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
