//! The meaning of each CloudFormation status, of stacks and of resources.

use aws_sdk_cloudformation::types::{ResourceStatus, StackStatus};

/// The state of a stack, whichever operation led there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Absent,
    /// There are only change sets.
    Proposed,
    /// It is being created.
    Creating,
    /// It could not be created, and what was made of it is being removed.
    Undoing,
    /// It is deployed, and no operation is in progress.
    There,
    /// It is deployed, and an operation is changing it.
    Moving,
    /// It is deployed; its last change failed and was not rolled back. It takes another change.
    Unfinished,
    /// It is deployed; a change failed and could not be rolled back. It takes no change.
    Stuck,
    /// As above, of an import: no call of CloudFormation continues that.
    StuckInImport,
    /// It could not be created. It holds nothing of use and can only be deleted.
    CreationFailed,
    /// It is being deleted.
    Deleting,
    /// Its deletion failed, and some resources remain.
    PartlyDeleted,
    /// CloudFormation has a status that this version of Tsugite does not know.
    Unknown,
    /// The same, for an operation in progress.
    UnknownMoving,
}

impl Standing {
    /// What a status means.
    ///
    /// Source: CloudFormation user guide, "Understand CloudFormation stack creation events", stack status codes.
    pub fn of(status: &StackStatus) -> Self {
        match status {
            StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportComplete
            | StackStatus::ImportRollbackComplete => Self::There,
            StackStatus::UpdateInProgress
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress
            | StackStatus::ImportInProgress
            | StackStatus::ImportRollbackInProgress => Self::Moving,
            StackStatus::UpdateFailed => Self::Unfinished,
            StackStatus::UpdateRollbackFailed => Self::Stuck,
            StackStatus::ImportRollbackFailed => Self::StuckInImport,
            StackStatus::ReviewInProgress => Self::Proposed,
            StackStatus::CreateInProgress => Self::Creating,
            StackStatus::RollbackInProgress => Self::Undoing,
            StackStatus::CreateFailed | StackStatus::RollbackComplete | StackStatus::RollbackFailed => {
                Self::CreationFailed
            }
            StackStatus::DeleteInProgress => Self::Deleting,
            StackStatus::DeleteFailed => Self::PartlyDeleted,
            StackStatus::DeleteComplete => Self::Absent,
            // CloudFormation ends the name of every operation in progress so.
            unknown if unknown.as_str().ends_with("_IN_PROGRESS") => Self::UnknownMoving,
            _ => Self::Unknown,
        }
    }

    /// Whether the stack exists and has outputs, even if an operation is changing it.
    pub fn is_deployed(self) -> bool {
        match self {
            Self::There
            | Self::Moving
            | Self::Unfinished
            | Self::Stuck
            | Self::StuckInImport
            | Self::PartlyDeleted
            | Self::Unknown
            | Self::UnknownMoving => true,
            Self::Absent | Self::Proposed | Self::Creating | Self::Undoing | Self::CreationFailed | Self::Deleting => {
                false
            }
        }
    }

    /// Whether an operation is in progress.
    pub(crate) fn is_moving(self) -> bool {
        matches!(self, Self::Creating | Self::Undoing | Self::Moving | Self::Deleting | Self::UnknownMoving)
    }
}

/// A status and its meaning, as text behind the stack's name; `None` for a stack that is deployed and settled.
pub fn describe_status(status: &StackStatus) -> Option<String> {
    let meaning = match Standing::of(status) {
        Standing::There => return None,
        Standing::Absent => return Some("does not exist".into()),
        Standing::Proposed => "it has only change sets and no resources",
        Standing::Creating => "it is being created",
        Standing::Undoing => "its creation failed, and its resources are being deleted",
        Standing::Moving => "an operation is changing it",
        Standing::Unfinished => "its last change failed and was not rolled back",
        Standing::Stuck => "an earlier change failed and could not be rolled back",
        Standing::StuckInImport => "an import failed and could not be rolled back",
        Standing::CreationFailed => "its creation failed",
        Standing::Deleting => "it is being deleted",
        Standing::PartlyDeleted => "its deletion failed, and some resources remain",
        Standing::Unknown | Standing::UnknownMoving => "this version of Tsugite does not know this status",
    };
    Some(format!("is {status}: {meaning}"))
}

/// The state of a resource of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceStanding {
    /// CloudFormation is changing it.
    Moving,
    /// It is as the template says.
    Done,
    /// It is as it was before, or was deleted.
    Undone,
    /// CloudFormation could not do it.
    Failed,
    /// CloudFormation has a status that this version of Tsugite does not know.
    Unknown,
}

impl ResourceStanding {
    /// What a status means.
    ///
    /// Source: CloudFormation API reference, StackEvent, `ResourceStatus`.
    pub fn of(status: &ResourceStatus) -> Self {
        match status {
            ResourceStatus::CreateInProgress
            | ResourceStatus::DeleteInProgress
            | ResourceStatus::ExportInProgress
            | ResourceStatus::ExportRollbackInProgress
            | ResourceStatus::ImportInProgress
            | ResourceStatus::ImportRollbackInProgress
            | ResourceStatus::RollbackInProgress
            | ResourceStatus::UpdateInProgress
            | ResourceStatus::UpdateRollbackInProgress => Self::Moving,
            ResourceStatus::CreateComplete
            | ResourceStatus::ExportComplete
            | ResourceStatus::ImportComplete
            | ResourceStatus::UpdateComplete => Self::Done,
            ResourceStatus::DeleteComplete
            // It stays in the account, and is in the stack no more.
            | ResourceStatus::DeleteSkipped
            | ResourceStatus::ExportRollbackComplete
            | ResourceStatus::ImportRollbackComplete
            | ResourceStatus::RollbackComplete
            | ResourceStatus::UpdateRollbackComplete => Self::Undone,
            ResourceStatus::CreateFailed
            | ResourceStatus::DeleteFailed
            | ResourceStatus::ExportFailed
            | ResourceStatus::ExportRollbackFailed
            | ResourceStatus::ImportFailed
            | ResourceStatus::ImportRollbackFailed
            | ResourceStatus::RollbackFailed
            | ResourceStatus::UpdateFailed
            | ResourceStatus::UpdateRollbackFailed => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_has_a_standing() {
        assert_eq!(StackStatus::values().len(), 23, "CloudFormation has another status: say what it means");
        for status in StackStatus::values() {
            let standing = Standing::of(&StackStatus::from(*status));
            assert!(!matches!(standing, Standing::Unknown | Standing::UnknownMoving), "{status}");
        }
        assert_eq!(ResourceStatus::values().len(), 28, "CloudFormation has another status: say what it means");
        for status in ResourceStatus::values() {
            let standing = ResourceStanding::of(&ResourceStatus::from(*status));
            // The names of the service follow a rule; what stands for itself here is compared with it.
            let expected = match *status {
                status if status.ends_with("_IN_PROGRESS") => ResourceStanding::Moving,
                status if status.ends_with("_FAILED") => ResourceStanding::Failed,
                status if status.starts_with("DELETE") || status.contains("ROLLBACK") => ResourceStanding::Undone,
                _ => ResourceStanding::Done,
            };
            assert_eq!(standing, expected, "{status}");
        }
    }

    #[test]
    fn a_stack_that_is_there_is_deployed_also_while_it_moves() {
        for (status, is_deployed, is_moving) in [
            ("CREATE_COMPLETE", true, false),
            ("CREATE_FAILED", false, false),
            ("CREATE_IN_PROGRESS", false, true),
            ("DELETE_COMPLETE", false, false),
            ("DELETE_FAILED", true, false),
            ("DELETE_IN_PROGRESS", false, true),
            ("IMPORT_COMPLETE", true, false),
            ("IMPORT_IN_PROGRESS", true, true),
            ("IMPORT_ROLLBACK_COMPLETE", true, false),
            ("IMPORT_ROLLBACK_FAILED", true, false),
            ("IMPORT_ROLLBACK_IN_PROGRESS", true, true),
            ("REVIEW_IN_PROGRESS", false, false),
            ("ROLLBACK_COMPLETE", false, false),
            ("ROLLBACK_FAILED", false, false),
            ("ROLLBACK_IN_PROGRESS", false, true),
            ("UPDATE_COMPLETE", true, false),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", true, true),
            ("UPDATE_FAILED", true, false),
            ("UPDATE_IN_PROGRESS", true, true),
            ("UPDATE_ROLLBACK_COMPLETE", true, false),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", true, true),
            ("UPDATE_ROLLBACK_FAILED", true, false),
            ("UPDATE_ROLLBACK_IN_PROGRESS", true, true),
            // Of a CloudFormation to come.
            ("MERGE_IN_PROGRESS", true, true),
            ("MERGE_COMPLETE", true, false),
        ] {
            let found = StackStatus::from(status);
            let standing = Standing::of(&found);
            assert_eq!((standing.is_deployed(), standing.is_moving()), (is_deployed, is_moving), "{status}");
            match (standing, describe_status(&found)) {
                (Standing::There, remark) => assert_eq!(remark, None, "{status}"),
                (Standing::Absent, _) => {}
                (_, remark) => assert!(remark.unwrap().contains(status), "{status}"),
            }
        }
    }

    #[test]
    fn a_status_of_the_future_is_said_to_be_unknown() {
        for (status, expected) in
            [("MERGE_IN_PROGRESS", Standing::UnknownMoving), ("MERGE_COMPLETE", Standing::Unknown)]
        {
            let status = StackStatus::from(status);
            assert_eq!(Standing::of(&status), expected);
            let description = describe_status(&status).unwrap();
            assert!(description.contains(status.as_str()) && description.contains("does not know"), "{description}");
        }
        let unknown = ResourceStanding::of(&ResourceStatus::from("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
        assert_eq!(unknown, ResourceStanding::Unknown);
    }
}
