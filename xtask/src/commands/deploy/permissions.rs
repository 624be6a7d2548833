//! Checks before a deployment that the caller has the permissions for it.

use super::regional::RegionalDeployment;
use crate::failure::Failure;
use deployer::{MissingPermissions, PermissionCheck, Proposal, check_permissions};
use serde_json::json;
use stacks::Stack;

impl RegionalDeployment<'_> {
    /// Fails with all missing permissions as a policy to paste; continues with a note where IAM cannot be asked.
    pub(super) async fn check_permissions(&self, stacks: &[&Stack], proposals: &[Proposal]) -> Result<(), Failure> {
        // The emulator's root key may do everything there.
        if self.stage.is_local() {
            return Ok(());
        }
        let proposed: Vec<(&Stack, &Proposal)> = stacks.iter().copied().zip(proposals).collect();
        match check_permissions(&self.account, &proposed).await.map_err(|error| self.context.failure(&error))? {
            PermissionCheck::Allowed => Ok(()),
            PermissionCheck::Unknown(why) => {
                self.context.reporter.note(format!("your permissions could not be checked: {why}"));
                Ok(())
            }
            PermissionCheck::Missing(missing) => Err(Failure {
                message: in_words(&missing),
                hint: Some(hint(&missing, self.stage.name.as_str())),
                may_have_changed: self.account.may_have_changed(),
            }),
        }
    }
}

fn in_words(missing: &MissingPermissions) -> String {
    let allowed_nowhere = missing.policies.iter().flat_map(|policy| &policy.statement).flat_map(|statement| {
        statement.action.iter().map(|action| format!("\n  {action} on {}", statement.resource.join(", ")))
    });
    let denied = missing.denied.iter().map(|(action, why)| format!("\n  {action}: {why}"));
    let lines: String = allowed_nowhere.chain(denied).collect();
    format!("`{}` lacks permissions that this deployment needs:{lines}", missing.principal)
}

fn hint(missing: &MissingPermissions, stage: &str) -> String {
    let all = format!("cargo xtask policy deployer --stage {stage}");
    if missing.policies.is_empty() {
        return format!(
            "ask the administrator of the account; print all permissions that the commands need with: {all}"
        );
    }
    let documents: Vec<String> = missing.policies.iter().map(|policy| format!("{:#}", json!(policy))).collect();
    format!("attach this policy to it, or the policies for all commands ({all}):\n{}", documents.join("\n"))
}
