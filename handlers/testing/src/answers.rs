//! What the status of an answer says of a message, whichever product gave it.

use runtime::Outcome;

/// Statuses and the fate of the message, except those that products use in their own ways.
const STATUSES: [(u16, Outcome); 13] = [
    (402, Outcome::Permanent),
    (405, Outcome::Permanent),
    (409, Outcome::Permanent),
    (414, Outcome::Permanent),
    (415, Outcome::Permanent),
    (451, Outcome::Permanent),
    // Timed out and too early: both speak of the moment.
    (408, Outcome::Retry),
    (425, Outcome::Retry),
    (500, Outcome::Retry),
    (502, Outcome::Retry),
    (503, Outcome::Retry),
    (504, Outcome::Retry),
    (599, Outcome::Retry),
];

/// Expects each outcome of the table after an answer of its status, with the status in the text.
///
/// `check` lets the product answer so, and returns the text.
pub async fn check_statuses(check: impl AsyncFn(u16, Outcome) -> String) {
    for (status, expected) in STATUSES {
        let text = check(status, expected).await;
        assert!(text.contains(&status.to_string()), "{status}: {text}");
    }
}
