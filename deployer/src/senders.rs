//! Lists of senders that a SaaS publishes, fetched before anything changes.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::{Reporter, counted};
use crate::web::{loopback_client, web_client};
use aws_sdk_cloudformation::types::TemplateStage;
use contracts::SettingValue;
use serde_json::Value as Json;
use stacks::{SenderList, Stack, Stage};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the list may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// The longest list that is read, in bytes; the known ones have less than one thousand.
const LIST_LIMIT: usize = 1024 * 1024;

/// The stage with every list of senders that its stacks name, as it is published now.
///
/// Fails if a list cannot be had, for a list of yesterday might shut the SaaS out. Nothing has changed then.
pub async fn fetch_senders(
    account: &Account,
    stage: &Stage,
    stacks: &[Stack],
    reporter: &Reporter,
) -> Outcome<Option<Stage>> {
    let mut fetched = None;
    for list in stacks.iter().filter_map(Stack::sender_list) {
        let refused = |what: String| Error::Lookup {
            what: format!("{}: the list of senders of {}: {what}", stage.place_of(&list.setting), list.saas.name),
            hint: format!("check {} and try again later, or list the addresses in the stage file", list.url),
        };
        let text = fetch(account, list, reporter).await.map_err(refused)?;
        let ranges = list.read(&text).map_err(|what| refused(format!("{what}; it was not used")))?;
        fetched = Some(fetched.as_ref().unwrap_or(stage).with_senders(list, &ranges));
    }
    Ok(fetched)
}

/// Reports what is new in the lists of senders since the stacks were deployed; what is unchanged is not read again.
pub async fn note_senders(
    account: &Account,
    stacks: &[Stack],
    is_unchanged: impl Fn(&Stack) -> bool,
    reporter: &Reporter,
) -> Outcome<()> {
    for (stack, list) in stacks.iter().filter_map(|stack| Some((stack, stack.sender_list()?))) {
        let now = senders_in(&stack.template());
        let before = match is_unchanged(stack) {
            true => now.clone(),
            false => deployed_senders(account, stack).await?,
        };
        reporter.note(format!("{}: {}", stack.name(), difference(list.saas.name, &now, &before)));
    }
    Ok(())
}

/// What is published, from the SaaS or from its stand-in.
async fn fetch(account: &Account, list: SenderList, reporter: &Reporter) -> Result<String, String> {
    let published = reqwest::Url::parse(list.url).map_err(|error| error.to_string())?;
    let (client, url) = match &account.local {
        Some(local) => {
            let origin = local.origin_of(list.saas).map_err(|error| error.to_string())?;
            (loopback_client(), format!("{}{}", origin.render(), published.path()))
        }
        None => (web_client(account.trust()), published.to_string()),
    };
    let client = client.map_err(|error| error.to_string())?;
    let _wait = reporter.wait(format!("{} to answer with its list of senders", list.saas.name));
    let unreachable = |error: reqwest::Error| format!("it cannot be fetched: {}", error.without_url());
    let mut answer = client.get(url).timeout(ANSWER_LIMIT).send().await.map_err(unreachable)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(format!("the answer is {}", answer.status().as_u16()));
    }
    let mut text = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(unreachable)? {
        text.extend_from_slice(&bytes);
        if text.len() > LIST_LIMIT {
            return Err("it is longer than any list of addresses".into());
        }
    }
    String::from_utf8(text).map_err(|_| "it is not UTF-8".into())
}

/// The ranges that the deployed stack lets call; none of one that is not there or lets everyone.
async fn deployed_senders(account: &Account, stack: &Stack) -> Outcome<BTreeSet<String>> {
    let Some(there) = account.find_stack(&stack.full_stack_name()).await? else { return Ok(BTreeSet::new()) };
    let call = account.cloudformation.get_template().stack_name(&there.id).template_stage(TemplateStage::Original);
    let template = call.send().await.map_err(Error::aws("cloudformation:GetTemplate"))?;
    Ok(senders_in(template.template_body().unwrap_or_default()))
}

/// The ranges to which the policy of an API is bound.
fn senders_in(template: &str) -> BTreeSet<String> {
    let template: Json = serde_yaml::from_str(template).unwrap_or(Json::Null);
    let policy = &template["Resources"]["Api"]["Properties"]["Policy"];
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let ranges = statements.filter_map(|statement| statement["Condition"]["NotIpAddress"]["aws:SourceIp"].as_array());
    ranges.flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// What a list has that the deployed stack has not, and the other way round.
fn difference(saas: &str, now: &BTreeSet<String>, before: &BTreeSet<String>) -> String {
    let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let published = format!("{saas} publishes {} of senders", counted(now.len(), "range"));
    let (added, removed) = (list(now, before), list(before, now));
    match (added.as_str(), removed.as_str()) {
        ("", "") => format!("{published}, as when this was deployed"),
        (added, "") => format!("{published}; new: {added}"),
        ("", removed) => format!("{published}; removed: {removed}"),
        (added, removed) => format!("{published}; new: {added}; removed: {removed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_said_in_both_directions() {
        let now = BTreeSet::from(["192.0.2.0/28", "198.51.100.9/32"].map(str::to_owned));
        for (before, expected) in [
            (vec![], "M publishes 2 ranges of senders; new: 192.0.2.0/28, 198.51.100.9/32"),
            (vec!["192.0.2.0/28", "198.51.100.9/32"], "M publishes 2 ranges of senders, as when this was deployed"),
            (vec!["192.0.2.0/28"], "M publishes 2 ranges of senders; new: 198.51.100.9/32"),
            (
                vec!["192.0.2.0/28", "198.51.100.9/32", "203.0.113.1/32"],
                "M publishes 2 ranges of senders; removed: 203.0.113.1/32",
            ),
            (
                vec!["192.0.2.0/28", "203.0.113.1/32"],
                "M publishes 2 ranges of senders; new: 198.51.100.9/32; removed: 203.0.113.1/32",
            ),
        ] {
            let before = before.into_iter().map(str::to_owned).collect();
            assert_eq!(difference("M", &now, &before), expected);
        }
    }

    #[test]
    fn the_senders_of_a_template_are_those_of_its_api() {
        let stage = "region: eu-west-1\nbacklog: {host: a.example.com, project: SUB}\nmackerel_incidents: \
                     {issue: {type: a, priority: b}, allowed_senders: mackerel}\n";
        let name = stacks::StageName::try_from("prod".to_owned()).unwrap();
        let stage = Stage::parse(name, stage).unwrap();
        let senders = |stage: &Stage| senders_in(&stacks::all(stage)[0].template());
        // No sender, until the list is fetched.
        assert_eq!(senders(&stage), BTreeSet::from(["192.0.2.0/32".to_owned()]));
        let list = stacks::all(&stage)[0].sender_list().unwrap();
        let ranges = list.read(r#"{"outgoing":["198.51.100.9/32"]}"#).unwrap();
        let stage = stage.with_senders(list, &ranges);
        assert_eq!(senders(&stage), BTreeSet::from(["198.51.100.9/32".to_owned()]));
        assert_eq!(senders_in("Resources: {}"), BTreeSet::new());
    }
}
