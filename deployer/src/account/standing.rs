//! What each of CloudFormation's statuses means for who uses the stack.

use aws_sdk_cloudformation::types::StackStatus as Sdk;

/// CloudFormation's status of a stack, as it names it; `ABSENT` if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStatus(pub String);

/// How a stack stands, whatever way it came there.
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
    /// It is there, and nothing moves.
    There,
    /// It is there, and an operation changes it.
    Moving,
    /// It is there; its last change failed and was not rolled back. It takes another change.
    Unfinished,
    /// It is there; a change failed and could not be rolled back. It takes no change.
    Stuck,
    /// It could not be created. It holds nothing of use and can only be deleted.
    NeverWas,
    /// It is being deleted.
    Deleting,
    /// It was to be deleted, and a part of it is left.
    PartlyDeleted,
    /// CloudFormation has a status that this version of Tsugite does not know.
    Unknown,
}

impl StackStatus {
    /// The status of a stack that is not there.
    pub fn absent() -> Self {
        Self("ABSENT".into())
    }

    /// What the status means.
    ///
    /// Source: CloudFormation user guide, "Understand CloudFormation stack creation events", stack status codes.
    pub fn standing(&self) -> Standing {
        if *self == Self::absent() {
            return Standing::Absent;
        }
        match Sdk::from(self.0.as_str()) {
            Sdk::CreateComplete
            | Sdk::UpdateComplete
            | Sdk::UpdateRollbackComplete
            | Sdk::ImportComplete
            | Sdk::ImportRollbackComplete => Standing::There,
            Sdk::UpdateInProgress
            | Sdk::UpdateCompleteCleanupInProgress
            | Sdk::UpdateRollbackInProgress
            | Sdk::UpdateRollbackCompleteCleanupInProgress
            | Sdk::ImportInProgress
            | Sdk::ImportRollbackInProgress => Standing::Moving,
            Sdk::UpdateFailed => Standing::Unfinished,
            Sdk::UpdateRollbackFailed | Sdk::ImportRollbackFailed => Standing::Stuck,
            Sdk::ReviewInProgress => Standing::Proposed,
            Sdk::CreateInProgress => Standing::Creating,
            Sdk::RollbackInProgress => Standing::Undoing,
            Sdk::CreateFailed | Sdk::RollbackComplete | Sdk::RollbackFailed => Standing::NeverWas,
            Sdk::DeleteInProgress => Standing::Deleting,
            Sdk::DeleteFailed => Standing::PartlyDeleted,
            Sdk::DeleteComplete => Standing::Absent,
            _ => Standing::Unknown,
        }
    }

    /// Whether the stack is there and has outputs, although an operation may be changing it.
    pub fn is_deployed(&self) -> bool {
        match self.standing() {
            Standing::There
            | Standing::Moving
            | Standing::Unfinished
            | Standing::Stuck
            | Standing::PartlyDeleted
            | Standing::Unknown => true,
            Standing::Absent
            | Standing::Proposed
            | Standing::Creating
            | Standing::Undoing
            | Standing::NeverWas
            | Standing::Deleting => false,
        }
    }

    /// Whether an operation is under way.
    pub(crate) fn is_moving(&self) -> bool {
        match self.standing() {
            Standing::Creating | Standing::Undoing | Standing::Moving | Standing::Deleting => true,
            Standing::Unknown => self.0.ends_with("_IN_PROGRESS"),
            _ => false,
        }
    }

    /// Whether the stack never came to be, so that it holds nothing and can only be deleted.
    pub(crate) fn never_was(&self) -> bool {
        self.standing() == Standing::NeverWas
    }

    /// Whether the stack is nothing but change sets.
    pub(crate) fn is_only_proposed(&self) -> bool {
        self.standing() == Standing::Proposed
    }

    /// The status with what it means, as it stands behind the stack's name; `None` if all is as it should be.
    pub fn remark(&self) -> Option<String> {
        let meaning = match self.standing() {
            Standing::There => return None,
            Standing::Absent => return Some("is not there".into()),
            Standing::Proposed => "it is only proposed, and nothing of it was made",
            Standing::Creating => "it is being created",
            Standing::Undoing => "it could not be created, and what was made of it is being removed",
            Standing::Moving => "an operation is changing it",
            Standing::Unfinished => "its last change failed and was not rolled back",
            Standing::Stuck if self.0.starts_with("IMPORT") => "an import failed and could not be rolled back",
            Standing::Stuck => "an earlier change failed and could not be rolled back",
            Standing::NeverWas => "it could not be created",
            Standing::Deleting => "it is being deleted",
            Standing::PartlyDeleted => "it was to be deleted, and a part of it is left",
            Standing::Unknown => "this version of Tsugite does not know this status",
        };
        Some(format!("is {}: {meaning}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_has_a_standing() {
        assert_eq!(Sdk::values().len(), 23, "CloudFormation has another status: say what it means");
        for status in Sdk::values() {
            assert_ne!(StackStatus((*status).into()).standing(), Standing::Unknown, "{status}");
        }
    }

    #[test]
    fn a_stack_that_is_there_is_deployed_also_while_it_moves() {
        for (status, is_deployed, is_moving) in [
            ("ABSENT", false, false),
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
            let found = StackStatus(status.into());
            assert_eq!((found.is_deployed(), found.is_moving()), (is_deployed, is_moving), "{status}");
            let is_settled = found.standing() == Standing::There;
            assert_eq!(found.remark().is_none(), is_settled, "{status}");
            let says_status = is_settled || status == "ABSENT" || found.remark().unwrap().contains(status);
            assert!(says_status || found.standing() == Standing::Absent, "{status}");
        }
    }

    #[test]
    fn a_status_of_the_future_is_said_to_be_unknown() {
        let remark = StackStatus("MERGE_IN_PROGRESS".into()).remark().unwrap();
        assert!(remark.contains("MERGE_IN_PROGRESS") && remark.contains("does not know"), "{remark}");
    }
}
