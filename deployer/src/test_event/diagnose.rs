//! The likely cause of a hop that broke, from what the account says about it.

use crate::account::Account;
use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use aws_sdk_sqs::types::QueueAttributeName;
use stacks::Stack;

/// Why the endpoint did not accept the event.
pub(super) async fn of_answer(account: &Account, stack: &Stack, function: &str, status: u16) -> String {
    match status {
        0 => "the endpoint cannot be reached; check the network, or start the local stage with `cargo xtask deploy`".into(),
        401 => "the token in the URL is not the secret's value; the function may still hold an older one: deploy again".into(),
        403 => match has_resource_policy(account, stack).await {
            true => "the API admits only the addresses in `allowed_senders` of the stage file, and this machine's is none of them".into(),
            false => "API Gateway refuses the request; the stage or the permission to call the function is missing: deploy again".into(),
        },
        404 => "there is no such endpoint; deploy again".into(),
        429 => "the API's throttling limit is reached; wait a moment".into(),
        400 | 413 | 415 => "the event is not what the endpoint takes; the answer says why".into(),
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
    let mappings = account.lambda.list_event_source_mappings().function_name(&name).send().await;
    let Ok(mappings) = mappings else { return "the feed of the function cannot be read".into() };
    let Some(mapping) = mappings.event_source_mappings().first() else {
        return format!("nothing feeds `{function}`: its event source mapping is gone; deploy again");
    };
    let state = mapping.state().unwrap_or_default();
    if state != "Enabled" {
        return format!("the feed of `{function}` is {state}; enable it, or deploy again");
    }
    let waiting = match mapping.event_source_arn() {
        Some(arn) => waiting_messages(account, arn).await,
        None => None,
    };
    match waiting {
        Some(n) => format!("the feed is enabled and {n} messages wait or are under way; the function may be throttled"),
        None => {
            "the feed is enabled and the message is under way; look again in a moment with `cargo xtask local logs`"
                .into()
        }
    }
}

/// Why a function could not do its work, from the reason that it logged.
pub(super) async fn of_failure(account: &Account, stack: &Stack, function: &str, reason: &str) -> String {
    let action = reason.split(' ').next().filter(|word| word.contains(':') && word.split(':').count() == 2);
    if let (true, Some(action)) = (reason.contains("AccessDenied"), action) {
        return denied(account, stack, function, action).await;
    }
    if reason.contains("no longer in Backlog") || reason.contains("404") {
        return "the file of the event is not in Backlog".into();
    }
    if reason.contains("refuses the API key") {
        return "give a valid key: BACKLOG_API_KEY=… cargo xtask deploy".into();
    }
    "the log line says what the function met".into()
}

/// Which policy denies an action: the role's own, or another one.
async fn denied(account: &Account, stack: &Stack, function: &str, action: &str) -> String {
    let role = account.physical_id(&stack.full_stack_name(), &format!("{function}Role")).await.ok().flatten();
    let Some(role) = role else { return format!("the function's role is gone, and `{action}` with it; deploy again") };
    let arn = format!("arn:aws:iam::{}:role/{role}", account.id);
    let simulated = account.iam.simulate_principal_policy().policy_source_arn(arn).action_names(action).send().await;
    let decision = simulated.ok().and_then(|answer| Some(answer.evaluation_results?.first()?.eval_decision().clone()));
    match decision {
        Some(PolicyEvaluationDecisionType::Allowed) => {
            format!("the role allows `{action}`, so a policy of the resource denies it")
        }
        _ => format!(
            "the role does not allow `{action}` on that resource; the contract lacks a link, or the role was changed by hand: deploy again"
        ),
    }
}

async fn has_resource_policy(account: &Account, stack: &Stack) -> bool {
    let Ok(Some(api)) = account.physical_id(&stack.full_stack_name(), "Api").await else { return false };
    let answer = account.api_gateway.get_rest_api().rest_api_id(api).send().await;
    answer.is_ok_and(|api| api.policy().is_some_and(|policy| !policy.is_empty()))
}

async fn function_problem(account: &Account, stack: &Stack, function: &str) -> Option<String> {
    let name = format!("{}-{function}", stack.full_stack_name());
    let answer = account.lambda.get_function_configuration().function_name(name).send().await;
    let Ok(configuration) = answer else { return Some(format!("function `{function}` is not there; deploy again")) };
    let state = configuration.state()?.as_str();
    (state == "Failed" || state == "Inactive").then(|| {
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
