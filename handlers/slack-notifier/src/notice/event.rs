//! Events of EventBridge, and the notification rules of the developer tools, which write alike.
//!
//! Source: Amazon EventBridge user guide, "Event structure"; Developer Tools console user guide, "Understanding
//! notification contents and security", whose rules write `detailType` and add attributes of their own.

use super::place::Whole;
use super::{Context, Notice, known, severity};
use crate::arn::{Arn, partition_of};
use crate::blocks::CODE_ROOM;
use crate::json::{self, Json};

/// Members of a detail that say how an event of an unknown kind stands, the most telling first.
const STATES: [&str; 3] = ["severity", "state", "status"];

/// The envelope of an event.
pub(super) struct Event<'m> {
    pub(super) whole: Whole<'m>,
    pub(super) detail_type: &'m str,
    pub(super) source: &'m str,
    pub(super) region: Option<&'m str>,
    pub(super) account: Option<&'m str>,
    pub(super) time: Option<&'m str>,
    pub(super) resources: Vec<&'m str>,
    pub(super) detail: &'m Json<'m>,
    /// What a notification rule adds to the event.
    pub(super) more: &'m Json<'m>,
}

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    let event = of(object)?;
    Some(known::read_event(&event, context).unwrap_or_else(|| any(&event, context)))
}

/// The event in a message, if there is one.
pub(super) fn of<'m>(object: &'m Json<'m>) -> Option<Event<'m>> {
    let detail = object.get("detail")?;
    Some(Event {
        whole: Whole { outside: object, body: detail },
        detail_type: object["detail-type"].seen().or_else(|| object["detailType"].seen())?,
        source: object["source"].seen()?,
        region: object["region"].seen(),
        account: object["account"].seen(),
        time: object["time"].seen(),
        resources: object["resources"].items().iter().filter_map(Json::seen).collect(),
        detail,
        more: &object["additionalAttributes"],
    })
}

impl Event<'_> {
    /// The first resource of this service.
    pub(super) fn resource(&self, service: &str) -> Option<Arn<'_>> {
        self.resources.iter().find_map(|text| Arn::regional(text, service))
    }

    /// The partition of its resources, or else of its region.
    pub(super) fn partition(&self) -> &str {
        let of_resource = self.resources.iter().copied().find_map(Arn::parse).map(|arn| arn.partition);
        of_resource.unwrap_or_else(|| self.region.map_or("aws", partition_of))
    }

    pub(super) fn footer(&self, context: &Context) -> Vec<String> {
        context.footer(self.region, self.account, self.time)
    }
}

/// An event of a kind that is not in the table.
fn any(event: &Event, context: &Context) -> Notice {
    let state = STATES.iter().find_map(|name| event.detail[name].seen());
    let title = state.map_or_else(|| event.detail_type.to_owned(), |state| format!("{}: {state}", event.detail_type));
    let mut notice = Notice::new("event", state.map_or(super::Severity::Neutral, severity::of), title);
    notice.add("Source", Some(event.source));
    notice.add("Resources", Some(event.resources.join("\n")));
    notice.code = Some(json::shown(event.detail, CODE_ROOM));
    notice.footer = event.footer(context);
    notice
}
