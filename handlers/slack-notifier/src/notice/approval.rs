//! Requests of CodePipeline to approve something by hand.
//!
//! Source: AWS CodePipeline user guide, "JSON data format for manual approval notifications".

use super::{Context, Notice, Severity};
use crate::arn::partition_of;
use crate::console;
use crate::json::Json;

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    let approval = object.get("approval")?;
    let pipeline = approval["pipelineName"].seen()?;
    let title = format!("Approval needed: {pipeline}");
    let mut notice = Notice::new("approval", Severity::Warning, title);
    notice.text = approval["customData"].seen().map(str::to_owned);
    notice.add("Stage", approval["stageName"].seen());
    notice.add("Action", approval["actionName"].seen());
    notice.add("Expires", approval["expires"].seen().map(|time| context.time(time)));
    // A person wrote it in the pipeline's settings: to be read, not to be followed with a click.
    notice.add("To review", approval["externalEntityLink"].seen());

    // The links that come with it are not taken over: anybody who may publish could write them.
    let region = object["region"].seen();
    notice.link = region.and_then(|region| console::pipeline(partition_of(region), region, pipeline, None));
    notice.footer = context.footer(region, None, None);
    Some(notice)
}
