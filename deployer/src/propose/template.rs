//! The way of a template to CloudFormation: in the request, or by the artifact bucket if it is too long for that.

use crate::account::Account;
use crate::artifact::put_template;
use crate::error::{Error, FailureCause, Outcome};
use stacks::Stack;

/// The longest template that a request takes, in bytes.
///
/// Source: CloudFormation user guide, "CloudFormation quotas".
const LONGEST_IN_REQUEST: usize = 51_200;
/// The longest template that CloudFormation reads from S3, in bytes: its "1 MB" is decimal.
///
/// Source: as above; CloudFormation's own words are "Template may not exceed 1000000 bytes in size".
const LONGEST: usize = 1_000_000;

/// Where CloudFormation finds a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// In the request.
    Body(String),
    /// At this address in S3, which is read with the caller's rights.
    Url(String),
}

impl Sent {
    /// As the parameters `TemplateBody` and `TemplateURL`.
    pub(super) fn into_parameters(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Body(text) => (Some(text), None),
            Self::Url(url) => (None, Some(url)),
        }
    }
}

/// Puts a template where CloudFormation finds it; only a long one changes the account.
pub(super) async fn send_template(account: &Account, stack: &Stack, template: &str) -> Outcome<Sent> {
    match template.len() {
        n_bytes if n_bytes <= LONGEST_IN_REQUEST => Ok(Sent::Body(template.to_owned())),
        n_bytes if n_bytes <= LONGEST => put_template(account, stack.stage(), template).await.map(Sent::Url),
        n_bytes => Err(Error::ChangeSet {
            stack: stack.name().into(),
            reasons: vec![FailureCause::of_stack(format!(
                "its template has {n_bytes} bytes; CloudFormation takes up to {LONGEST}"
            ))],
        }),
    }
}
