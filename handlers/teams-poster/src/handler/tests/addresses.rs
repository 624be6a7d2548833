//! The URL of the flow: a secret that is replaced at times, and that must be one to post to.

use super::*;

/// Uses an address and expects that nothing is posted and that the text names the next step.
async fn check_unusable(url: &str) {
    let stage = Stage::with_urls(|_| vec![url.to_owned()]).await;
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(text.contains("`cargo xtask deploy`"), "{text}");
    assert!(!text.contains("example.com") && !text.contains("flow?sig"), "{text}");
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_url_that_was_replaced_is_read_anew_once() {
    for code in [401, 403, 404, 410] {
        let stage = Stage::with_urls(|url| vec![format!("{url}x"), url.to_owned()]).await;
        stage.fail(Planned { status: code, ..Planned::default() });
        stage.check(&envelope("x"), Outcome::Worked).await;
        assert_eq!((stage.calls().len(), stage.cards().len()), (2, 1));
        // The new one is remembered.
        stage.check(&envelope("x").replace(ID, "other"), Outcome::Worked).await;
        assert_eq!(stage.calls().len(), 3);
    }
}

/// What the flow answers when it is switched off.
fn switched_off() -> Planned {
    let body = r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow 'w' trigger 'manual' with state 'Disabled': trigger is not enabled."}}"#;
    Planned { status: 400, body: Some(body.into()), ..Planned::default() }
}

#[tokio::test]
async fn a_flow_that_is_switched_off_may_have_a_new_url() {
    let stage = Stage::with_urls(|url| vec![format!("{url}x"), url.to_owned()]).await;
    stage.fail(switched_off());
    stage.check(&envelope("x"), Outcome::Worked).await;
    assert_eq!((stage.calls().len(), stage.cards().len()), (2, 1));
    let stage = Stage::new().await;
    stage.fail(switched_off());
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(
        text.starts_with("the flow in Teams is switched off or gone (400, WorkflowTriggerIsNotEnabled): "),
        "{text}"
    );
    assert!(text.contains("check that the flow is on") && !text.contains("Disabled"), "{text}");
}

#[tokio::test]
async fn a_wrong_signature_is_refused_by_teams_itself_and_then_read_anew() {
    let stage = Stage::with_urls(|url| vec![format!("{url}x"), url.to_owned()]).await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    assert_eq!(stage.calls().iter().map(|call| call.status).collect::<Vec<_>>(), [401, 202]);
}

#[tokio::test]
async fn a_url_that_is_refused_and_stays_is_given_up_with_the_next_step() {
    let stage = Stage::with_urls(|url| vec![format!("{url}x")]).await;
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(text.starts_with("Teams refuses the URL of the flow (401, AuthorizationFailed): "), "{text}");
    assert!(text.contains("`cargo xtask deploy`"), "{text}");
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn two_urls_that_are_both_refused_are_given_up_after_two_calls() {
    let stage = Stage::with_urls(|url| vec![format!("{url}x"), format!("{url}y"), url.to_owned()]).await;
    stage.check(&envelope("x"), Outcome::Permanent).await;
    assert_eq!(stage.calls().len(), 2);
}

#[tokio::test]
async fn only_an_encrypted_address_or_this_machine_is_posted_to() {
    for url in [
        "http://flows.example.com/flow?sig=signature-0123456789",
        "http://127.0.0.1.example.com/flow?sig=signature-0123456789",
        "http://localhost.example.com/flow?sig=signature-0123456789",
        "http://10.0.0.1/flow?sig=signature-0123456789",
        "http://[2001:db8::1]/flow?sig=signature-0123456789",
        "ftp://127.0.0.1/flow?sig=signature-0123456789",
        "file:///flow?sig=signature-0123456789",
        "signature-0123456789",
        "https://",
    ] {
        check_unusable(url).await;
    }
}

#[tokio::test]
async fn an_address_that_could_not_be_used_is_read_anew_as_well() {
    let stage = Stage::with_urls(|url| vec!["no URL".into(), url.to_owned()]).await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn a_secret_without_a_value_is_given_up() {
    let stage = Stage::with_urls(|_| vec![" ".into()]).await;
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(text.contains("TEAMS_WORKFLOW_URL"), "{text}");
}
