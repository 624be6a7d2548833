//! Requests of CodePipeline to approve something by hand.
//!
//! Source: AWS CodePipeline user guide, "JSON data format for manual approval notifications".

use super::{Context, Notice, Object, Severity, string};
use crate::arn::partition_of;
use crate::console;
use serde_json::Value;

pub(super) fn read(object: &Object, context: &Context) -> Option<Notice> {
    let approval = object.get("approval").and_then(Value::as_object)?;
    let pipeline = string(approval, "pipelineName")?;
    let title = format!("Approval needed: {pipeline}");
    let mut notice = Notice::new("approval", Severity::Warning, title);
    notice.text = string(approval, "customData").map(str::to_owned);
    notice.add("Stage", string(approval, "stageName"));
    notice.add("Action", string(approval, "actionName"));
    notice.add("Expires", string(approval, "expires").map(|time| context.time(time)));
    // Whoever configured the pipeline wrote it: to be read, not to be followed with a click.
    notice.add("To review", string(approval, "externalEntityLink"));

    // The links that come with it are not taken over: anybody who may publish could write them.
    let region = string(object, "region");
    notice.link = region.and_then(|region| console::pipeline(partition_of(region), region, pipeline, None));
    notice.footer = context.footer(region, None, None);
    Some(notice)
}
