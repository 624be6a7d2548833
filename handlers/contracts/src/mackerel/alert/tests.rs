//! What is read of an alert; what is refused is in ../event.rs.

use super::super::MackerelEvent;
use super::*;
use crate::Message;
use serde_json::json;

/// The test event with this laid over it; null takes a field away.
fn read(changes: Value) -> AlertNotification {
    let mut event: Value = serde_json::from_str(MackerelEvent::TEST_EVENT).unwrap();
    merge(&mut event, changes);
    let event: MackerelEvent = serde_json::from_value(event).unwrap();
    event.alert().unwrap().unwrap()
}

fn merge(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (field, value) in changes {
                merge(target.entry(field).or_insert(Value::Null), value);
            }
        }
        (target, value) => *target = value,
    }
}

#[test]
fn the_test_event_is_read_whole() {
    let alert = read(json!({}));
    assert_eq!((alert.id.as_str(), alert.status.as_str(), alert.is_recovery), ("2bj", "critical", false));
    assert_eq!(alert.opened_at, Some(1_692_628_521));
    assert_eq!(alert.metric_value.unwrap().to_string(), "96.2");
    assert_eq!(alert.host.unwrap().roles, ["Web: app"]);
    assert_eq!((alert.user, alert.image_url, alert.closed_at), (None, None, None));
}

#[test]
fn an_id_that_is_missing_stands_in_the_address_of_the_page() {
    let page = "https://mackerel.io/orgs/example/alerts/";
    for (url, expected) in [
        (format!("{page}3Demo000081"), Some("3Demo000081")),
        (format!("{page}3Demo000081/"), Some("3Demo000081")),
        (format!("{page}3Demo000081?tab=graph#top"), Some("3Demo000081")),
        (format!("{page}%3Cb%3E"), None),
        (format!("{page}a/b"), None),
        (format!("{page}{}", "x".repeat(ID_LIMIT + 1)), None),
        (page.into(), None),
        ("alerts/3Demo000081".into(), None),
    ] {
        let event = json!({"event": "alert", "alert": {"url": url, "status": "critical"}});
        let alert = serde_json::from_value::<MackerelEvent>(event).unwrap().alert().unwrap();
        assert_eq!(alert.ok().map(|alert| alert.id).as_deref(), expected, "{url}");
    }
    // One that is there counts.
    assert_eq!(read(json!({"alert": {"id": "other"}})).id, "other");
}

#[test]
fn an_alert_is_over_when_it_is_ok_or_not_open() {
    for (status, is_open, expected) in [
        ("critical", json!(true), false),
        ("warning", json!(null), false),
        ("unknown", json!(true), false),
        ("unknown", json!(false), true),
        ("critical", json!(false), true),
        ("ok", json!(true), true),
        ("OK", json!(null), true),
    ] {
        let alert = read(json!({"alert": {"status": status, "isOpen": is_open}}));
        assert_eq!(alert.is_recovery, expected, "{status} {is_open}");
    }
}

#[test]
fn the_deprecated_moment_in_milliseconds_is_only_a_fallback() {
    for (opened, created, expected) in [
        (json!(10), json!(20_999), Some(10)),
        (json!(null), json!(20_999), Some(20)),
        (json!("10"), json!(20_999), Some(20)),
        (json!(null), json!(null), None),
        (json!(10.9), json!(null), Some(10)),
    ] {
        let alert = read(json!({"alert": {"openedAt": opened, "createdAt": created}}));
        assert_eq!(alert.opened_at, expected, "{opened} {created}");
    }
}

#[test]
fn numbers_keep_their_form_and_may_be_missing() {
    for text in ["1693212649", "18446744073709551615", "-3", "0.02", "1.9588528112516932", "96.0", "0"] {
        let value: Value = serde_json::from_str(text).unwrap();
        let alert = read(json!({"alert": {"metricValue": value}}));
        assert_eq!(alert.metric_value.unwrap().to_string(), text);
    }
    for value in [json!(null), json!("96"), json!([])] {
        assert_eq!(read(json!({"alert": {"metricValue": value}})).metric_value, None);
    }
}

#[test]
fn a_headline_names_the_host_else_the_service_else_the_monitor() {
    let none = Value::Null;
    for (changes, expected) in [
        (json!({}), "critical@app01 - CPU %"),
        (json!({"service": {"name": "Web"}}), "critical@app01 - CPU %"),
        (json!({"host": none, "service": {"name": "Web"}}), "critical@Web - CPU %"),
        (json!({"host": {"name": ""}}), "critical@CPU %"),
        (json!({"host": none}), "critical@CPU %"),
        (json!({"alert": {"monitorName": none}}), "critical@app01 - cpu%"),
        (json!({"alert": {"monitorName": none, "metricLabel": none}}), "critical@app01 - host"),
        (json!({"host": none, "alert": {"monitorName": none, "metricLabel": none}}), "critical@host"),
        (
            json!({"host": none, "type": none, "alert": {"monitorName": none, "metricLabel": none}}),
            "critical@alert 2bj",
        ),
        (json!({"host": {"name": "a\nb "}, "alert": {"monitorName": " c\r\n\t\u{0}d"}}), "critical@a b - c d"),
    ] {
        assert_eq!(read(changes).headline(), expected);
    }
}

#[test]
fn a_host_without_roles_is_a_host_and_strange_parts_are_left_out() {
    for roles in [json!([]), json!(null), json!("Web"), json!([1, {}, {"fullname": ""}])] {
        assert_eq!(read(json!({"host": {"roles": roles}})).host.unwrap().roles, [""; 0]);
    }
    for host in [json!("app01"), json!([])] {
        assert_eq!(read(json!({"host": host})).host, None);
    }
}

#[test]
fn the_metric_of_a_query_is_read_wherever_it_stands() {
    let metric = json!({"name": "httpcheck.status", "labels": {"http.method": "GET", "code": 200}});
    let expected = [("code".to_owned(), "200".to_owned()), ("http.method".to_owned(), "GET".to_owned())];
    for changes in [json!({"metric": metric}), json!({"alert": {"metric": metric}})] {
        let metric = read(changes).metric.unwrap();
        assert_eq!((metric.name.as_deref(), metric.labels.as_slice()), (Some("httpcheck.status"), expected.as_slice()));
    }
}
