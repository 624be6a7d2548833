//! Messages of every entry of the table: what is read off them.
//!
//! Each case of `known/*.json` is a message with its title, severity, text, link and the fields that must be there.

use super::*;
use std::collections::BTreeMap;

const CASES: [&str; 5] = [
    include_str!("known/builds.json"),
    include_str!("known/operations.json"),
    include_str!("known/security.json"),
    include_str!("known/direct.json"),
    include_str!("known/custom.json"),
];

fn cases() -> Vec<Value> {
    CASES.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap()).collect()
}

#[test]
fn every_kind_says_what_how_bad_and_where() {
    for case in cases() {
        let notice = notice(None, &case["message"].to_string());
        let expected = |name: &str| case[name].as_str();
        assert_eq!(Some(notice.title.as_str()), expected("title"), "{case}");
        assert_eq!(Some(notice.kind), expected("kind"), "{case}");
        assert_eq!(Some(format!("{:?}", notice.severity).as_str()), expected("severity"), "{case}");
        if let Some(text) = expected("text") {
            assert_eq!(notice.text.as_deref(), Some(text), "{case}");
        }
        if let Some(link) = expected("link") {
            assert_eq!(notice.link.map(|link| link.url).as_deref(), Some(link), "{case}");
        }
        let fields: BTreeMap<&str, &str> =
            notice.fields.iter().map(|field| (field.label.as_str(), field.value.as_str())).collect();
        for (label, value) in case["fields"].as_object().into_iter().flatten() {
            assert_eq!(fields.get(label.as_str()).copied(), value.as_str(), "{label} of {case}");
        }
        assert!(fields.values().all(|value| !value.contains("evil.example")), "{case}");
    }
}

#[test]
fn no_entry_of_the_table_is_without_a_case() {
    let messages: Vec<String> = cases().iter().map(|case| case["message"].to_string()).collect();
    assert_eq!(crate::notice::known::untried(&messages), Vec::<String>::new());
}

#[test]
fn no_link_of_a_known_message_leads_anywhere_but_to_aws() {
    for case in cases() {
        let url = notice(None, &case["message"].to_string()).link.map(|link| link.url).unwrap_or_default();
        let host =
            url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or("console.aws.amazon.com");
        assert!(host.ends_with("console.aws.amazon.com") || host == "health.aws.amazon.com", "{url}");
        assert!(!url.contains(['<', '>', '|', ' ', '{', '}']), "{url}");
    }
}

#[test]
fn a_message_that_only_looks_like_a_known_one_is_shown_as_what_it_is() {
    for (message, kind) in [
        (
            json!({"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change", "detail": {"x": 1}}),
            "event",
        ),
        (
            json!({"source": "my.app", "detail-type": "CodeBuild Build State Change", "detail": {"build-status": "FAILED"}}),
            "event",
        ),
        (json!({"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": []}), "event"),
        (json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}), "event"),
        (json!({"source": "custom", "content": "text"}), "JSON"),
        (json!({"source": "mine", "content": {"description": "x"}}), "JSON"),
        (json!({"eventType": 1, "mail": 2}), "JSON"),
    ] {
        assert_eq!(notice(None, &message.to_string()).kind, kind, "{message}");
    }
}

#[test]
fn an_event_of_a_region_whose_console_is_unknown_has_no_link() {
    let mut event = json!({
        "source": "aws.glue", "detail-type": "Glue Job State Change", "region": "us-east-1",
        "detail": {"jobName": "a/b?c#d", "state": "FAILED"},
    });
    let url = |event: &Value| notice(None, &event.to_string()).link.map(|link| link.url);
    assert!(url(&event).unwrap().ends_with("#/editor/job/a%2Fb%3Fc%23d/runs"));
    for region in ["evil.example/", "us-iso-east-1/../", ""] {
        event["region"] = region.into();
        assert_eq!(url(&event), None, "{region}");
    }
}
