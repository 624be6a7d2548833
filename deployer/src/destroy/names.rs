//! The names that CloudFormation gives to what it makes.

/// The part of a generated name `<stack>-<logical id>-<suffix>` that tells the resource; `None` for one of another stack.
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
        const STACK: &str = "tsugite-prod-sns-slack";
        for (name, expected) in [
            ("tsugite-prod-sns-slack-files-abc123", Some("files")),
            ("tsugite-prod-sns-slack-Archive-ABC123", Some("Archive")),
            // The stage `prod-sns-slack` has a stack `sns-slack` too, and `prod-eu` is another stage.
            ("tsugite-prod-sns-slack-sns-slack-files-abc123", None),
            ("tsugite-prod-eu-sns-slack-files-abc123", None),
            ("tsugite-prod-sns-slack-certificate-files-abc123", None),
            ("tsugite-prod-sns-slacker-files-abc123", None),
            ("tsugite-prod-sns-slack-files", None),
            ("tsugite-prod-sns-slack-files-", None),
            ("tsugite-prod-sns-slack--abc123", None),
            ("tsugite-prod-sns-slack", None),
        ] {
            assert_eq!(logical_id_of(name, STACK), expected, "{name}");
        }
    }

    #[test]
    fn log_groups_of_stages_whose_names_begin_alike_are_told_apart() {
        const STACK: &str = "tsugite-prod-sns-slack";
        for (name, expected) in [
            ("/aws/lambda/tsugite-prod-sns-slack-SlackNotifier", Some("SlackNotifier")),
            ("/aws/lambda/tsugite-prod-sns-slack-sns-slack-SlackNotifier", None),
            ("/aws/lambda/tsugite-prod-eu-sns-slack-SlackNotifier", None),
            ("/aws/lambda/tsugite-prod-sns-slack-", None),
            ("/aws/states/tsugite-prod-sns-slack-Machine", None),
        ] {
            assert_eq!(function_of_log_group(name, STACK), expected, "{name}");
        }
    }
}
