//! What a change set would do to one resource.

use aws_sdk_cloudformation::types::{ChangeAction, Replacement, RequiresRecreation, ResourceChange};

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
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It changes and stays the same resource.
    Changed,
    /// It is made anew, and what the old one held is not in the new one.
    Replaced,
    /// Whether it is made anew is known only when it happens.
    MayBeReplaced,
    /// It goes.
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
        }
    }
}

/// CloudFormation says "conditional" also where no changed property could need a new resource.
fn may_need_recreation(change: &ResourceChange) -> bool {
    let mut targets = change.details().iter().filter_map(|detail| detail.target());
    targets.any(|target| !matches!(target.requires_recreation(), None | Some(RequiresRecreation::Never)))
}
