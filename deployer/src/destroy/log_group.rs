//! Log groups of a stack's functions that are not in the stack.

use super::names::function_of_log_group;
use crate::account::Account;
use crate::error::Outcome;

/// A log group at a time: a newer one of the same name is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroupFound {
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) made: i64,
}

/// The log groups of the functions of a stack.
pub(super) async fn log_groups_of(account: &Account, stack_name: &str) -> Outcome<Vec<LogGroupFound>> {
    let prefix = format!("/aws/lambda/{stack_name}-");
    let groups = account.logs.describe_log_groups(&prefix).await?.into_iter();
    let groups = groups.map(|group| LogGroupFound { name: group.log_group_name, made: group.creation_time });
    Ok(groups.filter(|group| function_of_log_group(&group.name, stack_name).is_some()).collect())
}

/// Deletes a log group. "Not found" counts as deleted; the call is repeated while another process changes the group.
///
/// Source: CloudWatch Logs API reference, DeleteLogGroup, `OperationAbortedException`.
pub(super) async fn delete_log_group(account: &Account, group: &LogGroupFound) -> Outcome<()> {
    let delete = async || account.logs.delete_log_group(&group.name).await;
    match account.while_busy(delete).await {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::rules::{ByRules, Rule, refused};
    use crate::pace::Pace;
    use std::time::Duration;

    fn deletion(refusal: Option<&'static str>) -> Rule {
        Rule::of_call("DeleteLogGroup", move |_| match refusal {
            None => Ok(String::new()),
            Some(code) => Err(refused(code, "as ruled")),
        })
    }

    async fn check(pace: Pace, answers: &[Option<&'static str>]) -> Outcome<()> {
        let mut aws = ByRules::with_pace(pace, answers.iter().map(|refusal| deletion(*refusal)));
        let deleted = delete_log_group(&aws.account, &LogGroupFound { name: "a".into(), made: 0 }).await;
        aws.told();
        deleted
    }

    #[tokio::test]
    async fn a_log_group_that_somebody_changes_is_deleted_when_they_are_done() {
        let busy = Some("OperationAbortedException");
        check(Pace::of_test(), &[busy, busy, None]).await.unwrap();
        // Another process was faster.
        check(Pace::of_test(), &[busy, Some("ResourceNotFoundException")]).await.unwrap();
    }

    #[tokio::test]
    async fn a_log_group_that_is_never_free_is_told() {
        let pace = Pace { busy: Duration::ZERO, ..Pace::of_test() };
        let error = check(pace, &[Some("OperationAbortedException")]).await.unwrap_err();
        assert_eq!(error.code(), Some("OperationAbortedException"));
        let error = check(Pace::of_test(), &[Some("AccessDeniedException")]).await.unwrap_err();
        assert_eq!(error.code(), Some("AccessDeniedException"));
    }
}
