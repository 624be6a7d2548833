//! The contract of the function that shows notifications of SNS in Slack.

use crate::contract::contract;
use crate::slack::SlackWebhookUrl;
use crate::{ClaimWork, PlainText, Published, ReadSecret, Setting, Sqs, TimeZone};

contract! {
    /// Shows notifications of SNS in Slack, as a person would want to read them.
    "slack-notifier" on Sqs<Published<PlainText>>, within 30 s and 256 MiB {
        /// Which notifications were shown.
        shown: ClaimWork = "CLAIMS_TABLE",
        /// Where Slack takes messages.
        webhook: ReadSecret<SlackWebhookUrl> = "WEBHOOK_SECRET_ARN",
        /// In which zone times are written.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
