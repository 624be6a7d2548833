//! Whether a stack is as its definition wants it, seen from the description of the stack alone.
//!
//! A change set says the same, but takes CloudFormation seconds and changes the account for a moment.

use crate::account::StackSummary;
use aws_sdk_cloudformation::types::{Parameter, StackStatus, Tag};
use std::collections::BTreeMap;

/// Whether the last operation on the stack succeeded, and had this template with these parameters and tags.
///
/// A change by hand since then is not seen, as by a change set.
pub(super) fn is_as_wanted(stack: &StackSummary, digest: &str, parameters: &[Parameter], tags: &[Tag]) -> bool {
    let parameters = parameters.iter().map(|parameter| (parameter.parameter_key(), parameter.parameter_value()));
    let tags = tags.iter().map(|tag| (tag.key(), tag.value()));
    matches!(stack.status, StackStatus::CreateComplete | StackStatus::UpdateComplete)
        && stack.template_digest.as_deref() == Some(digest)
        && as_map(parameters).as_ref() == Some(&stack.parameters)
        && as_map(tags).as_ref() == Some(&stack.tags)
}

/// `None` if one has no name or no value.
fn as_map<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Option<BTreeMap<String, String>> {
    pairs.map(|(name, value)| Some((name?.to_owned(), value?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn every_difference_is_seen() {
        let same = StackSummary {
            id: "id".into(),
            status: StackStatus::UpdateComplete,
            operation: "2026-11-01T00:00:00Z".into(),
            outputs: BTreeMap::new(),
            template_digest: Some("digest".into()),
            parameters: map("Code", "key"),
            tags: map("stage", "prod"),
        };
        let parameters = [Parameter::builder().parameter_key("Code").parameter_value("key").build()];
        let tags = [Tag::builder().key("stage").value("prod").build()];
        let check = |stack: &StackSummary, expected| {
            assert_eq!(is_as_wanted(stack, "digest", &parameters, &tags), expected, "{stack:?}");
        };
        check(&same, true);
        check(&StackSummary { status: StackStatus::CreateComplete, ..same.clone() }, true);
        // It is as it was before an update that failed, or in an operation.
        for status in [StackStatus::UpdateRollbackComplete, StackStatus::UpdateInProgress] {
            check(&StackSummary { status, ..same.clone() }, false);
        }
        check(&StackSummary { template_digest: Some("other".into()), ..same.clone() }, false);
        check(&StackSummary { template_digest: None, ..same.clone() }, false);
        check(&StackSummary { parameters: map("Code", "other"), ..same.clone() }, false);
        check(&StackSummary { parameters: map("Other", "key"), ..same.clone() }, false);
        check(&StackSummary { tags: map("stage", "test"), ..same.clone() }, false);
        check(&StackSummary { tags: BTreeMap::new(), ..same.clone() }, false);
    }
}
