//! A state to which no transition leads, although another state that nothing reaches leads there.

use stacks::state_machine;
use stacks::workflow::State;

state_machine! {
    /// Lists the projects.
    enum Listing reaching (), within 60 s {
        /// Waits for the connection.
        UpdateConnection = State::Wait { seconds: 1, next: Listing::Done },
        /// Lists the projects.
        CallGetProjects = State::Wait { seconds: 1, next: Listing::CountProjects },
        /// Counts them.
        CountProjects = State::Wait { seconds: 1, next: Listing::CallGetProjects },
        /// Done.
        Done = State::Succeed,
    }
}

fn main() {}
