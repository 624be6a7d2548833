//! A test event that was never sent before, and how its issue is recognized.

use super::MackerelEvent;
use crate::Message;
use crate::text::beginning;
use serde_json::Value;

/// How much of the headline the summary of an issue keeps in any case, in characters.
pub const HEADLINE_CHARS: usize = 100;

/// An alert under an id of its own, so that it gets an issue of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestAlert {
    /// The event, as Mackerel would post it.
    pub body: String,
    /// The key of its record.
    pub alert_id: String,
    /// What the summary of its issue begins with.
    pub summary_start: String,
    /// A line that the description of its issue has, and no other.
    pub marker: String,
}

/// The same event as one of the alert with this id.
///
/// Fails if the event is no alert that opens an issue, or if the id is none.
pub fn test_alert(event: &str, id: &str) -> Result<TestAlert, String> {
    let mut event = MackerelEvent::from_body(event).map_err(|error| format!("the event is no object: {error}"))?;
    let old = event.alert().ok_or("the event is no alert")?.map_err(|error| error.to_string())?;
    if old.is_recovery {
        return Err("the event reports a recovery".into());
    }
    if let Some(alert) = event.0.get_mut("alert").and_then(Value::as_object_mut) {
        alert.insert("id".into(), id.into());
        if let Some(page) = old.url.as_deref().and_then(|url| url.strip_suffix(&old.id)) {
            alert.insert("url".into(), format!("{page}{id}").into());
        }
    }
    let new = event.alert().ok_or("the event is no alert")?.map_err(|error| format!("`{id}`: {error}"))?;
    Ok(TestAlert {
        body: Value::Object(event.0).to_string(),
        summary_start: beginning(&new.headline(), HEADLINE_CHARS, |_| 1).to_owned(),
        marker: new.marker(),
        alert_id: new.id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_event_gets_another_id_and_is_else_the_same() {
        let test = test_alert(MackerelEvent::TEST_EVENT, "t-1").unwrap();
        let expected = MackerelEvent::TEST_EVENT
            .replace("\"id\": \"2bj\"", "\"id\": \"t-1\"")
            .replace("/alerts/2bj", "/alerts/t-1");
        assert_eq!(MackerelEvent::from_body(&test.body).unwrap(), MackerelEvent::from_body(&expected).unwrap());
        assert!(!test.body.contains("2bj"));
        assert_eq!(test.summary_start, "critical@app01 - CPU %");
        assert_eq!((test.marker.as_str(), test.alert_id.as_str()), ("Alert ID: t-1", "t-1"));
    }

    #[test]
    fn what_would_open_no_issue_is_refused() {
        let recovery = MackerelEvent::TEST_EVENT.replace("\"critical\"", "\"ok\"");
        for (event, id) in [
            ("[]", "t-1"),
            ("{}", "t-1"),
            (r#"{"event":"sample"}"#, "t-1"),
            (r#"{"event":"alert"}"#, "t-1"),
            (recovery.as_str(), "t-1"),
            (MackerelEvent::TEST_EVENT, ""),
            (MackerelEvent::TEST_EVENT, "a b"),
        ] {
            assert!(test_alert(event, id).is_err(), "{event} {id}");
        }
    }
}
