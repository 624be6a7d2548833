//! What is known of a stack without its definition: enough to find it in an account, and to delete it.

use super::{SourceLine, Stack};
use crate::stage::{Region, Stage};
use std::collections::BTreeSet;

/// A stack that the stage file asks for, or a retired one.
pub trait KnownStack: Send + Sync {
    /// Name in the sources, such as `backlog-files`.
    fn name(&self) -> &'static str;

    /// The integration that it belongs to, by name; the integration's own stack has the same name.
    fn integration(&self) -> &'static str;

    /// The region that it is in.
    fn region(&self) -> &Region;

    /// Name in the account.
    fn full_stack_name(&self) -> String;

    /// Logical ids of what outlives the stack until `destroy` removes it.
    fn retained_ids(&self) -> Vec<&str>;

    /// Whether the stage file asks for it.
    fn is_in_stage_file(&self) -> bool;

    /// Where a resource is defined; `None` if it has no definition.
    fn source_line_of(&self, logical_id: &str) -> Option<SourceLine>;

    /// Names of the stacks whose outputs it takes.
    fn needs(&self) -> BTreeSet<&'static str>;

    /// Whether it needs another stack, or needed it with other settings: then it is deployed after it, and deleted
    /// before it.
    fn follows(&self, other: &dyn KnownStack) -> bool {
        let is_further = other.integration() == self.name() && other.name() != self.name();
        is_further || self.needs().contains(other.name())
    }
}

impl KnownStack for Stack {
    fn name(&self) -> &'static str {
        Self::name(self)
    }

    fn integration(&self) -> &'static str {
        Self::integration(self)
    }

    fn region(&self) -> &Region {
        Self::region(self)
    }

    fn full_stack_name(&self) -> String {
        Self::full_stack_name(self)
    }

    fn retained_ids(&self) -> Vec<&str> {
        Self::retained_ids(self).collect()
    }

    fn is_in_stage_file(&self) -> bool {
        true
    }

    fn source_line_of(&self, logical_id: &str) -> Option<SourceLine> {
        Self::source_line_of(self, logical_id)
    }

    fn needs(&self) -> BTreeSet<&'static str> {
        self.needed_outputs().map(|(stack, _)| stack).collect()
    }
}

/// A stack that an integration has beside its own with some settings, in a region that AWS prescribes.
///
/// The integration's own stack needs it. On a stage in that region there is none: its resources are in the own stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FurtherStack {
    /// Name in the sources.
    pub name: &'static str,
    /// The region that it is in.
    pub region: &'static str,
}

impl FurtherStack {
    /// The region that it is in.
    pub(crate) fn region(self) -> Region {
        Region::prescribed(self.region)
    }

    /// Whether a stage may have it, depending on its settings.
    pub(crate) fn may_be_on(self, stage: &Stage) -> bool {
        stage.region.as_str() != self.region
    }
}

/// A stack that the stage file does not ask for, and that may have been deployed when it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredStack {
    name: &'static str,
    integration: &'static str,
    region: Region,
    full_name: String,
    retains: &'static [&'static str],
}

impl RetiredStack {
    /// The own stack of an integration; `retains` are the logical ids of what outlives it.
    pub(crate) fn of_integration(name: &'static str, stage: &Stage, retains: &'static [&'static str]) -> Self {
        let full_name = Stack::full_name_on(stage, name);
        Self { name, integration: name, region: stage.region.clone(), full_name, retains }
    }

    /// A further stack of an integration.
    pub(crate) fn further(stack: FurtherStack, integration: &'static str, stage: &Stage) -> Self {
        let FurtherStack { name, .. } = stack;
        let full_name = Stack::full_name_on(stage, name);
        Self { name, integration, region: stack.region(), full_name, retains: &[] }
    }
}

impl KnownStack for RetiredStack {
    fn name(&self) -> &'static str {
        self.name
    }

    fn integration(&self) -> &'static str {
        self.integration
    }

    fn region(&self) -> &Region {
        &self.region
    }

    fn full_stack_name(&self) -> String {
        self.full_name.clone()
    }

    fn retained_ids(&self) -> Vec<&str> {
        self.retains.to_vec()
    }

    fn is_in_stage_file(&self) -> bool {
        false
    }

    fn source_line_of(&self, _logical_id: &str) -> Option<SourceLine> {
        None
    }

    fn needs(&self) -> BTreeSet<&'static str> {
        BTreeSet::new()
    }
}
