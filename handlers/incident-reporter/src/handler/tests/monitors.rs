//! What people read of an alert, for every type of monitor.

use super::*;

/// Opens an issue for an event and expects its summary and its whole description.
async fn check(event: Value, summary: &str, description: &[&str]) {
    let stage = Stage::new().await;
    stage.check(event, Outcome::Worked).await;
    let issues = stage.standins.backlog_issues();
    assert_eq!(issues[0]["summary"], summary);
    assert_eq!(issues[0]["description"].as_str().unwrap().lines().collect::<Vec<_>>(), description);
}

fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn an_alert_of_a_host() {
    check(
        alert(json!({})),
        "critical@app01 - CPU % (occurred at 2023-08-21 23:35:21 +09:00)",
        &[
            "Status: critical",
            "Monitor: CPU %",
            "Type: host",
            "Host: app01",
            "Roles: Web: app",
            "Organization: example",
            "Opened at: 2023-08-21 23:35:21 +09:00",
            "Metric: cpu%",
            "Value: 96.2",
            "Warning: > 80",
            "Critical: > 90",
            "Duration: 3 min",
            "Alert URL: https://mackerel.io/orgs/example/alerts/2bj",
            "Host URL: https://mackerel.io/orgs/example/hosts/22D4",
            "Alert ID: 2bj",
            "",
            "Message: CPU % 96.2 > 90",
            "",
            "Memo: See the runbook",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_a_service_with_a_large_integer() {
    check(
        event(include_str!("events/service.json")),
        "critical@shop - shop - last.order (occurred at 2023-08-28 17:52:48 +09:00)",
        &[
            "Status: critical",
            "Monitor: shop - last.order",
            "Type: service",
            "Service: shop",
            "Organization: example",
            "Opened at: 2023-08-28 17:52:48 +09:00",
            "Metric: last.order",
            "Value: 1693212649",
            "Warning: > 1",
            "Critical: > 2",
            "Duration: 1 min",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-service",
            "Graph: https://mackerel.io/embed/public/alert/graph.png",
            "Alert ID: a-service",
            "",
            "Message: last.order 1693212649 > 2",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_an_external_url() {
    check(
        event(include_str!("events/external.json")),
        "critical@front page (occurred at 2023-08-28 17:52:48 +09:00)",
        &[
            "Status: critical",
            "Monitor: front page",
            "Type: external",
            "Organization: example",
            "Opened at: 2023-08-28 17:52:48 +09:00",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-external",
            "Alert ID: a-external",
            "",
            "Message: 503 Service Unavailable",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_an_expression() {
    check(
        event(include_str!("events/expression.json")),
        "warning@load of all (occurred at 2023-09-03 22:04:05 +09:00)",
        &[
            "Status: warning",
            "Monitor: load of all",
            "Type: expression",
            "Organization: example",
            "Opened at: 2023-09-03 22:04:05 +09:00",
            "Metric: scale(host(22D4, loadavg1), 1)",
            "Value: 0.02",
            "Warning: > 0",
            "Critical: > 1",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-expression",
            "Alert ID: a-expression",
            "",
            "Message: load of all 0.02 > 0",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_a_query() {
    check(
        event(include_str!("events/query.json")),
        "critical@slow requests (occurred at 2023-09-03 22:04:05 +09:00)",
        &[
            "Status: critical",
            "Monitor: slow requests",
            "Type: query",
            "Organization: example",
            "Opened at: 2023-09-03 22:04:05 +09:00",
            "Metric name: http.server.duration",
            "Labels: http.method=GET, http.status_code=200",
            "Value: 1.9588528112516932",
            "Critical: > 1.5",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-query",
            "Alert ID: a-query",
            "",
            "Message: slow requests 1.96 > 1.5",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_a_check_with_a_message_of_many_lines() {
    check(
        event(include_str!("events/check.json")),
        "warning@db01 - log (occurred at 2023-08-28 17:38:31 +09:00)",
        &[
            "Status: warning",
            "Monitor: log",
            "Type: check",
            "Host: db01",
            "Organization: example",
            "Opened at: 2023-08-28 17:38:31 +09:00",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-check",
            "Host URL: https://mackerel.io/orgs/example/hosts/33E5",
            "Alert ID: a-check",
            "",
            "Message:",
            "LOG WARNING: 2 warnings for pattern /error/.",
            "\\- \\[error] disk \\*full\\*",
            "\\# \\`rm -rf\\`",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_connectivity_without_roles() {
    check(
        event(include_str!("events/connectivity.json")),
        "critical@app02 - connectivity (occurred at 2023-08-26 13:47:42 +09:00)",
        &[
            "Status: critical",
            "Monitor: connectivity",
            "Type: connectivity",
            "Host: app02",
            "Organization: example",
            "Opened at: 2023-08-26 13:47:42 +09:00",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-connectivity",
            "Host URL: https://mackerel.io/orgs/example/hosts/44F6",
            "Alert ID: a-connectivity",
            "",
            "Message: unreachable",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_of_an_anomaly() {
    check(
        event(include_str!("events/anomaly-detection.json")),
        "warning@app03 - odd (occurred at 2023-08-26 13:47:42 +09:00)",
        &[
            "Status: warning",
            "Monitor: odd",
            "Type: anomalyDetection",
            "Host: app03",
            "Roles: Web: app, Web: cache",
            "Organization: example",
            "Opened at: 2023-08-26 13:47:42 +09:00",
            "Alert URL: https://mackerel.io/orgs/example/alerts/a-anomaly",
            "Host URL: https://mackerel.io/orgs/example/hosts/55A7",
            "Alert ID: a-anomaly",
            "",
            "Message: anomaly detected",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_alert_with_nothing_but_its_id_and_status() {
    let bare = event(r#"{"event":"alert","alert":{"id":"x","status":"critical"}}"#);
    check(bare, "critical@alert x", &["Status: critical", "Alert ID: x"]).await;
}

#[tokio::test]
async fn lines_and_numbers_stay_as_they_were_sent_and_no_text_is_taken_for_the_marker_of_another_alert() {
    for (text, beginning, present, absent) in [
        (
            include_str!("events/service-with-lines.json"),
            "critical@demo - ",
            "Value: 1693212649",
            "Alert ID: 3Demo000071",
        ),
        (
            include_str!("events/expression-with-lines.json"),
            "critical@Discomfort(TooHot) (",
            "Alert ID: 3Demo000071",
            "Alert ID: 3Demo000070",
        ),
        (include_str!("events/anomaly.json"), "critical@web-01 - ", "Alert ID: 3Demo000074", "Critical: >"),
    ] {
        let stage = Stage::new().await;
        stage.check(event(text), Outcome::Worked).await;
        let issue = &stage.standins.backlog_issues()[0];
        let summary = issue["summary"].as_str().unwrap();
        assert!(summary.starts_with(beginning), "{summary}");
        let lines: Vec<&str> = issue["description"].as_str().unwrap().lines().collect();
        assert!(lines.contains(&present), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.starts_with(absent)), "{lines:#?}");
    }
    // What is sent in place of the alerts of a group makes no issue, and is said.
    let stage = Stage::new().await;
    stage.check(event(include_str!("events/alert-group-setting.json")), Outcome::Warned).await;
    assert_eq!(stage.standins.backlog_issues().len(), 0);
}
