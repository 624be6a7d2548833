//! The contract of the function that shows questions in Teams.

use crate::contract::contract;
use crate::question::Question;
use crate::teams::TeamsWorkflowUrl;
use crate::{ClaimWork, Published, ReadSecret, Setting, Sqs, TimeZone};

contract! {
    /// Shows each question in a channel of Teams.
    "teams-poster" on Sqs<Published<Question>>, within 30 s and 256 MiB {
        /// Which questions were shown.
        shown: ClaimWork = "CLAIMS_TABLE",
        /// Where Teams takes cards.
        workflow: ReadSecret<TeamsWorkflowUrl> = "WORKFLOW_SECRET_ARN",
        /// In which zone times are written.
        time_zone: Setting<TimeZone> = "TIME_ZONE",
    }
}
