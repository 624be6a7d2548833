//! The envelope of an event of EventBridge, and of the notification rules of the developer tools, which write alike.
//!
//! Source: Amazon EventBridge user guide, "Event structure"; Developer Tools console user guide, "Understanding
//! notification contents and security", whose rules write `detailType` and add attributes of their own.

use super::Context;
use super::place::Whole;
use crate::arn::{Arn, partition_of};
use crate::json::Json;

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
