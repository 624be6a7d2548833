//! The event that a Mackerel webhook posts, before anything is believed about it.

use super::{AlertNotification, NotAnAlert};
use crate::WebhookEvent;
use crate::message::json_message;
use crate::text::beginning;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest name of an event in a log, in characters.
const NAME_CHARS: usize = 100;

/// A webhook event: whatever object it is, for Mackerel adds events and fields at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MackerelEvent(pub Map<String, Value>);

json_message!(MackerelEvent, include_str!("../../events/mackerel-alert.json"));

impl WebhookEvent for MackerelEvent {
    const MEMBER: &'static str = "event";
    const WANTED: &'static [&'static str] = &["\"alert\""];
}

impl MackerelEvent {
    /// The alert that the event reports: `None` for every other event, `Some(Err)` if the event claims to be an
    /// alert but does not describe it.
    ///
    /// The type of the monitor does not matter: Mackerel adds new ones, and their alerts are alerts.
    pub fn alert(&self) -> Option<Result<AlertNotification, NotAnAlert>> {
        self.is("alert").then(|| AlertNotification::read(&self.0))
    }

    /// Whether the event reports a group of alerts, which are then not reported one by one.
    ///
    /// Source: Mackerel help, "Consolidate alerts with Alert groups".
    pub fn is_alert_group(&self) -> bool {
        self.is("alertGroup")
    }

    fn is(&self, name: &str) -> bool {
        self.0.get("event").and_then(Value::as_str) == Some(name)
    }

    /// What the event calls itself, for a log; cut, because it may be anything.
    pub fn name(&self) -> String {
        let part = |field: &str| self.0.get(field).and_then(Value::as_str).unwrap_or("none");
        let name = format!("event `{}` of type `{}`", part("event"), part("type"));
        beginning(&name, NAME_CHARS, |_| 1).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use serde_json::json;

    /// The test event with another value in this place, as the pointer says.
    fn event_with(pointer: &str, value: Value) -> MackerelEvent {
        let mut event: Value = serde_json::from_str(MackerelEvent::TEST_EVENT).unwrap();
        *event.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn any_object_is_an_event_and_nothing_else_is() {
        assert!(MackerelEvent::from_body("{}").unwrap().alert().is_none());
        for body in ["[]", "null", "\"alert\"", "1", ""] {
            assert!(MackerelEvent::from_body(body).is_err(), "{body}");
        }
    }

    #[test]
    fn every_monitor_type_is_an_alert_one_that_nobody_knows_yet_too_and_so_is_none() {
        let known = ["connectivity", "host", "service", "external", "check", "expression", "anomalyDetection", "query"];
        let unknown = [json!("metricRatio"), json!(""), json!(1), json!({}), json!(null)];
        for kind in known.map(Value::from).into_iter().chain(unknown) {
            assert!(event_with("/type", kind.clone()).alert().unwrap().is_ok(), "{kind}");
        }
        let mut event = MackerelEvent::from_body(MackerelEvent::TEST_EVENT).unwrap();
        event.0.remove("type");
        assert!(event.alert().unwrap().is_ok());
    }

    #[test]
    fn other_events_are_none() {
        for name in ["sample", "alertGroup", "hostStatus", "hostRegister", "monitorUpdate", "Alert", ""] {
            assert!(event_with("/event", name.into()).alert().is_none(), "{name}");
        }
        assert!(event_with("/event", json!(1)).alert().is_none());
        assert!(event_with("/event", json!("alertGroup")).is_alert_group());
        assert!(!event_with("/event", json!("alert")).is_alert_group());
    }

    #[test]
    fn an_alert_without_its_id_or_status_is_an_error_not_a_silence() {
        for alert in [json!(null), json!("2bj"), json!([])] {
            let error = event_with("/alert", alert).alert().unwrap().unwrap_err();
            assert_eq!(error.to_string(), "the event has no `alert`");
        }
        for id in [json!(null), json!(""), json!(7), json!("a b"), json!("a\nb"), json!("あ"), json!("x".repeat(129))]
        {
            let mut event = event_with("/alert/id", id.clone());
            event.0["alert"]["url"] = json!("https://mackerel.io/orgs/example/alerts/");
            let error = event.alert().unwrap().unwrap_err();
            assert_eq!(error.to_string(), "`alert.id` is missing or not an id, and `alert.url` holds none", "{id}");
        }
        for status in [json!(null), json!(" "), json!(3)] {
            let error = event_with("/alert/status", status).alert().unwrap().unwrap_err();
            assert_eq!(error.to_string(), "`alert.status` is missing");
        }
    }
}
