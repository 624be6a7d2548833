//! Random words, which cannot be guessed and which no earlier run had.

use crate::error::{Error, Outcome};

/// So many random bytes.
pub(crate) fn random_bytes(n_bytes: usize) -> Outcome<Vec<u8>> {
    let mut bytes = vec![0; n_bytes];
    getrandom::fill(&mut bytes).map_err(|error| Error::Machine {
        what: format!("the system provides no random numbers: {error}"),
        hint: "check /dev/urandom".into(),
    })?;
    Ok(bytes)
}

/// A word of so many random bytes, two hexadecimal digits each.
pub(crate) fn random_word(n_bytes: usize) -> Outcome<String> {
    random_bytes(n_bytes).map(hex::encode)
}
