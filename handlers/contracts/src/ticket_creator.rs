//! The contract of the function that opens Backlog issues for questions.

use crate::backlog::{
    BacklogApiKey, CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId,
};
use crate::contract::contract;
use crate::question::Question;
use crate::{ClaimWork, Origin, Published, ReadSecret, Setting, Sqs};

contract! {
    /// Opens one Backlog issue for each question.
    "ticket-creator" on Sqs<Published<Question>>, within 60 s and 256 MiB {
        /// The questions that have an issue.
        created: ClaimWork = "CLAIMS_TABLE",
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
    }
}
