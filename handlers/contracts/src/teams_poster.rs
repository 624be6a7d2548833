//! The contract of the function that shows questions in Teams.

use crate::contract::contract;
use crate::question::Question;
use crate::teams::TeamsWorkflowUrl;
use crate::{ClaimWork, Published, ReadSecret, Setting, Sqs, TimeZone};

contract! {
    /// Shows each question in a channel of Teams.
    "teams-poster" on Sqs<Published<Question>>, within 30 s and 256 MiB {
        /// The questions that were posted.
        shown: ClaimWork = "CLAIMS_TABLE",
        /// The URL of the Teams flow.
        workflow: ReadSecret<TeamsWorkflowUrl> = "WORKFLOW_SECRET_ARN",
        /// The time zone of written times.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
