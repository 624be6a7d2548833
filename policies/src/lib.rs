//! Who may do what: typed statements, policy documents and the grants that links carry.

mod action;
mod cfn_string;
mod document;
mod grant;

pub use action::Action;
pub use cfn_string::CfnString;
pub use document::{ActionPattern, Condition, Effect, PolicyDocument, Principal, Statement};
pub use grant::Grant;
