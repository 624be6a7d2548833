//! The contract of the function that opens Backlog issues for Mackerel's alerts.

use crate::backlog::{
    BacklogApiKey, CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId,
};
use crate::contract::contract;
use crate::mackerel::{MackerelEvent, OnRecovery};
use crate::{KeepRecords, Origin, ReadSecret, Setting, Sqs, TimeZone};
use serde::{Deserialize, Serialize};

/// What is known of the issue of one alert; the record's key is the alert's id.
///
/// A digest stands for a notification: it is that of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Incident {
    /// A delivery is creating the issue.
    Creating {
        /// When the attempt counts as abandoned; milliseconds since 1970.
        until_millis: u64,
        /// Digest of the notification that opens the issue.
        opening: String,
    },
    /// There is no issue: the delivery that was to create it was refused before anything was done.
    Unopened,
    /// Creating it failed or was cut short; whether there is an issue is not known.
    Unknown {
        /// Digest of the notification that was to open the issue.
        opening: String,
    },
    /// There is an issue.
    Created {
        /// Key of the issue, such as `SUB-1`.
        issue_key: String,
        /// Digests of the newest notifications that are in the issue already.
        told: Vec<String>,
        /// Digests of the newest notifications whose comment was started; the issue may have it or not.
        #[serde(rename = "begun")]
        started: Vec<String>,
        /// Until when a delivery updates the issue; milliseconds since 1970, 0 if none does.
        busy_until_millis: u64,
    },
}

contract! {
    /// Opens one Backlog issue for each alert of Mackerel, and adds later changes as comments.
    "incident-reporter" on Sqs<MackerelEvent>, within 60 s and 256 MiB {
        /// The state of each alert, with its issue.
        incidents: KeepRecords<Incident> = "INCIDENTS_TABLE",
        /// The key of Backlog's API.
        api_key: ReadSecret<BacklogApiKey> = "API_KEY_SECRET_ARN",
        /// The origin of Backlog's API.
        backlog: Setting<Origin> = "BACKLOG_URL",
        /// Project of the issues.
        project: Setting<ProjectId> = "PROJECT_ID",
        /// Type of the issues.
        issue_type: Setting<IssueTypeId> = "ISSUE_TYPE_ID",
        /// Priority of the issues.
        priority: Setting<PriorityId> = "PRIORITY_ID",
        /// The assignee of the issues. Default: none.
        assignee: Setting<Option<UserId>> = "ASSIGNEE_ID",
        /// The milestone of the issues. Default: none.
        milestone: Setting<Option<MilestoneId>> = "MILESTONE_ID",
        /// Values of the custom fields of the issues.
        custom_fields: Setting<CustomFields> = "CUSTOM_FIELDS",
        /// The text formatting of the project: Markdown or Backlog's own.
        text_formatting: Setting<TextFormatting> = "TEXT_FORMATTING",
        /// What to do when an alert recovers.
        on_recovery: Setting<OnRecovery> = "ON_RECOVERY",
        /// The time zone of written times.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
