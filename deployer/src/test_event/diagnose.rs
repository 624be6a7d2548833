//! The likely cause of a hop that broke, from what the account says about it.

mod advice;

use crate::account::Account;
use crate::error::Error;
use crate::statement::list;
use aws_sdk_lambda::types::{EventSourceMappingConfiguration, State};
use aws_sdk_sqs::types::QueueAttributeName;
use contracts::trace::{Cause, Trace};
use serde_json::Value as Json;
use stacks::Stack;

/// Why the endpoint did not accept the event.
pub(super) async fn of_answer(account: &Account, stack: &Stack, function: &str, status: u16) -> String {
    match status {
        0 => "the endpoint cannot be reached; check the network, or start the local stage with `cargo xtask deploy`".into(),
        401 if stack.registrations().iter().any(|registration| registration.signing.is_some()) => {
            "the signature was not made with the secret's value, or this machine's clock is wrong; the function may hold an older value for a minute: try again, then deploy again".into()
        }
        401 => "the token in the URL is not the secret's value; the function may hold an older one for a minute: try again, then deploy again".into(),
        403 => match admits_only_some(account, stack).await {
            true => "the API admits only the addresses in `allowed_senders` of the stage file, and this machine's is not one of them".into(),
            false => "API Gateway refused the request; its stage or its permission to invoke the function is missing: deploy again".into(),
        },
        404 => "the endpoint does not exist; deploy again".into(),
        429 => "the API's throttling limit is reached: wait a moment; or a form has reached its `daily_limit`".into(),
        200 => "the endpoint ignores this event, and its answer says why; give another one with `--file`".into(),
        400 | 413 | 415 => "the endpoint does not accept the event; its answer says why".into(),
        _ => match function_problem(account, stack, function).await {
            Some(problem) => problem,
            None => "the function failed; its log says why".into(),
        },
    }
}

/// Why nothing was delivered from the queue.
pub(super) async fn of_silence(account: &Account, stack: &Stack, function: &str) -> String {
    if let Some(problem) = function_problem(account, stack, function).await {
        return problem;
    }
    let name = format!("{}-{function}", stack.full_stack_name());
    let mappings = account.lambda.list_event_source_mappings().function_name(&name).into_paginator().items().send();
    let mappings = match mappings.try_collect().await.map_err(Error::aws("lambda:ListEventSourceMappings")) {
        Ok(mappings) => mappings,
        Err(error) => return format!("nothing was delivered, and the cause cannot be read: {error}"),
    };
    // One that works would have delivered: another one is the reason, if there are two.
    let is_off = |mapping: &&EventSourceMappingConfiguration| mapping.state() != Some("Enabled");
    let Some(mapping) = mappings.iter().find(is_off).or(mappings.first()) else {
        return format!("nothing feeds `{function}`: its event source mapping no longer exists; deploy again");
    };
    let state = mapping.state().unwrap_or_default();
    if state != "Enabled" {
        return format!("the event source mapping of `{function}` is {state}; enable it, or deploy again");
    }
    let waiting = match mapping.event_source_arn() {
        Some(arn) => waiting_messages(account, arn).await,
        None => None,
    };
    match waiting {
        Some(n) => format!(
            "the event source mapping is enabled and {n} messages wait or are in flight; the function may be throttled"
        ),
        None => {
            "the event source mapping is enabled and the message is in flight; check again in a moment with `cargo xtask local logs`"
                .into()
        }
    }
}

/// Why a function that began does not end, from the last line of its log that reports a problem.
pub(super) fn of_unended(function: &str, problem: Option<&str>) -> String {
    match problem {
        Some(problem) => format!(
            "`{function}` was ended before its work was done, and the message goes back to the queue: {}",
            problem.trim()
        ),
        None => format!("`{function}` is still running, or waits for a service that does not answer; try again"),
    }
}

/// Why a function could not do its work, from the cause that it logged.
pub(super) async fn of_failure(account: &Account, stack: &Stack, function: &str, cause: &Cause) -> String {
    match cause {
        Cause::AccessDenied { action } => denied(account, stack, function, action).await,
        cause => advice::of_cause(stack, cause),
    }
}

/// Why an event had no effect, although the function succeeded.
pub(super) fn of_nothing(stack: &Stack, trace: &Trace) -> String {
    advice::of_nothing(stack, trace)
}

/// Which policy denies an action: the role's own, or another one.
async fn denied(account: &Account, stack: &Stack, function: &str, action: &str) -> String {
    let role = account.physical_id(&stack.full_stack_name(), &format!("{function}Role")).await.ok().flatten();
    let Some(role) = role else {
        return format!("the function's role no longer exists, so `{action}` is not allowed; deploy again");
    };
    match is_granted(account, &role, action).await {
        Some(true) => format!(
            "the role allows `{action}`, though perhaps not on that resource; if it does, a policy of the resource denies it"
        ),
        Some(false) => format!(
            "the role does not allow `{action}`; the contract lacks a link, or the role was changed by hand: deploy again"
        ),
        None => format!("cannot check whether the role allows `{action}`; ask someone who may read the role `{role}`"),
    }
}

/// Whether a statement in a role's own policies allows the action; `None` if they cannot be read.
///
/// A simulation would need the resource, which the error does not name.
async fn is_granted(account: &Account, role: &str, action: &str) -> Option<bool> {
    let names = account.iam.list_role_policies().role_name(role).into_paginator().items().send();
    for name in names.try_collect().await.ok()? {
        let policy = account.iam.get_role_policy().role_name(role).policy_name(name).send().await.ok()?;
        if does_allow(&document(policy.policy_document())?, action) {
            return Some(true);
        }
    }
    Some(false)
}

/// A policy document as IAM answers it.
///
/// Source: IAM API reference, GetRolePolicy: it is URL-encoded.
fn document(text: &str) -> Option<Json> {
    let decoded = || form_urlencoded::parse(text.as_bytes()).next().map(|(decoded, _)| decoded.into_owned());
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&decoded()?).ok())
}

/// Whether a statement of a policy document allows an action, on whatever resource.
fn does_allow(document: &Json, action: &str) -> bool {
    let action = action.to_lowercase();
    list(&document["Statement"])
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| list(&statement["Action"]))
        .filter_map(|allowed| Some(allowed.as_str()?.to_lowercase()))
        .any(|allowed| match allowed.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => action == allowed,
        })
}

/// Whether the API refuses other addresses than those of a list; every API has a policy, which may admit everyone.
async fn admits_only_some(account: &Account, stack: &Stack) -> bool {
    let Ok(Some(api)) = account.physical_id(&stack.full_stack_name(), "Api").await else { return false };
    let answer = account.api_gateway.get_rest_api().rest_api_id(api).send().await;
    answer.is_ok_and(|api| api.policy().is_some_and(|policy| policy.contains("NotIpAddress")))
}

async fn function_problem(account: &Account, stack: &Stack, function: &str) -> Option<String> {
    let name = format!("{}-{function}", stack.full_stack_name());
    let answer = account.lambda.get_function_configuration().function_name(name).send().await;
    let configuration = match answer.map_err(Error::aws("lambda:GetFunctionConfiguration")) {
        Ok(configuration) => configuration,
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            return Some(format!("function `{function}` does not exist; deploy again"));
        }
        // What may not be read says nothing about the function.
        Err(_) => return None,
    };
    let state = configuration.state()?;
    matches!(state, State::Failed | State::Inactive).then(|| {
        format!("function `{function}` is {state}: {}", configuration.state_reason().unwrap_or("no reason given"))
    })
}

async fn waiting_messages(account: &Account, queue_arn: &str) -> Option<u64> {
    let name = queue_arn.rsplit(':').next()?;
    let url = account.sqs.get_queue_url().queue_name(name).send().await.ok()?;
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let answer = account
        .sqs
        .get_queue_attributes()
        .queue_url(url.queue_url()?)
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .ok()?;
    let attributes = answer.attributes()?;
    Some(names.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_iam_gives_it() {
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22s3%3APutObject%22%2C%22sqs%3A%2A%22%5D%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa%2F%2A%22%7D%5D%7D";
        let plain = r#"{"Statement": {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}}"#;
        for (text, action, expected) in [
            (encoded, "s3:PutObject", true),
            (encoded, "S3:putobject", true),
            (encoded, "sqs:SendMessage", true),
            (encoded, "s3:GetObject", false),
            (plain, "s3:PutObject", false),
        ] {
            assert_eq!(does_allow(&document(text).unwrap(), action), expected, "{action} in {text}");
        }
        assert_eq!(document("no policy"), None);
    }
}
