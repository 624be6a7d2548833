//! A section of a stage file that makes a stack, as the rest of the file sees it.

use super::{Hosted, SenderList, SenderRange, Stage, TopicArn};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The settings of an integration: what its section of a stage file says.
///
/// Every method has a default, for the integration that has no such thing.
pub trait Section: Any + fmt::Debug + Send + Sync {
    /// The SaaS that each of its users hosts, or has under a name of their own.
    fn hosted(&self) -> Option<Hosted> {
        None
    }

    /// Its topic, if it takes the alarms of other stacks.
    fn alarm_target(&self) -> Option<AlarmTarget> {
        None
    }

    /// The same settings with the senders of a published list, if they name that list.
    fn with_senders(&self, _list: SenderList, _ranges: &[SenderRange]) -> Option<Arc<dyn Section>> {
        None
    }

    /// Refuses settings of which each is right by itself.
    fn check(&self, _stage: &Stage) -> Result<(), Contradiction> {
        Ok(())
    }
}

/// A topic that takes the alarms of other stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmTarget {
    /// The stack's own, by its logical id.
    Own(&'static str),
    /// An existing one.
    Existing(TopicArn),
}

/// Settings that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The setting to change, below the section.
    pub setting: &'static str,
    /// What was found and what is allowed.
    pub message: String,
}

/// How the section of an integration is read.
#[derive(Clone, Copy)]
pub(crate) struct SectionKind {
    /// Name of the stack, such as `backlog-files`.
    pub(crate) name: &'static str,
    /// Its key in the stage file, such as `backlog_files`.
    pub(crate) key: &'static str,
    /// The sections that it shares with others and cannot do without.
    pub(crate) shared: &'static [Shared],
    /// Whether `alarm_topic` may name it.
    pub(crate) takes_alarms: bool,
    /// Reads the settings.
    pub(crate) read: fn(&mut dyn erased_serde::Deserializer<'_>) -> erased_serde::Result<Arc<dyn Section>>,
}

/// A section that several integrations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// The space and project of Backlog.
    Backlog,
}
