//! What a stand-in says of itself before it is opened.

use crate::service::Service;
use contracts::Saas;
use std::sync::Arc;

/// A stand-in that is not open yet.
pub(crate) struct Product {
    /// The first segment of every path of the stand-in, and its name in records and failures.
    pub(crate) name: &'static str,
    /// The SaaS in whose place it answers; its id is the name.
    pub(crate) saas: &'static Saas,
    /// The secret that it takes. Default: none.
    pub(crate) secret: Option<SecretKind>,
    /// Opens it.
    pub(crate) open: fn(Opening) -> Arc<dyn Service>,
    /// The part of the page's script that draws what it holds; without one, the page draws JSON.
    pub(crate) script: &'static str,
    /// The part of the page's style for what that script draws.
    pub(crate) style: &'static str,
}

/// A secret that a stand-in takes.
pub(crate) struct SecretKind {
    /// Its name in the contracts.
    pub(crate) name: &'static str,
    /// A value for tests, unlike that of any other.
    pub(crate) sample: &'static str,
    /// What a client is given, from where the stand-in answers and the secret: the secret itself, or an address with it.
    pub(crate) value: fn(&str, &str) -> String,
}

/// What a stand-in is opened with.
pub(crate) struct Opening {
    /// Where it answers, without a slash at the end.
    pub(crate) origin: String,
    /// The secret that it takes; empty if it takes none.
    pub(crate) secret: String,
}

impl SecretKind {
    /// A secret that a client gets as it is.
    pub(crate) fn itself(_origin: &str, secret: &str) -> String {
        secret.to_owned()
    }
}

/// Returns where a stand-in answers on the server at a base.
pub(crate) fn origin(base: &str, name: &str) -> String {
    format!("{}/{name}", base.trim_end_matches('/'))
}
