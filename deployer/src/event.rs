//! Events of a running command, for the display.

use aws_sdk_cloudformation::types::ResourceStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// A number with what it counts: `1 file`, `2 files`.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Something that a person may want to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step began.
    Began {
        /// Tells this step from others until it ends.
        id: StepId,
        /// What it does, as text.
        step: String,
        /// The stack whose resources it changes, if that is what it does.
        stack: Option<String>,
    },
    /// What a step is doing now.
    Doing {
        /// The step.
        id: StepId,
        /// In a few words.
        detail: String,
    },
    /// A step ended well.
    Ended {
        /// The step.
        id: StepId,
        /// What it did, as text.
        step: String,
        /// Its result, as text.
        summary: String,
        /// How long it took.
        took: Duration,
    },
    /// A resource of a stack changed its status.
    Resource {
        /// The stack.
        stack: String,
        /// The resource.
        logical_id: String,
        /// CloudFormation's status.
        status: ResourceStatus,
        /// CloudFormation's reason; often empty.
        reason: String,
    },
    /// Something is waited for; it is worth showing once it has taken long.
    Waits {
        /// Tells this wait from others.
        id: u64,
        /// What is waited for, as it stands behind "waiting for".
        what: String,
        /// Since when.
        since: Instant,
    },
    /// Why a wait takes long.
    WaitsBecause {
        /// The wait.
        id: u64,
        /// In a few words.
        reason: String,
    },
    /// A wait is over, with any result.
    Waited {
        /// The wait.
        id: u64,
    },
    /// Something that is worth a line of its own.
    Note(String),
    /// Something that a person should know and that stops nothing.
    Warning(String),
    /// Everything before must be shown now.
    Flush(Flush),
}

/// Tells one step from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(u64);

impl StepId {
    /// An id that no other step of this process has.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for StepId {
    fn default() -> Self {
        Self::new()
    }
}

/// Says that everything before it has been shown.
#[derive(Clone, Debug)]
pub struct Flush(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Flush {
    /// A flush that answers through `sender`.
    pub fn new(sender: oneshot::Sender<()>) -> Self {
        Self(Arc::new(Mutex::new(Some(sender))))
    }

    /// Answers.
    pub fn done(&self) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = sender.send(());
        }
    }
}

impl PartialEq for Flush {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Flush {}

/// Tells events; cheap to copy.
#[derive(Clone, Debug)]
pub struct Reporter {
    sender: UnboundedSender<Event>,
}

impl Reporter {
    /// A reporter and where its events come out.
    pub fn new() -> (Self, UnboundedReceiver<Event>) {
        let (sender, receiver) = unbounded_channel();
        (Self { sender }, receiver)
    }

    /// Sends an event; a missing display is no error.
    pub fn tell(&self, event: Event) {
        let _ = self.sender.send(event);
    }

    /// Waits until every event is shown; a missing display is no error.
    pub async fn flush(&self) {
        let (seen, shown) = oneshot::channel();
        self.tell(Event::Flush(Flush::new(seen)));
        let _ = shown.await;
    }

    /// Tells something that is worth a line.
    pub fn note(&self, text: impl Into<String>) {
        self.tell(Event::Note(text.into()));
    }

    /// Tells something that a person should know.
    pub fn warn(&self, text: impl Into<String>) {
        self.tell(Event::Warning(text.into()));
    }

    /// Tells that something is waited for until the value is dropped; `what` stands behind "waiting for".
    pub fn wait(&self, what: impl Into<String>) -> Wait {
        self.wait_since(Instant::now(), what)
    }

    /// The same for a wait that began earlier.
    pub(crate) fn wait_since(&self, since: Instant, what: impl Into<String>) -> Wait {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.tell(Event::Waits { id, what: what.into(), since });
        Wait { id, reporter: self.clone() }
    }

    /// Begins a step.
    pub fn begin(&self, step: impl Into<String>) -> Step {
        self.begin_step(step.into(), None)
    }

    /// Starts a step that changes the resources of a stack; their events belong to it.
    pub fn begin_on_stack(&self, stack: &str, step: impl Into<String>) -> Step {
        self.begin_step(step.into(), Some(stack.to_owned()))
    }

    fn begin_step(&self, name: String, stack: Option<String>) -> Step {
        let id = StepId::new();
        self.tell(Event::Began { id, step: name.clone(), stack });
        Step { id, name, began: Instant::now(), reporter: self.clone() }
    }

    /// Runs a step and reports its start and end; `summary` describes its result.
    pub async fn step<T, E>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, E>>,
        summary: impl FnOnce(&T) -> String,
    ) -> Result<T, E> {
        self.begin(step).run(work, summary).await
    }
}

/// A step in progress.
#[derive(Debug)]
#[must_use = "a step is shown as under way until it has run"]
pub struct Step {
    id: StepId,
    name: String,
    began: Instant,
    reporter: Reporter,
}

impl Step {
    /// Tells what it is doing.
    pub fn doing(&self, detail: impl Into<String>) {
        self.reporter.tell(Event::Doing { id: self.id, detail: detail.into() });
    }

    /// Runs the step and reports its end; `summary` describes its result.
    pub async fn run<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
        summary: impl FnOnce(&T) -> String,
    ) -> Result<T, E> {
        let result = work.await?;
        let (id, step, summary) = (self.id, self.name.clone(), summary(&result));
        self.reporter.tell(Event::Ended { id, step, summary, took: self.began.elapsed() });
        Ok(result)
    }
}

/// Something that is being waited for; the wait ends when this is dropped, also by an interruption.
#[derive(Debug)]
#[must_use = "the wait ends when this is dropped"]
pub struct Wait {
    id: u64,
    reporter: Reporter,
}

impl Wait {
    /// Tells why it takes long.
    pub fn because(&self, reason: impl Into<String>) {
        self.reporter.tell(Event::WaitsBecause { id: self.id, reason: reason.into() });
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.reporter.tell(Event::Waited { id: self.id });
    }
}
