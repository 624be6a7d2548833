//! Who may do what: typed statements, policy documents and the grants that links carry.

mod action;
mod document;
mod grant;
mod value;

pub use action::Action;
pub use document::{ActionPattern, Condition, Effect, PolicyDocument, Principal, Statement};
pub use grant::Grant;
pub use value::Value;
