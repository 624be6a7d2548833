//! What is going on, told to whoever displays it.

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
        /// Names the step until it ends.
        step: String,
    },
    /// What a step is doing now.
    Doing {
        /// The step.
        step: String,
        /// In a few words.
        detail: String,
    },
    /// A step ended well.
    Ended {
        /// The step.
        step: String,
        /// What came of it.
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
        /// CloudFormation's status, such as `CREATE_IN_PROGRESS`.
        status: String,
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
    /// A wait is over, whatever came of it.
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

    /// Tells an event; nobody listening is no error.
    pub fn tell(&self, event: Event) {
        let _ = self.sender.send(event);
    }

    /// Waits until everything that was told is shown; nobody showing it is no error.
    pub async fn flush(&self) {
        let (seen, shown) = oneshot::channel();
        self.tell(Event::Flush(Flush::new(seen)));
        let _ = shown.await;
    }

    /// Tells what a step is doing.
    pub fn doing(&self, step: &str, detail: impl Into<String>) {
        self.tell(Event::Doing { step: step.to_owned(), detail: detail.into() });
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

    /// Runs a step between its beginning and its end; `summary` says what came of it.
    pub async fn step<T, E>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, E>>,
        summary: impl FnOnce(&T) -> String,
    ) -> Result<T, E> {
        let began = Instant::now();
        self.tell(Event::Began { step: step.to_owned() });
        let result = work.await?;
        let summary = summary(&result);
        self.tell(Event::Ended { step: step.to_owned(), summary, took: began.elapsed() });
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
