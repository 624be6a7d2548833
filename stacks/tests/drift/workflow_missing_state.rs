//! A transition to a state that does not exist: the mistake of the post, whose last state has another name.

use stacks::state_machine;
use stacks::workflow::State;

state_machine! {
    /// Lists the projects.
    enum Listing reaching (), within 60 s {
        /// Waits for the connection.
        UpdateConnection = State::Wait { seconds: 1, next: Listing::CallGetInstances },
        /// Lists the projects.
        CallGetProjects = State::Succeed,
    }
}

fn main() {}
