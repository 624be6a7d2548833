//! The contract of the function that makes Backlog issues of Mackerel's alerts.

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
    /// Somebody is about to create the issue.
    Creating {
        /// When to believe that whoever it was is gone; milliseconds since 1970.
        until_millis: u64,
        /// Digest of the notification that opens the issue.
        opening: String,
    },
    /// There is no issue: whoever was to create it was refused before anything was done.
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
        /// Digests of the newest notifications that were begun; they may be in the issue or not.
        begun: Vec<String>,
        /// Until when somebody is at work on the issue; milliseconds since 1970, 0 for nobody.
        busy_until_millis: u64,
    },
}

contract! {
    /// Opens one Backlog issue for each alert of Mackerel, and tells it what becomes of the alert.
    "incident-reporter" on Sqs<MackerelEvent>, within 60 s and 256 MiB {
        /// Which alert has which issue.
        incidents: KeepRecords<Incident> = "INCIDENTS_TABLE",
        /// Opens Backlog's API.
        api_key: ReadSecret<BacklogApiKey> = "API_KEY_SECRET_ARN",
        /// Where Backlog's API answers.
        backlog: Setting<Origin> = "BACKLOG_URL",
        /// Project of the issues.
        project: Setting<ProjectId> = "PROJECT_ID",
        /// Type of the issues.
        issue_type: Setting<IssueTypeId> = "ISSUE_TYPE_ID",
        /// Priority of the issues.
        priority: Setting<PriorityId> = "PRIORITY_ID",
        /// Whose the issues are; nobody's if it is left out.
        assignee: Setting<Option<UserId>> = "ASSIGNEE_ID",
        /// Milestone of the issues; none if it is left out.
        milestone: Setting<Option<MilestoneId>> = "MILESTONE_ID",
        /// Values of the custom fields of the issues.
        custom_fields: Setting<CustomFields> = "CUSTOM_FIELDS",
        /// By which rule the project formats texts.
        text_formatting: Setting<TextFormatting> = "TEXT_FORMATTING",
        /// What recovery does.
        on_recovery: Setting<OnRecovery> = "ON_RECOVERY",
        /// In which zone times are written.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
