//! The names that CloudFormation gives to what it makes.

/// The part of a generated name `<stack>-<logical id>-<suffix>` that names the resource; `None` for one of another stack.
///
/// A stack `a` must not take what a stack `a-b` has made for its own: logical ids and suffixes have no `-`.
pub(super) fn logical_id_of<'a>(name: &'a str, stack_name: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(stack_name)?.strip_prefix('-')?;
    let (logical_id, suffix) = rest.split_once('-')?;
    (!logical_id.is_empty() && !suffix.is_empty() && !suffix.contains('-')).then_some(logical_id)
}

/// The logical id of a function by the log group `/aws/lambda/<stack>-<logical id>`; `None` for one of another stack.
pub(super) fn function_of_log_group<'a>(name: &'a str, stack_name: &str) -> Option<&'a str> {
    let logical_id = name.strip_prefix("/aws/lambda/")?.strip_prefix(stack_name)?.strip_prefix('-')?;
    (!logical_id.is_empty() && !logical_id.contains('-')).then_some(logical_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_stack_has_made_is_not_ours() {
        const STACK: &str = "tsugite-prod-notes";
        for (name, expected) in [
            ("tsugite-prod-notes-files-abc123", Some("files")),
            ("tsugite-prod-notes-Archive-ABC123", Some("Archive")),
            // The stage `prod-notes` has a stack `notes` too, and `prod-eu` is another stage.
            ("tsugite-prod-notes-notes-files-abc123", None),
            ("tsugite-prod-eu-notes-files-abc123", None),
            ("tsugite-prod-notes-certificate-files-abc123", None),
            ("tsugite-prod-notesy-files-abc123", None),
            ("tsugite-prod-notes-files", None),
            ("tsugite-prod-notes-files-", None),
            ("tsugite-prod-notes--abc123", None),
            ("tsugite-prod-notes", None),
        ] {
            assert_eq!(logical_id_of(name, STACK), expected, "{name}");
        }
    }

    #[test]
    fn log_groups_of_stages_whose_names_begin_alike_are_told_apart() {
        const STACK: &str = "tsugite-prod-notes";
        for (name, expected) in [
            ("/aws/lambda/tsugite-prod-notes-Reader", Some("Reader")),
            ("/aws/lambda/tsugite-prod-notes-notes-Reader", None),
            ("/aws/lambda/tsugite-prod-eu-notes-Reader", None),
            ("/aws/lambda/tsugite-prod-notes-", None),
            ("/aws/states/tsugite-prod-notes-Machine", None),
        ] {
            assert_eq!(function_of_log_group(name, STACK), expected, "{name}");
        }
    }
}
