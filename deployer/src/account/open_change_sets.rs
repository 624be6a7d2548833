//! Change sets that this process requested, until they are executed or discarded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A change set by the names that were chosen before CloudFormation was asked for it.
#[derive(Clone, Debug)]
pub(crate) struct OpenChangeSet {
    /// Its name, which no other change set has.
    pub(crate) name: String,
    /// Full name of its stack.
    pub(crate) stack: String,
    /// Whether it creates the stack.
    pub(crate) is_new: bool,
    /// Region of the stack.
    pub(crate) region: String,
    /// Profile of the stage file, which commands for a person need.
    pub(crate) profile: Option<String>,
    /// Closed when the call that creates it has ended, with any result.
    pub(crate) asked: watch::Receiver<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has changed yet; it has to be discarded.
    Proposed,
    /// Its execution was asked for and is not answered.
    Executing,
}

/// The change sets of one process, by their names; shared by all regions of an account.
///
/// The end of a command discards what is still proposed, so that a command that changed nothing leaves nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenChangeSets(Arc<Mutex<BTreeMap<String, (Phase, OpenChangeSet)>>>);

impl OpenChangeSets {
    /// Remembers a change set; to be called before CloudFormation is asked for it.
    pub(crate) fn remember(&self, change_set: OpenChangeSet) {
        self.lock().insert(change_set.name.clone(), (Phase::Proposed, change_set));
    }

    /// From now on it may be executed, and must not be discarded.
    pub(crate) fn begin_execution(&self, name: &str) {
        self.set(name, Phase::Executing);
    }

    /// Its execution was refused: it is as it was before.
    pub(crate) fn take_back_execution(&self, name: &str) {
        self.set(name, Phase::Proposed);
    }

    /// It was executed or discarded, or was never created.
    pub(crate) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    /// One that is neither executed nor discarded.
    pub(crate) fn find(&self, name: &str) -> Option<OpenChangeSet> {
        self.lock().get(name).map(|(_, change_set)| change_set.clone())
    }

    /// Those that are to be discarded.
    pub(crate) fn proposed(&self) -> Vec<OpenChangeSet> {
        let open = self.lock();
        open.values().filter(|(phase, _)| *phase == Phase::Proposed).map(|(_, change_set)| change_set.clone()).collect()
    }

    /// Whether the execution of one was asked for and is not answered.
    pub(crate) fn is_any_executing(&self) -> bool {
        self.lock().values().any(|(phase, _)| *phase == Phase::Executing)
    }

    fn set(&self, name: &str, to: Phase) {
        if let Some((phase, _)) = self.lock().get_mut(name) {
            *phase = to;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Phase, OpenChangeSet)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
