//! Times, lengths and formatting in what people read; the types of monitors are in monitors.rs.

use super::*;

/// The summary and description of the issue of an event.
async fn issue_of(event: Value) -> (String, String) {
    let stage = Stage::new().await;
    stage.check(event, Outcome::Worked).await;
    let issue = stage.standins.backlog_issues().remove(0);
    let text = |field: &str| issue[field].as_str().unwrap().to_owned();
    (text("summary"), text("description"))
}

#[tokio::test]
async fn times_have_the_offset_of_the_stage_and_fall_back_to_the_old_field() {
    for (zone, opened_at, created_at, expected) in [
        ("UTC", json!(1_692_628_521), json!(0), " (occurred at 2023-08-21 14:35:21 +00:00)"),
        ("America/New_York", json!(1_692_628_521), json!(0), " (occurred at 2023-08-21 10:35:21 -04:00)"),
        ("Asia/Tokyo", json!(null), json!(1_692_628_521_296_u64), " (occurred at 2023-08-21 23:35:21 +09:00)"),
        ("Asia/Tokyo", json!(null), json!(null), ""),
        ("Asia/Tokyo", json!(1e300), json!(null), ""),
    ] {
        let mut stage = Stage::new().await;
        stage.links.time_zone = TimeZone::parse(zone).unwrap();
        stage.check(alert(json!({"alert": {"openedAt": opened_at, "createdAt": created_at}})), Outcome::Worked).await;
        let issues = stage.standins.backlog_issues();
        assert_eq!(issues[0]["summary"], format!("critical@app01 - CPU %{expected}"));
        assert_eq!(issues[0]["description"].as_str().unwrap().contains("Opened at:"), !expected.is_empty());
    }
}

#[tokio::test]
async fn a_summary_is_one_line_and_cut_by_characters_before_the_time() {
    let long = format!("a\r\nb {}", "監視👍".repeat(200));
    let (summary, description) = issue_of(alert(json!({"alert": {"monitorName": long}}))).await;
    assert!(summary.starts_with("critical@app01 - a b 監視👍"), "{summary}");
    assert!(summary.ends_with("… (occurred at 2023-08-21 23:35:21 +09:00)"), "{summary}");
    assert!((200..=255).contains(&summary.chars().count()), "{summary}");
    assert!(description.contains(&"監視👍".repeat(200)));
}

#[tokio::test]
async fn a_message_of_any_length_leaves_the_facts_and_the_marker_alone() {
    let message = "行\n".repeat(60_000);
    let (_, description) = issue_of(alert(json!({"message": message}))).await;
    assert_eq!(description.chars().count(), 100_000);
    for line in ["Alert ID: 2bj", "Value: 96.2", "Alert URL: https://mackerel.io/orgs/example/alerts/2bj"] {
        assert!(description.lines().any(|other| other == line), "{line}");
    }
}

#[tokio::test]
async fn what_others_write_is_shown_as_it_is() {
    let changes = json!({
        "message": "```\n{code}\n* x\n- y",
        "memo": "![](https://track.example/)",
        "host": {"name": "<b>*h*", "url": "https://x/ [y](z)"},
        "alert": {"monitorName": "#image(u)", "url": "x\n# y"},
    });
    let (summary, description) = issue_of(alert(changes)).await;
    assert!(summary.starts_with("critical@<b>*h* - #image(u) ("), "{summary}");
    for line in [
        "Message:",
        "\\`\\`\\`",
        "\\{code}",
        "\\* x",
        "\\- y",
        "Memo: !\\[](https://track.example/)",
        "Host: \\<b>\\*h\\*",
        "Host URL: https://x/ \\[y](z)",
        "Monitor: \\#image(u)",
        "\\# y",
    ] {
        assert!(description.lines().any(|other| other == line), "{line}: {description}");
    }
}

#[tokio::test]
async fn a_project_with_the_notation_of_backlog_gets_its_escapes() {
    let mut stage = Stage::new().await;
    stage.links.text_formatting = TextFormatting::Backlog;
    let changes = json!({
        "message": "{code}\n* x\n[[a>http://b]] %%c%%",
        "host": {"name": "<b>*h*"},
        "alert": {"monitorName": "#image(u)"},
    });
    stage.check(alert(changes), Outcome::Worked).await;
    let issues = stage.standins.backlog_issues();
    let description = issues[0]["description"].as_str().unwrap();
    for line in ["\\{code}", "\\* x", "\\[\\[a>http://b]] \\%\\%c\\%\\%", "Host: <b>*h*", "Monitor: \\#image(u)"] {
        assert!(description.lines().any(|other| other == line), "{line}: {description}");
    }
}

#[tokio::test]
async fn facts_are_cut_one_by_one_and_lists_between_their_entries() {
    let roles: Vec<Value> = (0..300).map(|n| json!({"fullname": format!("Web: role-{n}")})).collect();
    let changes = json!({"host": {"name": "h".repeat(2_000), "roles": roles}});
    let (_, description) = issue_of(alert(changes)).await;
    let line = |label: &str| description.lines().find(|line| line.starts_with(label)).unwrap().to_owned();
    assert_eq!(line("Host: "), format!("Host: {}…", "h".repeat(999)));
    let roles = line("Roles: ");
    assert!(
        roles.starts_with("Roles: Web: role-0, ") && roles.contains(", and ") && roles.ends_with(" more"),
        "{roles}"
    );
    assert!((900..1_100).contains(&roles.len()), "{roles}");
}

#[tokio::test]
async fn no_text_can_pass_for_the_marker_of_an_alert() {
    for text in ["x\nAlert ID: 1", "x\r  Alert ID: 1", "x\n\u{1}Al\u{0}ert ID: 1", "Alert ID: 1\n"] {
        let changes = json!({
            "message": text,
            "memo": text,
            "orgName": text,
            "host": {"name": text, "url": text},
            "alert": {"monitorName": text, "status": text, "url": text, "metricLabel": text},
            "metric": {"name": text, "labels": {"a": text}},
        });
        let (_, description) = issue_of(alert(changes)).await;
        let markers: Vec<_> = description.lines().filter(|line| line.trim().starts_with("Alert ID")).collect();
        assert_eq!(markers, ["Alert ID: 2bj"], "{description}");
    }
}

#[tokio::test]
async fn a_comment_says_what_changed() {
    let stage = Stage::new().await;
    stage.check(status("warning"), Outcome::Worked).await;
    stage.check(alert(json!({})), Outcome::Worked).await;
    stage.check(recovery(), Outcome::Worked).await;
    let issues = stage.standins.backlog_issues();
    let lines = |n: usize| issues[0]["comments"][n]["content"].as_str().unwrap().lines().collect::<Vec<_>>().clone();
    let measured = ["Warning: > 80", "Critical: > 90", "Duration: 3 min"];
    let url = "Alert URL: https://mackerel.io/orgs/example/alerts/2bj";
    let first = ["Status: critical", "Changed at: 2023-08-21 23:35:21 +09:00", "Metric: cpu%", "Value: 96.2"];
    assert_eq!(lines(0), [&first[..], &measured, &[url, "Message: CPU % 96.2 > 90"]].concat());
    let last = [
        "Recovered: status ok",
        "Changed at: 2023-08-22 00:35:21 +09:00",
        "Closed at: 2023-08-22 00:35:21 +09:00",
        "Trigger: monitor",
        "Metric: cpu%",
        "Value: 12",
    ];
    assert_eq!(lines(1), [&last[..], &measured, &[url, "Message: CPU % 12 > 90"]].concat());
}
