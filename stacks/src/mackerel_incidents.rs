//! Mackerel's alerts, each as an issue of Backlog that hears what becomes of the alert.

use crate::stack::{Feeding, IssueWires, Sender, Stack, Webhook};
use crate::stage::{MackerelIncidentsSettings, Service, Stage};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::backlog::BacklogApiKey;
use contracts::incident_reporter::Incident;
use contracts::mackerel::{MackerelEvent, test_alert};
use contracts::{Message, WebhookToken, incident_reporter};

const API_KEY: &str = "BacklogApiKey";

/// Webhook, queue, reporter, and what it remembers of each alert.
pub fn stack(stage: &Stage, settings: &MackerelIncidentsSettings) -> Stack {
    let mut stack = Stack::new("mackerel-incidents", stage);
    let alerts = stack.queue::<MackerelEvent>("Alerts");
    let token = stack.generated_secret::<WebhookToken>("WebhookToken");
    let api_key = stack.given_secret::<BacklogApiKey>(API_KEY);
    let incidents = stack.memory::<Incident>("Incidents");

    stack.webhook(
        "WebhookReceiver",
        &alerts,
        Webhook {
            saas: "Mackerel",
            place: "Monitors, Channels, Add a notification group or channel, Webhook: field `URL`; tick `Alert`",
            sender: Sender::Token(&token),
            senders: settings.allowed_senders.clone(),
        },
    );
    let IssueWires { project, issue_type, priority, assignee, milestone, custom_fields, text_formatting } =
        stack.issue(&settings.issue);
    let backlog = stack.service_url(Service::Backlog);
    stack.consumer(
        "IncidentReporter",
        &alerts,
        // Backlog asks for one update at a time from each user.
        Feeding { batch_size: 1, maximum_concurrency: 2 },
        incident_reporter::Wiring {
            incidents: incidents.keep(),
            api_key: api_key.read(),
            backlog,
            project,
            issue_type,
            priority,
            assignee,
            milestone,
            custom_fields,
            text_formatting,
            on_recovery: stack.setting(&settings.on_recovery),
            time_zone: stack.setting(&stage.time_zone),
        },
    );
    stack.tested_by(MackerelEvent::TEST_EVENT, plan_test);
    stack
}

/// The alert becomes an issue, unless the handler has a reason to ignore it.
///
/// An event that is sent as it was given may tell of an alert that has its issue already; then
/// the issue hears of it.
fn plan_test(_stage: &Stage, event: &str, fresh: Option<&str>) -> Result<TestPlan, String> {
    let (body, effect) = match fresh {
        Some(fresh) => {
            let test = test_alert(event, fresh)?;
            (test.body, Effect::Issue { key_secret: API_KEY, holds: test.marker })
        }
        None => (event.to_owned(), effect(event)?),
    };
    Ok(TestPlan {
        files: vec![],
        entry: Entry::Webhook { function: "WebhookReceiver", body },
        branches: vec![Branch { function: "IncidentReporter", effect }],
    })
}

fn effect(event: &str) -> Result<Effect, String> {
    let event =
        MackerelEvent::from_body(event).map_err(|error| format!("the event is not the JSON of a webhook: {error}"))?;
    match event.alert() {
        None => Ok(Effect::Nothing("the event is no alert".into())),
        Some(Err(why)) => Err(format!("the event does not describe its alert: {why}")),
        Some(Ok(alert)) if alert.is_recovery => Ok(Effect::Nothing("the alert has recovered".into())),
        Some(Ok(alert)) => Ok(Effect::Issue { key_secret: API_KEY, holds: alert.marker() }),
    }
}
