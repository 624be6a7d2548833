//! The contract of the function that makes Backlog issues of questions.

use crate::backlog::{
    BacklogApiKey, CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId,
};
use crate::contract::contract;
use crate::question::Question;
use crate::{ClaimWork, Origin, Published, ReadSecret, Setting, Sqs};

contract! {
    /// Opens one Backlog issue for each question.
    "ticket-creator" on Sqs<Published<Question>>, within 60 s and 256 MiB {
        /// Which questions have an issue.
        created: ClaimWork = "CLAIMS_TABLE",
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
    }
}
