//! A task that names a resource itself, past the integrations and their permissions.

use stacks::state_machine;
use stacks::workflow::{State, Task};

state_machine! {
    /// Sends mail.
    enum Sending reaching (), within 60 s {
        /// Sends it.
        Send = State::Task(Task {
            call: "arn:aws:states:::aws-sdk:sesv2:sendEmail",
            assign: &[],
            retry: &[],
            catch: &[],
            otherwise: Sending::Done,
            next: Sending::Done,
        }),
        /// Done.
        Done = State::Succeed,
    }
}

fn main() {}
