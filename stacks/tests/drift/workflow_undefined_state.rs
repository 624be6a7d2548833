//! A state without a definition.

use stacks::state_machine;
use stacks::workflow::State;

state_machine! {
    /// Lists the projects.
    enum Listing reaching (), within 60 s {
        /// Waits for the connection.
        UpdateConnection = State::Wait { seconds: 1, next: Listing::CallGetProjects },
        /// Lists the projects.
        CallGetProjects,
    }
}

fn main() {}
