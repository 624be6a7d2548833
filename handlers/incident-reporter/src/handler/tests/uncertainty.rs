//! An opening that came to no known end: no issue twice, and none too few.

use super::*;
use std::net::TcpListener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn opening() -> Value {
    alert(json!({}))
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_issue() {
    for status in [500, 502, 408] {
        let stage = Stage::new().await;
        stage.fail(status, "/issues", true);
        stage.check(opening(), Outcome::Retry).await;
        assert_eq!(stage.record(), Incident::Unknown { opening: digest_of(&opening()) });
        let text = stage.check(opening(), Outcome::Worked).await;
        assert_eq!(text, "found SUB-1, which was created for alert 2bj before");
        stage.check(opening(), Outcome::Repeated).await;
        assert_eq!(stage.comments().await, [""; 0]);
    }
}

#[tokio::test]
async fn an_issue_that_was_not_created_is_created_the_next_time() {
    for (status, expected) in [(500, Outcome::Retry), (429, Outcome::Retry), (400, Outcome::Permanent)] {
        let stage = Stage::new().await;
        stage.fail(status, "/issues", false);
        stage.check(opening(), expected).await;
        stage.check(opening(), Outcome::Worked).await;
        assert_eq!(stage.comments().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_rate_limit_costs_no_search_and_leaves_nothing_in_doubt() {
    const N_ALERTS: usize = 10;
    let mut stage = Stage::new().await;
    stage.deadline = Instant::now() + Duration::from_secs(3600);
    for n in 0..N_ALERTS {
        let opening = alert(json!({"alert": {"id": format!("a{n}")}}));
        stage.standins.fail(Planned { status: 429, times: 3, ..Planned::default() });
        for _ in 0..3 {
            stage.check(opening.clone(), Outcome::Retry).await;
            assert_eq!(stage.table.record(&format!("a{n}")).unwrap().0, Incident::Unopened);
        }
        stage.check(opening, Outcome::Worked).await;
    }
    // Four creations for each issue, three of them refused, and nothing else.
    assert_eq!(
        (stage.standins.backlog_issues().len(), stage.n_calls("POST"), stage.n_calls("GET")),
        (N_ALERTS, 4 * N_ALERTS, 0)
    );
}

#[tokio::test]
async fn a_recovery_of_an_alert_whose_issue_was_refused_waits_without_a_search() {
    let stage = Stage::new().await;
    stage.fail(429, "/issues", false);
    stage.check(opening(), Outcome::Retry).await;
    assert_eq!(stage.check(recovery(), Outcome::Retry).await, "alert 2bj has no issue yet");
    assert_eq!((stage.n_calls("GET"), stage.record()), (0, Incident::Unopened));
    stage.check(opening(), Outcome::Worked).await;
    stage.check(recovery(), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
}

#[tokio::test]
async fn what_was_in_doubt_before_a_rate_limit_is_still_looked_for_after_it() {
    let stage = Stage::new().await;
    stage.fail(500, "/issues", true);
    stage.check(opening(), Outcome::Retry).await;
    // The searches go well and find nothing yet, and then the pace is too fast.
    stage.standins.fail(Planned { status: 200, body: Some("[]".into()), times: 2, ..Planned::default() });
    stage.fail(429, "/issues", false);
    stage.check(opening(), Outcome::Retry).await;
    assert_eq!(stage.record(), Incident::Unknown { opening: digest_of(&opening()) });
    stage.check(opening(), Outcome::Worked).await;
    assert_eq!(stage.standins.backlog_issues().len(), 1);
}

#[tokio::test]
async fn an_alert_whose_fields_are_of_any_length_is_found_again() {
    let long = "m".repeat(150_000);
    let url = format!("https://mackerel.io/{long}");
    let every = json!({
        "orgName": long, "message": long, "memo": long, "imageUrl": url, "type": "host",
        "host": {"name": long, "url": url, "roles": (0..20).map(|_| json!({"fullname": long})).collect::<Vec<_>>()},
        "service": {"name": long},
        "metric": {"name": long, "labels": {"a": long, (long.clone()): "b"}},
        "alert": {"monitorName": long, "metricLabel": long, "url": url, "status": long, "monitorOperator": long},
    });
    for changes in [json!({"alert": {"monitorName": long}}), json!({"host": {"name": long}}), every] {
        let stage = Stage::new().await;
        let opening = alert(changes);
        stage.fail(500, "/issues", true);
        stage.check(opening.clone(), Outcome::Retry).await;
        stage.check(opening.clone(), Outcome::Worked).await;
        stage.check(opening, Outcome::Repeated).await;
        let issues = stage.standins.backlog_issues();
        assert_eq!(issues.len(), 1);
        let description = issues[0]["description"].as_str().unwrap();
        assert!(description.lines().any(|line| line == "Alert ID: 2bj"), "{description}");
    }
}

#[tokio::test]
async fn a_crash_before_the_call_is_made_up_for_after_the_lease() {
    let stage = Stage::new().await;
    stage.table.leave(ALERT, creating(&opening(), LEASE));
    for event in [opening(), status("warning"), recovery()] {
        stage.check(event, Outcome::Retry).await;
    }
    assert!(stage.is_untouched());
    stage.table.leave(ALERT, creating(&opening(), Duration::ZERO));
    assert_eq!(stage.check(opening(), Outcome::Worked).await, "created SUB-1 for alert 2bj");
    assert!(stage.n_calls("GET") > 0);
}

#[tokio::test]
async fn waiting_for_somebody_at_work_uses_up_no_patience() {
    let stage = Stage::new().await;
    let message = serde_json::from_value(opening()).unwrap();
    let created = |busy_until_millis| {
        let told = vec!["of another".into()];
        Incident::Created { issue_key: "SUB-1".into(), told, started: vec![], busy_until_millis }
    };
    for busy in [creating(&opening(), LEASE), created(now_millis() + 30_000)] {
        stage.table.leave(ALERT, busy);
        let delivery =
            Delivery { message: MackerelEvent::clone(&message), message_id: "m".into(), deadline: stage.deadline };
        let Err(Failure::Retry { after: Some(wait), .. }) = handle(&stage.links, delivery).await else {
            panic!("no wait is known");
        };
        // As often as it may come back, it outlives the lease.
        assert!(wait * (contracts::RECEIVES_LIMIT - 1) > LEASE, "{wait:?}");
    }
}

#[tokio::test]
async fn a_crash_after_the_call_makes_no_second_issue() {
    let stage = Stage::new().await;
    stage.check(opening(), Outcome::Worked).await;
    stage.table.leave(ALERT, creating(&opening(), Duration::ZERO));
    stage.check(opening(), Outcome::Worked).await;
    assert_eq!(stage.comments().await, [""; 0]);
    assert!(matches!(stage.record(), Incident::Created { issue_key, .. } if issue_key == "SUB-1"));
}

#[tokio::test]
async fn a_change_that_finds_the_issue_of_a_crash_is_told_to_it() {
    let stage = Stage::new().await;
    stage.check(status("warning"), Outcome::Worked).await;
    stage.table.leave(ALERT, creating(&status("warning"), Duration::ZERO));
    stage.check(status("critical"), Outcome::Worked).await;
    // The one that is in the description needs no comment.
    stage.check(status("warning"), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, ["Status: critical"]);
}

#[tokio::test]
async fn a_change_that_finds_no_issue_opens_one_and_the_opening_becomes_a_comment() {
    let stage = Stage::new().await;
    stage.table.leave(ALERT, creating(&status("warning"), Duration::ZERO));
    stage.check(status("critical"), Outcome::Worked).await;
    stage.check(status("warning"), Outcome::Worked).await;
    assert!(stage.standins.backlog_issues()[0]["summary"].as_str().unwrap().starts_with("critical@"));
    assert_eq!(stage.comments().await, ["Status: warning"]);
}

#[tokio::test]
async fn who_opens_an_issue_anew_is_the_one_that_is_in_it() {
    let stage = Stage::new().await;
    stage.table.leave(ALERT, creating(&status("warning"), Duration::ZERO));
    // The search goes well, and the answer to the creation is lost.
    let lists = Planned { status: 200, body: Some("[]".into()), times: 2, ..Planned::default() };
    stage.standins.fail(lists);
    stage.fail(500, "/issues", true);
    stage.check(status("critical"), Outcome::Retry).await;
    assert_eq!(stage.record(), Incident::Unknown { opening: digest_of(&status("critical")) });
    stage.check(status("critical"), Outcome::Worked).await;
    assert_eq!(stage.comments().await, [""; 0]);
}

#[tokio::test]
async fn a_search_that_fails_creates_nothing() {
    let stage = Stage::new().await;
    stage.table.leave(ALERT, creating(&opening(), Duration::ZERO));
    stage.fail(503, "/issues", false);
    stage.check(opening(), Outcome::Retry).await;
    assert_eq!(stage.n_calls("POST"), 0);
    assert_eq!(stage.record(), Incident::Unknown { opening: digest_of(&opening()) });
}

#[tokio::test]
async fn two_that_take_over_at_once_make_one_issue() {
    let stage = Stage::new().await;
    stage.table.leave(ALERT, creating(&opening(), Duration::ZERO));
    tokio::join!(stage.check(opening(), Outcome::Worked), stage.check(opening(), Outcome::Retry));
    assert_eq!(stage.comments().await, [""; 0]);
}

#[tokio::test]
async fn an_issue_that_only_quotes_the_alert_is_not_its_issue() {
    let stage = Stage::new().await;
    let quoting = alert(json!({"memo": "see also\n> Alert ID: 2bj", "alert": {"id": "other"}}));
    stage.check(quoting, Outcome::Worked).await;
    stage.table.leave(ALERT, creating(&opening(), Duration::ZERO));
    assert_eq!(stage.check(opening(), Outcome::Worked).await, "created SUB-2 for alert 2bj");
}

#[tokio::test]
async fn a_backlog_that_stands_still_is_left_at_the_deadline_and_the_record_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut stage = Stage::new().await;
    stage.links.backlog = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    stage.deadline = Instant::now() + Duration::from_secs(5);
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let stand_still = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_u8().await.unwrap();
        // The stopped clock jumps to the next moment that anything waits for.
        tokio::time::pause();
        connection
    };
    let (text, _connection) = tokio::join!(stage.check(opening(), Outcome::Retry), stand_still);
    assert_eq!(text, "Backlog did not answer in the time of one invocation");
    assert_eq!(stage.record(), Incident::Unknown { opening: digest_of(&opening()) });
}

#[tokio::test]
async fn a_crash_while_opening_anew_leaves_the_one_that_may_be_in_the_issue() {
    const NOTHING_FOUND: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]";
    let mut stage = Stage::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.links.backlog = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    stage.table.leave(ALERT, creating(&status("warning"), Duration::ZERO));
    let until_it_creates = async {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(connection.read_u8().await.unwrap());
            }
            if head.starts_with(b"POST") {
                return connection;
            }
            connection.write_all(NOTHING_FOUND.as_bytes()).await.unwrap();
        }
    };
    // What is not waited for any more is as good as a process that ended.
    tokio::select! {
        _ = stage.check(status("critical"), Outcome::Worked) => panic!("nothing answered"),
        _ = until_it_creates => {}
    }
    let Incident::Creating { opening, until_millis } = stage.record() else { panic!("{:?}", stage.record()) };
    assert_eq!(opening, digest_of(&status("critical")));
    assert!(until_millis > now_millis());
}
