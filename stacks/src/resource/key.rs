//! Keys of KMS.

use super::Resource;
use policies::{Action, PolicyDocument, Statement};
use serde::Serialize;

/// Days in which a deletion can be called off: the fewest that KMS takes.
///
/// What the key encrypts is kept for 90 days at most and can be had again by another execution.
const PENDING_WINDOW_DAYS: u32 = 7;

/// A symmetric key, renewed every year.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Key {
    description: String,
    enable_key_rotation: bool,
    key_policy: PolicyDocument,
    pending_window_in_days: u32,
}

impl Resource for Key {
    const TYPE: &'static str = "AWS::KMS::Key";
}

impl Key {
    /// A key that the account's policies decide about: who administers it, and who uses it.
    ///
    /// Spelled out in place of `kms:*`, so that no one can pass it on by a grant or to another account.
    pub(crate) fn new(description: String) -> Self {
        let administer = [
            Action::CANCEL_KEY_DELETION,
            Action::DESCRIBE_KEY,
            Action::DISABLE_KEY,
            Action::DISABLE_KEY_ROTATION,
            Action::ENABLE_KEY,
            Action::ENABLE_KEY_ROTATION,
            Action::GET_KEY_POLICY,
            Action::GET_KEY_ROTATION_STATUS,
            Action::LIST_KEY_POLICIES,
            Action::LIST_RESOURCE_TAGS,
            Action::PUT_KEY_POLICY,
            Action::SCHEDULE_KEY_DELETION,
            Action::TAG_KEY,
            Action::UNTAG_KEY,
            Action::UPDATE_KEY_DESCRIPTION,
        ];
        Self {
            description,
            enable_key_rotation: true,
            key_policy: PolicyDocument::new(vec![
                Statement::allow_account_on_key(administer),
                Statement::allow_account_on_key([Action::DECRYPT, Action::GENERATE_DATA_KEY]),
            ]),
            pending_window_in_days: PENDING_WINDOW_DAYS,
        }
    }
}
