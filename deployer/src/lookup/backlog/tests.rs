//! Backlog's API as the deployer asks it, against a host that answers as it is told.

use super::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const KEY: &str = "canary+/0123456789";
const NO_PROJECT: &str = r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""}]}"#;

/// A host that gives each path its answer: a status and a body. Others are not there.
struct Host {
    backlog: Backlog,
    /// What each request began with, up to the end of its headers.
    heads: Arc<Mutex<Vec<String>>>,
    events: tokio::sync::mpsc::UnboundedReceiver<crate::event::Event>,
}

impl Host {
    async fn with(answers: &[(&'static str, u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let answers: BTreeMap<String, (u16, &str)> =
            answers.iter().map(|(path, status, body)| (format!("/api/v2/{path}"), (*status, *body))).collect();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(connection.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                seen.lock().unwrap().push(head);
                let (status, body) = answers.get(&path).copied().unwrap_or((404, NO_PROJECT));
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} Any\r\nConnection: close\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let (reporter, events) = Reporter::new();
        let place = "stacks/stages/prod.yaml:9: backlog.host".to_owned();
        let backlog = Backlog::with(loopback_client().unwrap(), origin, KEY, &reporter, place).unwrap();
        Self { backlog, heads, events }
    }

    /// Looks something up; what it belongs to has these numbers.
    async fn value(&self, lookup: &BacklogLookup) -> Outcome<Result<String, Vec<Refused>>> {
        let mut found = BacklogIds::default();
        found.0.extend(lookup.owners().into_iter().zip(["92".to_owned(), "3".to_owned()]));
        let value = self.backlog.value(lookup, &found).await;
        assert!(!format!("{value:?}").contains(KEY), "{value:?}");
        value
    }

    /// Looks something up and expects an error with these words.
    async fn check_error(&self, lookup: &BacklogLookup, words: &[&str]) {
        let error = self.value(lookup).await.unwrap_err();
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        words.iter().for_each(|word| assert!(text.contains(word), "`{word}` is missing in: {text}"));
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut warnings = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            if let crate::event::Event::Warning(text) = event {
                warnings.push(text);
            }
        }
        warnings
    }
}

fn sub() -> NameOrId {
    NameOrId::Name("SUB".into())
}

fn fields(values: &str) -> BacklogLookup {
    let values = serde_yaml::from_str(values).unwrap();
    BacklogLookup::CustomFields { project: sub(), issue_type: NameOrId::Name("バグ".into()), values }
}

#[tokio::test]
async fn no_call_has_the_key_in_its_url() {
    let host = Host::with(&[
        ("projects/SUB", 200, r#"{"id": 92, "name": "Sub", "projectKey": "SUB"}"#),
        ("projects/92", 200, r#"{"id": 92, "textFormattingRule": "backlog"}"#),
        ("projects/92/customFields", 200, "[]"),
        ("projects/92/issueTypes", 200, r#"[{"id": 3, "name": "バグ"}]"#),
        ("projects/92/users", 200, r#"[{"id": 4, "name": "taro"}]"#),
        ("projects/92/versions", 200, r#"[{"id": 5, "name": "v1"}]"#),
        ("priorities", 200, r#"[{"id": 2, "name": "高"}]"#),
        ("issues/SUB-1", 200, r#"{"summary": "s"}"#),
    ])
    .await;
    let named = |name: &str| NameOrId::Name(name.into());
    for (lookup, expected) in [
        (BacklogLookup::Project(sub()), "92"),
        (BacklogLookup::IssueType { project: sub(), wanted: named("バグ") }, "3"),
        (BacklogLookup::Priority(named("高")), "2"),
        (BacklogLookup::Member { project: sub(), wanted: named("taro") }, "4"),
        (BacklogLookup::Milestone { project: sub(), wanted: named("v1") }, "5"),
        (BacklogLookup::TextFormatting(sub()), "backlog"),
        (fields("{}"), ""),
    ] {
        assert_eq!(host.value(&lookup).await.unwrap().unwrap(), expected, "{lookup}");
    }
    assert_eq!(host.backlog.issue_text("SUB-1").await.unwrap().unwrap(), "s\n");
    let heads = host.heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 8);
    for head in heads {
        let (line, headers) = head.split_once("\r\n").unwrap();
        assert!(!line.contains('?') && !line.contains("canary"), "{line}");
        assert!(headers.to_lowercase().contains(&format!("backlog-api-key: {KEY}\r\n")), "{headers}");
    }
}

#[tokio::test]
async fn a_wrong_host_is_told_from_a_missing_project() {
    let project = BacklogLookup::Project(sub());
    // Backlog says so itself, and has a list of others.
    let host = Host::with(&[("projects", 200, r#"[{"id": 93, "name": "Ops", "projectKey": "OPS"}]"#)]).await;
    let refused = host.value(&project).await.unwrap().unwrap_err();
    assert!(
        refused[0].what.contains("Backlog has no project `SUB`") && refused[0].hint.contains("OPS (Ops)"),
        "{refused:?}"
    );
    // A page of somebody else, a redirect, an empty answer, and a space that does not even have the list.
    let host_line = "stacks/stages/prod.yaml:9: backlog.host: there is no Backlog space";
    for answers in [
        &[("projects/SUB", 404, "<html>")][..],
        &[("projects/SUB", 404, r#"{"message":"Not Found"}"#)],
        &[("projects/SUB", 302, "")],
        &[("projects/SUB", 200, "<html>welcome</html>")],
        &[],
    ] {
        let host = Host::with(answers).await;
        host.check_error(&project, &[host_line, "example.backlog.jp"]).await;
    }
    let host = Host::with(&[("projects/SUB", 401, "")]).await;
    host.check_error(&project, &["refuses the API key", "check `backlog.host` as well"]).await;
}

#[tokio::test]
async fn a_project_without_a_rule_of_its_own_formats_as_the_space_does() {
    let lookup = BacklogLookup::TextFormatting(sub());
    for (of_project, of_space, expected) in [
        (r#"{"textFormattingRule": "markdown"}"#, r#"{"textFormattingRule": "backlog"}"#, "markdown"),
        (r#"{"textFormattingRule": null}"#, r#"{"textFormattingRule": "backlog"}"#, "backlog"),
        ("{}", r#"{"textFormattingRule": "markdown"}"#, "markdown"),
    ] {
        let mut host = Host::with(&[("projects/92", 200, of_project), ("space", 200, of_space)]).await;
        assert_eq!(host.value(&lookup).await.unwrap().unwrap(), expected);
        assert!(host.warnings().is_empty());
    }
    let mut host = Host::with(&[("projects/92", 200, r#"{"textFormattingRule": "html"}"#)]).await;
    assert_eq!(host.value(&lookup).await.unwrap().unwrap(), "markdown");
    assert!(host.warnings()[0].contains("`html`"));
}

#[tokio::test]
async fn custom_fields_that_demand_a_value_are_found() {
    const LIST: &str = r#"[{"id": 10, "typeId": 5, "name": "Cause", "required": true, "applicableIssueTypes": [3],
        "items": [{"id": 1, "name": "n/a"}]}]"#;
    let host = Host::with(&[("projects/92/customFields", 200, LIST)]).await;
    let refused = host.value(&fields("{}")).await.unwrap().unwrap_err();
    assert!(refused[0].hint.contains("add the line `custom_fields: {Cause: n/a}` there"), "{refused:?}");
    assert_eq!(host.value(&fields("{Cause: n/a}")).await.unwrap().unwrap(), "customField_10=1");
}

#[tokio::test]
async fn a_plan_without_custom_fields_is_no_obstacle_unless_the_stage_gives_values() {
    for (status, n_warnings) in [(402, 0), (403, 1), (404, 0)] {
        let body = if status == 404 { NO_PROJECT } else { "" };
        let mut host = Host::with(&[("projects/92/customFields", status, body)]).await;
        assert_eq!(host.value(&fields("{}")).await.unwrap().unwrap(), "");
        assert_eq!(host.warnings().len(), n_warnings, "{status}");
        match status {
            404 => assert!(host.value(&fields("{Cause: n/a}")).await.unwrap().is_err()),
            _ => host.check_error(&fields("{Cause: n/a}"), &[&status.to_string()]).await,
        }
    }
}
