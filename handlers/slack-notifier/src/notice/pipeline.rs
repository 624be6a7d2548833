//! Changes of state of CodePipeline: of an execution, a stage or an action.
//!
//! Source: AWS CodePipeline user guide, "Monitoring CodePipeline events".

use super::envelope::Event;
use super::{Context, Notice, Severity};
use crate::arn::partition_of;
use crate::console::{self, Link};
use crate::json::Json;

pub(super) fn read(event: &Event, context: &Context) -> Option<Notice> {
    let detail = event.detail;
    let (pipeline, state) = (detail["pipeline"].seen()?, detail["state"].seen()?);
    let (stage, action) = (detail["stage"].seen(), detail["action"].seen());
    let place: Vec<&str> = [Some(pipeline), stage, action].into_iter().flatten().collect();
    let place = place.join(" / ");
    let kind = &detail["type"];

    let is_approval = kind["category"].seen() == Some("Approval");
    let mut notice = match state {
        "STARTED" if is_approval => Notice::new("pipeline", Severity::Warning, format!("Approval needed: {place}")),
        _ => Notice::new("pipeline", severity_of(state), format!("{state}: {place}")),
    };
    notice.text = reason(detail, event.more);
    notice.add("Action", provider(kind));
    notice.add("Trigger", trigger(&detail["execution-trigger"]));
    notice.add("Error", detail["execution-result"]["error-code"].seen());
    notice.add("Execution", detail["execution-id"].seen());
    notice.link = link(event, pipeline, detail["execution-id"].seen());
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
fn provider(kind: &Json) -> Option<String> {
    match (kind["category"].seen(), kind["provider"].seen()) {
        (Some(category), Some(provider)) => Some(format!("{category} by {provider}")),
        (category, provider) => category.or(provider).map(str::to_owned),
    }
}

/// For example `Webhook: main`; the detail may be an ARN.
fn trigger(trigger: &Json) -> Option<String> {
    let kind = trigger["trigger-type"].seen()?;
    Some(match trigger["trigger-detail"].seen() {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind.to_owned(),
    })
}

/// What went wrong, wherever it is said; an action that was asked to fail says it in its summary.
fn reason(detail: &Json, more: &Json) -> Option<String> {
    let summary = detail["execution-result"]["external-execution-summary"].seen();
    let said = [summary, more["additionalInformation"].seen(), more["customData"].seen()];
    let mut lines: Vec<String> = said.into_iter().flatten().map(str::to_owned).collect();
    lines.extend(more["failedActions"].items().iter().filter_map(|failed| {
        match (failed["action"].seen(), failed["additionalInformation"].seen()) {
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
