//! State machines of Step Functions, typed: what the compiler can refuse, it refuses.
//!
//! The states of a machine are the variants of an enum, each with its definition, written by
//! [`state_machine!`](crate::state_machine). Hence a transition to a state that is not there names
//! a variant that is not there, a state to which no transition leads stops the compiler with its
//! name, and a task is an [`Integration`], which cannot be written without its permissions.

mod definition;
mod integration;
mod layout;
mod macros;
mod value;
mod variables;

pub use definition::{Definition, define};
pub use integration::{
    Argument, DescribeConnection, GetSecretValue, HttpInvoke, HttpMethod, Integration, Permissions, SetApiKey,
    Substitutions,
};
pub use macros::refuse_unreachable;
pub use value::{Assign, Expression, Jitter, Retry, TaskError, Text, Variable};

/// An enum whose variants are the states of a machine; [`state_machine!`](crate::state_machine) writes it.
pub trait Machine: Copy + Sized + 'static {
    /// What its tasks reach.
    type Links: 'static;
    /// What the machine does; a sentence.
    const PURPOSE: &'static str;
    /// Seconds after which an execution is ended.
    const TIMEOUT_SECONDS: u32;
    /// The states, the first of which is the start.
    const STATES: &'static [Described<Self>];

    /// The state's place in [`Machine::STATES`].
    fn index(self) -> usize;
}

/// A state with its name and purpose.
pub struct Described<M: Machine> {
    /// The variant.
    pub id: M,
    /// Name of the variant, and of the state in Step Functions.
    pub name: &'static str,
    /// The variant's doc comment, which the console shows.
    pub purpose: &'static str,
    /// What it does.
    pub state: State<M>,
}

/// What a state does, and where it leads.
pub enum State<M: Machine> {
    /// Calls something.
    Task(Task<M>),
    /// Takes one of several ways.
    Choice(Choice<M>),
    /// Lets time pass.
    Wait {
        /// How long.
        seconds: u32,
        /// What follows.
        next: M,
    },
    /// Ends the execution well; the output is what the state was given.
    Succeed,
    /// Ends the execution with a reason.
    Fail(Fail),
}

/// Calls something. The result goes into variables only: what a state passes on is in the console of everyone who looks.
pub struct Task<M: Machine> {
    /// What is called, with what, and which permissions that takes.
    pub call: &'static dyn Integration<M::Links>,
    /// What is kept of the result, `$states.result`.
    pub assign: &'static [Assign],
    /// Which failures are tried again, and how.
    pub retry: &'static [Retry],
    /// Which failures lead elsewhere; the first match counts.
    pub catch: &'static [Catch<M>],
    /// Where every other failure leads.
    pub otherwise: M,
    /// What follows a success.
    pub next: M,
}

/// A way on for some failures of a task.
pub struct Catch<M: Machine> {
    /// The failures.
    pub errors: &'static [TaskError],
    /// What follows.
    pub next: M,
}

/// Takes the way of the first rule that holds.
pub struct Choice<M: Machine> {
    /// The rules, in order.
    pub rules: &'static [Rule<M>],
    /// The way if none holds.
    pub otherwise: M,
}

/// One way of a choice.
pub struct Rule<M: Machine> {
    /// When it is taken.
    pub when: Expression,
    /// What is passed on: members of an object. Default: what the state was given.
    pub output: &'static [(&'static str, Expression)],
    /// What follows.
    pub next: M,
}

/// Ends the execution with a reason that a person can act upon.
pub struct Fail {
    /// A name for programs, such as `Bytebase.WrongKey`.
    pub error: &'static str,
    /// What happened and what to do, without secrets.
    pub cause: Text,
}

/// The variable in which a task that fails unexpectedly leaves the name of its error.
pub const FAILURE: Variable = Variable::new("failure");

impl<M: Machine> State<M> {
    /// The `place`-th state to which this one leads, counted from 0.
    pub const fn target(&self, place: usize) -> Option<M> {
        match self {
            Self::Task(task) => match place {
                0 => Some(task.next),
                1 => Some(task.otherwise),
                _ if place - 2 < task.catch.len() => Some(task.catch[place - 2].next),
                _ => None,
            },
            Self::Choice(choice) => match place {
                0 => Some(choice.otherwise),
                _ if place - 1 < choice.rules.len() => Some(choice.rules[place - 1].next),
                _ => None,
            },
            Self::Wait { next, .. } => match place {
                0 => Some(*next),
                _ => None,
            },
            Self::Succeed | Self::Fail(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
