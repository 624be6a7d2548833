//! Custom notifications, as programs write them for AWS's own chat service.
//!
//! Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications", event schema. The
//! service would format title and description; here they are texts of other people like all others.

use super::{Context, Notice, Severity, severity};
use crate::json::Json;

/// What programs call a severity in the additional context, the most telling first.
const STATES: [&str; 5] = ["severity", "level", "priority", "state", "status"];

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    let (content, metadata) = (object.get("content")?, &object["metadata"]);
    if object["source"].seen() != Some("custom") {
        return None;
    }
    let (title, description) = (content["title"].seen(), content["description"].seen());
    title.or(description)?;
    let summary = metadata["summary"].seen();
    let mut notice =
        Notice::new("custom", severity_of(content, metadata), title.or(summary).unwrap_or(context.title()));
    let steps = content["nextSteps"].items().iter().filter_map(Json::words);
    let steps: Vec<String> = steps.enumerate().map(|(n, step)| format!("{}. {step}", n + 1)).collect();
    let steps = (!steps.is_empty()).then(|| format!("Next steps\n{}", steps.join("\n")));
    let text: Vec<String> = [description.map(str::to_owned), steps].into_iter().flatten().collect();
    notice.text = Some(text.join("\n\n")).filter(|text| !text.is_empty());

    notice.add("Summary", summary.filter(|summary| Some(*summary) != title));
    notice.add("Event", metadata["eventType"].seen());
    notice.add("Resources", metadata["relatedResources"].words());
    for (name, value) in metadata["additionalContext"].members() {
        notice.add(&name.said, value.words());
    }
    let keywords = content["keywords"].words().map(|keywords| keywords.replace('\n', ", "));
    notice.add("Keywords", keywords);
    notice.footer = context.footer(None, None, None);
    Some(notice)
}

/// The format has no severity: what the additional context calls one counts, then the keywords, then the title.
fn severity_of(content: &Json, metadata: &Json) -> Severity {
    let more = &metadata["additionalContext"];
    let said = STATES.iter().filter_map(|name| more[name].seen()).map(severity::of);
    let of_keywords = severity::worst_of(content["keywords"].items().iter().filter_map(Json::seen));
    let of_title =
        severity::worst_of(content["title"].seen().unwrap_or_default().split(|c: char| !c.is_alphanumeric()));
    let all = said.chain([of_keywords, of_title]);
    all.into_iter().find(|severity| *severity != Severity::Neutral).unwrap_or(Severity::Neutral)
}
