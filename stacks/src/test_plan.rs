//! What `publish-test-event` sends down a stack, and the effect that proves its arrival.

/// A test of a deployed stack, from one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPlan {
    /// What a SaaS must hold before the event is sent; the local stand-ins are given it.
    pub files: Vec<StandInFile>,
    /// The body that is posted to the endpoint.
    pub body: String,
    /// Logical ids of the functions that the event passes, in order.
    pub functions: Vec<&'static str>,
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

/// An effect that can be checked in the account.
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
    /// The event is acknowledged and nothing follows from it; says why.
    Nothing(String),
}
