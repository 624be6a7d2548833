//! Settings of an account that do not stop a deployment but make its functions fail later.

use crate::account::Account;
use crate::error::Error;
use futures_util::future::join_all;
use stacks::Stack;

/// With a lower concurrency limit than this, Lambda throttles functions under load.
///
/// The consumers of all stacks together run at most a dozen; functions behind an API come on top.
const ENOUGH_AT_ONCE: i32 = 50;

/// What a person should know before the stacks are deployed; each is a sentence with the next step.
pub async fn find_account_warnings(account: &Account, stacks: &[Stack]) -> Vec<String> {
    let mut warnings = Vec::new();
    if stacks.iter().any(|stack| !stack.functions().is_empty()) {
        warnings.extend(concurrency(account).await);
    }
    warnings.extend(join_all(stacks.iter().map(|stack| topics(account, stack))).await.into_iter().flatten());
    warnings
}

/// Source: Lambda API reference, GetAccountSettings; Lambda developer guide, "Lambda quotas": new accounts
/// have less than 1,000 concurrent executions.
async fn concurrency(account: &Account) -> Option<String> {
    let answer = account.lambda.get_account_settings().send().await.map_err(Error::aws("lambda:GetAccountSettings"));
    match answer {
        Ok(answer) => {
            let limit = answer.account_limit()?;
            let unreserved = limit.unreserved_concurrent_executions().unwrap_or(limit.concurrent_executions());
            too_few(unreserved, &account.id, &account.region)
        }
        Err(error) => Some(format!("cannot read how many functions the account can run at once: {error}")),
    }
}

fn too_few(at_once: i32, account: &str, region: &str) -> Option<String> {
    (at_once < ENOUGH_AT_ONCE).then(|| {
        format!(
            "account {account} can run {at_once} functions at once in {region}: under load Lambda throttles the receivers, the API answers 5xx, and webhooks that their sender does not retry are lost. Ask for 1,000: aws service-quotas request-service-quota-increase --region {region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
        )
    })
}

/// Topics that the stack subscribes to and that cannot be read with these credentials.
async fn topics(account: &Account, stack: &Stack) -> Vec<String> {
    let mut warnings = Vec::new();
    for topic in stack.existing_topics() {
        let region = (topic.region().as_str() != account.region).then(|| account.in_region(topic.region().as_str()));
        let sns = region.as_ref().map_or(&account.sns, |account| &account.sns);
        let answer = sns.get_topic_attributes().topic_arn(topic.as_str()).send().await;
        if let Err(error) = answer.map_err(Error::aws("sns:GetTopicAttributes")) {
            let (name, place) = (stack.name(), topic.as_str());
            let owner = topic.account().as_str();
            let next = match owner == account.id {
                true => "check its name and region, and whether the credentials may read it".to_owned(),
                false => format!(
                    "it belongs to account {}, whose owner has to allow account {} in the topic's policy: sns:Subscribe for the deployment, sns:GetTopicAttributes for this check, sns:Publish for `publish-test-event`",
                    owner, account.id
                ),
            };
            warnings.push(format!("{name}: the topic {place} cannot be read: {error}; {next}"));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_executions_at_once_are_told_with_the_way_to_more() {
        let text = too_few(10, "111122223333", "ap-northeast-1").unwrap();
        for words in ["can run 10 functions at once in ap-northeast-1", "throttles", "--quota-code L-B99A9384"] {
            assert!(text.contains(words), "`{words}` is missing in: {text}");
        }
        assert_eq!(too_few(ENOUGH_AT_ONCE, "1", "r"), None);
        assert_eq!(too_few(1000, "1", "r"), None);
    }
}
