//! What is published to a topic, shown in Slack.

use crate::integration::Integration;
use crate::stack::{Api, Feeding, Publishers, Stack};
use crate::stage::{
    AlarmTarget, AlarmTopic, AlarmsTo, Contradiction, Publisher, Section, Stage, TopicArn, present, publishers,
};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::claim::Progress;
use contracts::slack::{self, SlackWebhookUrl};
use contracts::{Message, PlainText, slack_notifier};
use serde::Deserialize;

const TOPIC: &str = "Notifications";
const TOPIC_ARN: &str = "TopicArn";
const ALARM_MAIL: &str = "AlarmMailTopicArn";

/// Who may always report what happens in the account.
const PUBLISHERS: [&str; 3] = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"];

/// What the section `sns_slack` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it, or `{}` for their defaults")]
pub(crate) struct Settings {
    /// An existing topic. Default: the stack creates its own topic.
    #[serde(default)]
    topic: Option<TopicArn>,
    /// Services that may publish to the stack's own topic, beside those that always may.
    #[serde(default, deserialize_with = "publishers")]
    pub(crate) publishers: Vec<Publisher>,
    /// Where the alarms of this stack itself go. Default: where those of the other stacks go.
    #[serde(default, deserialize_with = "present")]
    pub(crate) alarms_to: Option<AlarmsTo>,
}

impl Section for Settings {
    fn alarm_target(&self) -> Option<AlarmTarget> {
        Some(match &self.topic {
            Some(arn) => AlarmTarget::Existing(arn.clone()),
            None => AlarmTarget::Own(TOPIC),
        })
    }

    fn check(&self, stage: &Stage) -> Result<(), Contradiction> {
        if let (Some(topic), false) = (&self.topic, self.publishers.is_empty()) {
            let message = format!(
                "the policy of `{}` is not this stack's; let them publish there, or leave `topic` out for a topic of its own",
                topic.as_str()
            );
            return Err(Contradiction { setting: "publishers", message });
        }
        let Some(AlarmsTo::Topic(topic)) = &self.alarms_to else { return Ok(()) };
        let same = "this is the topic that the stack listens to; allowed is another one, or an email address";
        let is_same = self.topic.as_ref() == Some(topic);
        let wrong = if is_same { Some(same.to_owned()) } else { stage.topic_of_another_region(topic) };
        wrong.map_or(Ok(()), |message| Err(Contradiction { setting: "alarms_to", message }))
    }
}

impl Integration for Settings {
    const ABOUT: &'static str = "Posts the messages of an SNS topic to Slack: those of CloudWatch, Budgets, EventBridge and your own";
    const TAKES_ALARMS: bool = true;

    /// Topic, queue, function, and the table with the notifications that were posted.
    fn define(&self, stage: &Stage, stack: &mut Stack, _api: Api) {
        match &self.alarms_to {
            Some(target) => stack.alarms_to(target, ALARM_MAIL),
            None if tells_itself(stage, self) => stack.warn(silent(stage)),
            None => {}
        }
        let topic = match &self.topic {
            None => stack.service_topic::<PlainText>(TOPIC, TOPIC_ARN, &all_publishers(self)),
            Some(arn) => stack.existing_topic::<PlainText>(arn, TOPIC_ARN),
        };
        let webhook = stack.given_secret::<SlackWebhookUrl>("SlackWebhook");
        let claims = stack.memory::<Progress>("Claims");
        let notices = stack.consumer(
            "Notices",
            "SlackNotifier",
            // Slack takes about one message a second.
            Feeding { batch_size: 1, maximum_concurrency: 2 },
            slack_notifier::Wiring {
                shown: claims.claim(),
                webhook: webhook.read(),
                time_zone: stack.setting(&stage.time_zone),
            },
        );
        stack.subscribe(&notices, &topic);
        stack.registration(
            "CloudWatch, Budgets and EventBridge",
            "CloudWatch: the alarm's notification; Budgets: the alert's Amazon SNS ARN; EventBridge: a rule's target, which brings CodePipeline and S3 too",
            TOPIC_ARN,
        );
        if let Some(AlarmsTo::Email(_)) = self.alarms_to {
            stack.registration(
                "the mail box of `alarms_to`",
                "open the link in the mail `AWS Notification - Subscription Confirmation` within two days; no alarm is mailed before",
                ALARM_MAIL,
            );
        }
        stack.tested_by(PlainText::TEST_EVENT, plan_test);
    }
}

/// The services that may always publish, and those that the stage file adds.
fn all_publishers(settings: &Settings) -> Publishers {
    let added = settings.publishers.iter().map(|publisher| publisher.principal());
    let mut services: Vec<&str> = PUBLISHERS.into_iter().chain(added).collect();
    services.sort_unstable();
    Publishers { words: "CloudWatch, Budgets, EventBridge", services }
}

/// Whether the alarms on this stack go to the topic that it listens to: if it fails, they do not arrive.
fn tells_itself(stage: &Stage, settings: &Settings) -> bool {
    match &stage.alarm_topic {
        Some(AlarmTopic::Stack(_)) => true,
        Some(AlarmTopic::Arn(arn)) => settings.topic.as_ref() == Some(arn),
        None => false,
    }
}

fn silent(stage: &Stage) -> String {
    format!(
        "if Slack refuses the webhook or the notifier fails, no alarm reaches anyone, because the alarms of this stack go \
         through it. Set `alarms_to` to an email address or another topic ({})",
        stage.place_of(&["sns_slack"])
    )
}

/// The longest message of a topic.
const LONGEST_MESSAGE_BYTES: usize = 262_144;

/// Any text becomes a message; the alarm of the test gets a name that no earlier one had.
fn plan_test(_stage: &Stage, event: &str, fresh: Option<&str>) -> Result<TestPlan, String> {
    if event.trim().is_empty() {
        return Err("the event is empty: a topic takes no message without text".into());
    }
    // Source: Amazon SNS API reference, Publish.
    if event.len() > LONGEST_MESSAGE_BYTES {
        return Err(format!("the event has {} bytes: a topic takes up to {LONGEST_MESSAGE_BYTES}", event.len()));
    }
    let (message, holds) = match fresh {
        Some(fresh) => {
            let name = format!("checkout-errors-{fresh}");
            (event.replace("checkout-errors", &name), name)
        }
        // How JSON is shown is for the notifier to say; any new message is its own.
        None if event.trim_start().starts_with(['{', '[']) => (event.to_owned(), String::new()),
        None => (event.to_owned(), first_word(event)),
    };
    Ok(TestPlan {
        files: vec![],
        entry: Entry::Publish { topic_output: TOPIC_ARN, subject: None, message },
        branches: vec![Branch {
            function: "SlackNotifier",
            effect: Effect::Message { saas: &slack::SAAS, item: "message", holds },
        }],
    })
}

/// The first run of letters and digits, which stays whole however a text is cut.
fn first_word(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric();
    text.chars().skip_while(|c| !is_part(*c)).take_while(|c| is_part(*c)).collect()
}
