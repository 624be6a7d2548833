//! Each Mackerel alert opens one Backlog issue; later changes are added as comments.

use crate::integration::Integration;
use crate::stack::{Api, Feeding, IssueWires, Sender, Stack, Webhook};
use crate::stage::{IssueSettings, Section, SenderList, SenderRange, Senders, Shared, Stage, senders_or};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::backlog::{self, BacklogApiKey};
use contracts::incident_reporter::Incident;
use contracts::mackerel::{self, MackerelEvent, OnRecovery, test_alert};
use contracts::{Message, WebhookToken, incident_reporter};
use serde::{Deserialize, Deserializer};
use std::sync::Arc;

const API_KEY: &str = "BacklogApiKey";

/// The senders of webhooks that Mackerel publishes.
///
/// Source: Mackerel help, "Metadata API": an object with lists of ranges, of which those under `outgoing` are
/// where webhooks come from. Those under `outgoing_ipv6` do not reach an API, whose names have IPv4 addresses
/// only (API Gateway API reference, `EndpointConfiguration`).
const SENDERS: SenderList = SenderList {
    saas: &mackerel::SAAS,
    setting: ["mackerel_incidents", "allowed_senders"],
    url: "https://mackerel.io/meta/ip-ranges.json",
    member: "outgoing",
};

/// What the section `mackerel_incidents` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub(crate) struct Settings {
    /// The settings of the issue that each alert opens.
    pub(crate) issue: IssueSettings,
    /// What to do with the issue when its alert recovers. Default: comment.
    #[serde(default)]
    on_recovery: OnRecovery,
    /// Who may call the webhook. Default: everyone.
    #[serde(default, deserialize_with = "allowed_senders")]
    pub(crate) allowed_senders: Senders,
}

fn allowed_senders<'de, D: Deserializer<'de>>(from: D) -> Result<Senders, D::Error> {
    senders_or(SENDERS, from)
}

impl Section for Settings {
    fn with_senders(&self, list: SenderList, ranges: &[SenderRange]) -> Option<Arc<dyn Section>> {
        let names_it = matches!(self.allowed_senders, Senders::Published(named, _) if named == list);
        let allowed_senders = Senders::Published(list, Some(ranges.to_vec()));
        names_it.then(|| Arc::new(Self { allowed_senders, ..self.clone() }) as Arc<dyn Section>)
    }
}

impl Integration for Settings {
    const ABOUT: &'static str =
        "Each alert of Mackerel opens one Backlog issue; later changes of the alert are added as comments";
    const SHARED: &'static [Shared] = &[Shared::Backlog];

    /// Webhook, queue, function, and the table with the state of each alert.
    fn define(&self, stage: &Stage, stack: &mut Stack, api: Api) {
        let token = stack.generated_secret::<WebhookToken>("WebhookToken");
        let api_key = stack.given_secret::<BacklogApiKey>(API_KEY);
        let incidents = stack.memory::<Incident>("Incidents");

        let IssueWires { project, issue_type, priority, assignee, milestone, custom_fields, text_formatting } =
            stack.issue(&self.issue);
        let url = stack.service_url(&backlog::SAAS);
        let alerts = stack.consumer(
            "Alerts",
            "IncidentReporter",
            // Backlog asks for one update at a time from each user.
            Feeding { batch_size: 1, maximum_concurrency: 2 },
            incident_reporter::Wiring {
                incidents: incidents.keep(),
                api_key: api_key.read(),
                backlog: url,
                project,
                issue_type,
                priority,
                assignee,
                milestone,
                custom_fields,
                text_formatting,
                on_recovery: stack.setting(&self.on_recovery),
                time_zone: stack.setting(&stage.time_zone),
            },
        );
        stack.webhook(
            "WebhookReceiver",
            &alerts,
            Webhook {
                api,
                saas: &mackerel::SAAS,
                place: "Monitors, Channels, Add a notification group or channel, Webhook: field `URL`; tick `Alert`",
                sender: Sender::Token(&token),
                senders: self.allowed_senders.clone(),
            },
        );
        stack.tested_by(MackerelEvent::TEST_EVENT, plan_test);
    }
}

/// The alert opens an issue, unless the handler has a reason to ignore it.
///
/// An event that is sent as it was given may report an alert that already has its issue, which then gets a comment.
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
