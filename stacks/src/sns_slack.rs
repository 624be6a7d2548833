//! What is published to a topic, shown in Slack.

use crate::stack::{Feeding, Publishers, Stack};
use crate::stage::{Service, SnsSlackSettings, Stage};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::claim::Progress;
use contracts::slack::SlackWebhookUrl;
use contracts::{Message, PlainText, Published, slack_notifier};
use policies::Value;

/// Its name.
pub(crate) const NAME: &str = "sns-slack";
const TOPIC: &str = "Notifications";
const TOPIC_ARN: &str = "TopicArn";

/// Who tells of what goes on in the account.
const PUBLISHERS: Publishers = Publishers(
    "CloudWatch, Budgets, EventBridge",
    &["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"],
);

/// Topic, queue, notifier, and what it remembers of each notification.
pub fn stack(stage: &Stage, settings: &SnsSlackSettings) -> Stack {
    let mut stack = Stack::new(NAME, stage);
    let topic = match &settings.topic {
        None => stack.service_topic::<PlainText>(TOPIC, TOPIC_ARN, &PUBLISHERS),
        Some(arn) => stack.existing_topic::<PlainText>(arn, TOPIC_ARN),
    };
    let notices = stack.queue::<Published<PlainText>>("Notices");
    stack.subscribe(&notices, &topic);
    let webhook = stack.given_secret::<SlackWebhookUrl>("SlackWebhook");
    let claims = stack.memory::<Progress>("Claims");
    stack.consumer(
        "SlackNotifier",
        &notices,
        // Slack takes about one message a second.
        Feeding { batch_size: 1, maximum_concurrency: 2 },
        slack_notifier::Wiring {
            shown: claims.claim(),
            webhook: webhook.read(),
            time_zone: stack.setting(&stage.time_zone),
        },
    );
    stack.registration(
        "CloudWatch, Budgets and EventBridge",
        "CloudWatch: the alarm's notification; Budgets: the alert's Amazon SNS ARN; EventBridge: a rule's target, which brings CodePipeline and S3 too",
        TOPIC_ARN,
    );
    stack.tested_by(PlainText::TEST_EVENT, plan_test);
    stack
}

/// The ARN of the topic, for the alarms of other stacks.
pub(crate) fn topic_arn(stage: &Stage) -> Value {
    match stage.sns_slack.as_ref().and_then(|settings| settings.topic.as_ref()) {
        Some(arn) => Value::text(arn.as_str()),
        None => Stack::topic_arn(stage, NAME, TOPIC),
    }
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
        // What becomes of JSON is for the notifier to say; any new message is its own.
        None if event.trim_start().starts_with(['{', '[']) => (event.to_owned(), String::new()),
        None => (event.to_owned(), first_word(event)),
    };
    Ok(TestPlan {
        files: vec![],
        entry: Entry::Publish { topic_output: TOPIC_ARN, subject: None, message },
        branches: vec![Branch {
            function: "SlackNotifier",
            effect: Effect::Message { service: Service::Slack, holds },
        }],
    })
}

/// The first run of letters and digits: whatever becomes of a text, it stays whole.
fn first_word(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric();
    text.chars().skip_while(|c| !is_part(*c)).take_while(|c| is_part(*c)).collect()
}
