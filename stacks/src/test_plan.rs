//! What `publish-test-event` sends down a stack, and the effects that prove its arrival.

use contracts::Saas;

/// A test of a deployed stack, from one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPlan {
    /// What a SaaS must hold before the event is sent; the local stand-ins are given it.
    pub files: Vec<StandInFile>,
    /// How the event enters.
    pub entry: Entry,
    /// What comes of it; one for each end of a fan-out.
    pub branches: Vec<Branch>,
}

/// How an event enters a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Posted to the endpoint that is registered in a SaaS.
    Webhook {
        /// Logical id of the function behind it.
        function: &'static str,
        /// The body.
        body: String,
    },
    /// Posted to an address that an output holds.
    Post {
        /// Logical id of the function behind it.
        function: &'static str,
        /// Output of the stack that holds the address of the site.
        site_output: &'static str,
        /// Path on the site.
        path: &'static str,
        /// The body.
        body: String,
    },
    /// Published to a topic.
    Publish {
        /// Output of the stack that holds the topic's ARN.
        topic_output: &'static str,
        /// Subject, if there is one.
        subject: Option<String>,
        /// The message.
        message: String,
    },
    /// Sent to a queue.
    Send {
        /// Output of the stack that holds the queue's URL.
        queue_output: &'static str,
        /// The message.
        message: String,
    },
    /// An execution of a state machine, which is followed to its end; there are no branches.
    Execute {
        /// Output of the stack that holds the machine's ARN.
        machine_output: &'static str,
        /// The input.
        input: String,
        /// Member of the execution's output that is a list.
        list: &'static str,
        /// Member of each element by which a person knows it.
        name: &'static str,
    },
}

impl Entry {
    /// Size of what is sent, in bytes.
    pub fn n_bytes(&self) -> usize {
        match self {
            Self::Webhook { body, .. } | Self::Post { body, .. } => body.len(),
            Self::Publish { message, .. } | Self::Send { message, .. } => message.len(),
            Self::Execute { input, .. } => input.len(),
        }
    }
}

/// The way of an event from a queue to its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Logical id of the function that the queue feeds.
    pub function: &'static str,
    /// What must be there in the end.
    pub effect: Effect,
}

/// A file that Backlog must serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandInFile {
    /// Key of its project.
    pub project: String,
    /// Number of the file.
    pub id: u64,
    /// Folder, beginning and ending with `/`.
    pub dir: String,
    /// Bare name.
    pub name: String,
    /// Size in bytes; the content is made for the run.
    pub size: u64,
}

impl StandInFile {
    /// The SaaS that serves it.
    pub fn saas(&self) -> &'static Saas {
        &contracts::backlog::SAAS
    }
}

/// An effect that can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An object written after the event was sent.
    Object {
        /// Output of the stack that holds the bucket's name.
        bucket_output: &'static str,
        /// The whole key.
        key: String,
        /// Its size in bytes.
        size: u64,
    },
    /// An issue of Backlog whose key the function logs.
    Issue {
        /// Logical id of the secret with the API key.
        key_secret: &'static str,
        /// What the summary or the description holds.
        holds: String,
    },
    /// An item of a table under the id that the message has in the topic.
    Item {
        /// Output of the stack that holds the table's name.
        table_output: &'static str,
        /// An attribute of the item.
        attribute: &'static str,
        /// What the attribute holds.
        holds: String,
    },
    /// A message that a SaaS took; nothing but its stand-in can be asked for it.
    Message {
        /// The SaaS.
        saas: &'static Saas,
        /// What a message is called there; its stand-in lists them under the plural.
        item: &'static str,
        /// What the message holds.
        holds: String,
    },
    /// The event is acknowledged and nothing follows from it; says why.
    Nothing(String),
}
