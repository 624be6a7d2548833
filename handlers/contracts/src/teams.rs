//! Workflows webhooks of Microsoft Teams. Source: Microsoft Learn, "Create incoming webhooks with Workflows".

use crate::Saas;
use crate::secret::secret_value;

/// Microsoft Teams.
pub const SAAS: Saas = Saas { name: "Teams" };

secret_value! {
    /// The URL of a flow; anyone who knows it can post.
    TeamsWorkflowUrl = "TEAMS_WORKFLOW_URL", Address of SAAS,
    "the channel, Workflows, `Post to a channel when a webhook request is received`"
}
