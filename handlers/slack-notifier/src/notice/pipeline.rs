//! Changes of state of CodePipeline: of an execution, a stage or an action.
//!
//! Source: AWS CodePipeline user guide, "Monitoring CodePipeline events".

use super::event::Event;
use super::{Context, Notice, Object, Severity, seen_string, string};
use crate::arn::partition_of;
use crate::console::{self, Link};
use serde_json::Value;

pub(super) fn read(event: &Event, context: &Context) -> Option<Notice> {
    let detail = event.detail.as_object().filter(|_| event.source == "aws.codepipeline")?;
    let (pipeline, state) = (string(detail, "pipeline")?, string(detail, "state")?);
    let (stage, action) = (string(detail, "stage"), string(detail, "action"));
    let place: Vec<&str> = [Some(pipeline), stage, action].into_iter().flatten().collect();
    let place = place.join(" / ");
    let kind = detail.get("type").and_then(Value::as_object);

    let is_approval = kind.and_then(|kind| string(kind, "category")) == Some("Approval");
    let mut notice = match state {
        "STARTED" if is_approval => Notice::new("pipeline", Severity::Warning, format!("Approval needed: {place}")),
        _ => Notice::new("pipeline", severity_of(state), format!("{state}: {place}")),
    };
    notice.text = reason(detail, event.more);
    notice.add("Action", kind.and_then(provider));
    notice.add("Trigger", detail.get("execution-trigger").and_then(Value::as_object).and_then(trigger));
    notice.add("Error", detail.get("execution-result").and_then(|result| seen_string(&result["error-code"])));
    notice.add("Execution", string(detail, "execution-id"));
    notice.link = link(event, pipeline, string(detail, "execution-id"));
    notice.footer = event.footer(context);
    Some(notice)
}

fn severity_of(state: &str) -> Severity {
    match state {
        "FAILED" => Severity::Bad,
        "SUCCEEDED" => Severity::Good,
        "STARTED" | "RESUMED" => Severity::Ongoing,
        "STOPPING" | "STOPPED" | "CANCELED" | "ABANDONED" => Severity::Warning,
        _ => Severity::Neutral,
    }
}

/// For example `Build by CodeBuild`.
fn provider(kind: &Object) -> Option<String> {
    match (string(kind, "category"), string(kind, "provider")) {
        (Some(category), Some(provider)) => Some(format!("{category} by {provider}")),
        (category, provider) => category.or(provider).map(str::to_owned),
    }
}

/// For example `Webhook: main`; the detail may be an ARN.
fn trigger(trigger: &Object) -> Option<String> {
    let kind = string(trigger, "trigger-type")?;
    Some(match string(trigger, "trigger-detail") {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind.to_owned(),
    })
}

/// What went wrong, wherever it is said; an action that was asked to fail says it in its summary.
fn reason(detail: &Object, more: Option<&Object>) -> Option<String> {
    let summary = detail.get("execution-result").and_then(|result| seen_string(&result["external-execution-summary"]));
    let more_of = |name| more.and_then(|more| string(more, name));
    let mut lines: Vec<String> = [summary, more_of("additionalInformation"), more_of("customData")]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let failed = more.and_then(|more| more.get("failedActions")).and_then(Value::as_array);
    lines.extend(failed.into_iter().flatten().filter_map(|failed| {
        match (seen_string(&failed["action"]), seen_string(&failed["additionalInformation"])) {
            (Some(action), Some(why)) => Some(format!("{action}: {why}")),
            (action, why) => action.or(why).map(str::to_owned),
        }
    }));
    lines.dedup();
    Some(lines.join("\n")).filter(|text| !text.is_empty())
}

fn link(event: &Event, pipeline: &str, execution: Option<&str>) -> Option<Link> {
    match event.resource("codepipeline") {
        Some(arn) => console::pipeline(arn.partition, arn.region, pipeline, execution),
        None => {
            let region = event.region?;
            console::pipeline(partition_of(region), region, pipeline, execution)
        }
    }
}
