//! What a change set would do to one resource.

use aws_sdk_cloudformation::types::{ChangeAction, PolicyAction, Replacement, RequiresRecreation, ResourceChange};

/// A change of one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What happens to it.
    pub kind: ChangeKind,
    /// The resource.
    pub logical_id: String,
    /// Its type, such as `AWS::SQS::Queue`.
    pub resource_type: String,
    /// Names of the properties that change.
    pub properties: Vec<String>,
    /// What happens to the deleted or replaced resource, where CloudFormation says it.
    pub fate: Option<Fate>,
}

/// What happens to a resource that is removed from a stack or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is deleted.
    Deleted,
    /// It stays in the account, outside of the stack.
    Kept,
    /// It is deleted, and a snapshot of it stays.
    Snapshot,
}

impl Fate {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Kept => "kept",
            Self::Snapshot => "deleted after a snapshot",
        }
    }

    /// Source: CloudFormation API reference, ResourceChange, `PolicyAction`.
    fn read(action: &PolicyAction) -> Option<Self> {
        match action {
            PolicyAction::Delete | PolicyAction::ReplaceAndDelete => Some(Self::Deleted),
            PolicyAction::Retain | PolicyAction::ReplaceAndRetain => Some(Self::Kept),
            PolicyAction::Snapshot | PolicyAction::ReplaceAndSnapshot => Some(Self::Snapshot),
            _ => None,
        }
    }
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It changes and stays the same resource.
    Changed,
    /// It is replaced: the new resource does not hold the data of the old one.
    Replaced,
    /// CloudFormation decides during the operation whether it is replaced.
    MayBeReplaced,
    /// It is removed from the stack.
    Removed,
}

impl ChangeKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Replaced => "REPLACED",
            Self::MayBeReplaced => "may be REPLACED",
            Self::Removed => "removed",
        }
    }
}

impl Change {
    /// Reads a change as CloudFormation describes it.
    pub(crate) fn read(change: &ResourceChange) -> Self {
        let kind = match (change.action(), change.replacement()) {
            (Some(ChangeAction::Add), _) => ChangeKind::Added,
            (Some(ChangeAction::Remove), _) => ChangeKind::Removed,
            (_, Some(Replacement::True)) => ChangeKind::Replaced,
            (_, Some(Replacement::Conditional)) if may_need_recreation(change) => ChangeKind::MayBeReplaced,
            _ => ChangeKind::Changed,
        };
        let mut properties: Vec<String> = change
            .details()
            .iter()
            .filter_map(|detail| detail.target()?.name().filter(|name| !name.is_empty()))
            .map(str::to_owned)
            .collect();
        properties.sort();
        properties.dedup();
        Self {
            kind,
            logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
            resource_type: change.resource_type().unwrap_or_default().to_owned(),
            properties,
            fate: change.policy_action().and_then(Fate::read),
        }
    }
}

/// CloudFormation says "conditional" also where no changed property could need a new resource.
fn may_need_recreation(change: &ResourceChange) -> bool {
    let mut targets = change.details().iter().filter_map(|detail| detail.target());
    targets.any(|target| !matches!(target.requires_recreation(), None | Some(RequiresRecreation::Never)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_the_old_resource_is_read() {
        for action in PolicyAction::values() {
            let change = ResourceChange::builder()
                .action(ChangeAction::Modify)
                .replacement(Replacement::True)
                .policy_action(PolicyAction::from(*action))
                .build();
            let expected = match *action {
                "Delete" | "ReplaceAndDelete" => Fate::Deleted,
                "Retain" | "ReplaceAndRetain" => Fate::Kept,
                "Snapshot" | "ReplaceAndSnapshot" => Fate::Snapshot,
                other => panic!("what does {other} mean?"),
            };
            assert_eq!(
                (Change::read(&change).kind, Change::read(&change).fate),
                (ChangeKind::Replaced, Some(expected))
            );
        }
    }
}
