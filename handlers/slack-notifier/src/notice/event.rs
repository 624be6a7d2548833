//! Events of EventBridge, and the notification rules of the developer tools, which write alike.
//!
//! Source: Amazon EventBridge user guide, "Event structure".

use super::{Context, Notice, Object, Severity, pipeline, plain, seen_string, storage, string};
use crate::arn::Arn;
use serde_json::Value;

/// The envelope of an event.
pub(super) struct Event<'a> {
    pub(super) detail_type: &'a str,
    pub(super) source: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) time: Option<&'a str>,
    pub(super) resources: Vec<&'a str>,
    pub(super) detail: &'a Value,
    /// What a notification rule adds to the event.
    pub(super) more: Option<&'a Object>,
}

pub(super) fn read(object: &Object, context: &Context) -> Option<Notice> {
    let resources = object.get("resources").and_then(Value::as_array);
    let event = Event {
        detail_type: string(object, "detail-type").or_else(|| string(object, "detailType"))?,
        source: string(object, "source")?,
        region: string(object, "region"),
        account: string(object, "account"),
        time: string(object, "time"),
        resources: resources.into_iter().flatten().filter_map(seen_string).collect(),
        detail: object.get("detail")?,
        more: object.get("additionalAttributes").and_then(Value::as_object),
    };
    let known = pipeline::read(&event, context).or_else(|| storage::read_event(&event, context));
    Some(known.unwrap_or_else(|| any(&event, context)))
}

impl Event<'_> {
    /// The first resource of this service.
    pub(super) fn resource(&self, service: &str) -> Option<Arn<'_>> {
        self.resources.iter().find_map(|text| Arn::regional(text, service))
    }

    pub(super) fn footer(&self, context: &Context) -> Vec<String> {
        context.footer(self.region, self.account, self.time)
    }
}

fn any(event: &Event, context: &Context) -> Notice {
    let mut notice = Notice::new("event", Severity::Neutral, event.detail_type);
    notice.add("Source", Some(event.source));
    notice.add("Resources", Some(event.resources.join("\n")));
    notice.code = Some(plain::pretty(event.detail));
    notice.footer = event.footer(context);
    notice
}
