//! Lookups against a host that gives each request a prepared answer.

use super::*;
use crate::lookup::{Answer, Refusal};

const NO_PROJECT: &str = r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""}]}"#;

/// A host with an answer for each path: a status and a body. Every other path is not found.
struct Host(Vec<(&'static str, u16, &'static str)>);

impl Host {
    fn with(answers: &[(&'static str, u16, &'static str)]) -> Self {
        Self(answers.to_vec())
    }

    /// Gives each request its answer until there is a value, or none.
    fn read<T>(&self, read: impl Fn(&Answers) -> Result<T, NoValue>) -> Result<T, NoValue> {
        let mut answers = Answers::default();
        loop {
            let path = match read(&answers) {
                Err(NoValue::Needs(path)) => path,
                result => return result,
            };
            let asked = path.join("/");
            let found = self.0.iter().find(|(path, ..)| *path == asked);
            let (status, body) = found.map_or((404, NO_PROJECT), |(_, status, body)| (*status, *body));
            answers.add(path, Answer { status, body: body.into() });
        }
    }

    /// Looks something up; what it belongs to has these numbers.
    fn find(&self, lookup: &BacklogLookup) -> Result<Found, NoValue> {
        self.read(|answers| lookup.find(&["92", "3"], answers))
    }

    fn value(&self, lookup: &BacklogLookup) -> String {
        self.find(lookup).unwrap().value
    }

    fn check_refused(&self, lookup: &BacklogLookup, words: &[&str]) {
        let Err(NoValue::Refused(refusals)) = self.find(lookup) else { panic!("{lookup} is not refused") };
        let Refusal { what, hint, .. } = &refusals[0];
        words.iter().for_each(|word| assert!(format!("{what} {hint}").contains(word), "`{word}`: {refusals:?}"));
    }

    fn check_failed(&self, lookup: &BacklogLookup, words: &[&str]) -> Failure {
        let Err(NoValue::Failed(failure)) = self.find(lookup) else { panic!("{lookup} does not fail") };
        let text = format!("{} {}", failure.what, failure.hint);
        words.iter().for_each(|word| assert!(text.contains(word), "`{word}`: {text}"));
        failure
    }
}

fn sub() -> NameOrId {
    NameOrId::Name("SUB".into())
}

fn fields(values: &str) -> BacklogLookup {
    let values = serde_yaml::from_str(values).unwrap();
    BacklogLookup::CustomFields { project: sub(), issue_type: NameOrId::Name("バグ".into()), values }
}

#[test]
fn each_kind_is_found_by_its_own_request() {
    let host = Host::with(&[
        ("projects/SUB", 200, r#"{"id": 92, "name": "Sub", "projectKey": "SUB"}"#),
        ("projects/92", 200, r#"{"id": 92, "textFormattingRule": "backlog"}"#),
        ("projects/92/customFields", 200, "[]"),
        ("projects/92/issueTypes", 200, r#"[{"id": 3, "name": "バグ"}]"#),
        ("projects/92/users", 200, r#"[{"id": 4, "name": "taro"}]"#),
        ("projects/92/versions", 200, r#"[{"id": 5, "name": "v1"}]"#),
        ("priorities", 200, r#"[{"id": 2, "name": "高"}]"#),
        ("issues/SUB-1", 200, r#"{"summary": "s"}"#),
    ]);
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
        assert_eq!(host.value(&lookup), expected, "{lookup}");
    }
    assert_eq!(host.read(|answers| issue_text("SUB-1", answers)).unwrap().unwrap(), "s\n");
}

#[test]
fn a_wrong_host_is_told_from_a_missing_project() {
    let project = BacklogLookup::Project(sub());
    // Backlog says so itself, and has a list of others.
    let host = Host::with(&[("projects", 200, r#"[{"id": 93, "name": "Ops", "projectKey": "OPS"}]"#)]);
    host.check_refused(&project, &["Backlog has no project `SUB`", "OPS (Ops)"]);
    // A page of another host, a redirect, an empty answer, and a space that does not even have the list.
    let host_line = "there is no Backlog space";
    for answers in [
        &[("projects/SUB", 404, "<html>")][..],
        &[("projects/SUB", 404, r#"{"message":"Not Found"}"#)],
        &[("projects/SUB", 302, "")],
        &[("projects/SUB", 200, "<html>welcome</html>")],
        &[],
    ] {
        let host = Host::with(answers);
        assert!(host.check_failed(&project, &[host_line, "example.backlog.jp"]).is_of_host);
    }
    let host = Host::with(&[("projects/SUB", 401, "")]);
    let failure = host.check_failed(&project, &["refuses the API key", "check `backlog.host` as well"]);
    assert!(!failure.is_of_host);
}

#[test]
fn a_project_without_a_rule_of_its_own_formats_as_the_space_does() {
    let lookup = BacklogLookup::TextFormatting(sub());
    for (of_project, of_space, expected) in [
        (r#"{"textFormattingRule": "markdown"}"#, r#"{"textFormattingRule": "backlog"}"#, "markdown"),
        (r#"{"textFormattingRule": null}"#, r#"{"textFormattingRule": "backlog"}"#, "backlog"),
        ("{}", r#"{"textFormattingRule": "markdown"}"#, "markdown"),
    ] {
        let host = Host::with(&[("projects/92", 200, of_project), ("space", 200, of_space)]);
        assert_eq!(host.find(&lookup).unwrap(), Found { value: expected.into(), warnings: vec![] });
    }
    let host = Host::with(&[("projects/92", 200, r#"{"textFormattingRule": "html"}"#)]);
    let found = host.find(&lookup).unwrap();
    assert_eq!(found.value, "markdown");
    assert!(found.warnings[0].contains("`html`"));
}

#[test]
fn custom_fields_that_demand_a_value_are_found() {
    const LIST: &str = r#"[{"id": 10, "typeId": 5, "name": "Cause", "required": true, "applicableIssueTypes": [3],
        "items": [{"id": 1, "name": "n/a"}]}]"#;
    let host = Host::with(&[("projects/92/customFields", 200, LIST)]);
    host.check_refused(&fields("{}"), &["add the line `custom_fields: {Cause: n/a}` there"]);
    assert_eq!(host.value(&fields("{Cause: n/a}")), "customField_10=1");
}

#[test]
fn a_plan_without_custom_fields_is_no_obstacle_unless_the_stage_gives_values() {
    for (status, n_warnings) in [(402, 0), (403, 1), (404, 0)] {
        let body = if status == 404 { NO_PROJECT } else { "" };
        let host = Host::with(&[("projects/92/customFields", status, body)]);
        let found = host.find(&fields("{}")).unwrap();
        assert_eq!((found.value.as_str(), found.warnings.len()), ("", n_warnings), "{status}");
        match status {
            404 => host.check_refused(&fields("{Cause: n/a}"), &["has no such custom field"]),
            _ => drop(host.check_failed(&fields("{Cause: n/a}"), &[&status.to_string()])),
        }
    }
}
