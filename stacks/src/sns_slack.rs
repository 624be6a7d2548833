//! What is published to a topic, shown in Slack.

use crate::stack::{Feeding, Publishers, Stack};
use crate::stage::{AlarmTopic, AlarmsTo, Service, SnsSlackSettings, Stage};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::claim::Progress;
use contracts::slack::SlackWebhookUrl;
use contracts::{Message, PlainText, Published, slack_notifier};
use policies::Value;

/// Its name.
pub(crate) const NAME: &str = "sns-slack";
const TOPIC: &str = "Notifications";
const TOPIC_ARN: &str = "TopicArn";
const ALARM_MAIL: &str = "AlarmMailTopicArn";

/// Who always may tell of what goes on in the account.
const PUBLISHERS: [&str; 3] = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"];

/// Topic, queue, notifier, and what it remembers of each notification.
pub fn stack(stage: &Stage, settings: &SnsSlackSettings) -> Stack {
    let mut stack = Stack::new(NAME, stage);
    match &settings.alarms_to {
        Some(target) => stack.alarms_to(target, ALARM_MAIL),
        None if tells_itself(stage, settings) => stack.warn(silent(stage)),
        None => {}
    }
    let topic = match &settings.topic {
        None => stack.service_topic::<PlainText>(TOPIC, TOPIC_ARN, &publishers(settings)),
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
    if let Some(AlarmsTo::Email(_)) = settings.alarms_to {
        stack.registration(
            "the mail box of `alarms_to`",
            "open the link in the mail `AWS Notification - Subscription Confirmation` within two days; no alarm is mailed before",
            ALARM_MAIL,
        );
    }
    stack.tested_by(PlainText::TEST_EVENT, plan_test);
    stack
}

/// Those who always may publish, and those whom the stage file adds.
fn publishers(settings: &SnsSlackSettings) -> Publishers {
    let added = settings.publishers.iter().map(|publisher| publisher.principal());
    let mut services: Vec<&str> = PUBLISHERS.into_iter().chain(added).collect();
    services.sort_unstable();
    Publishers { words: "CloudWatch, Budgets, EventBridge", services }
}

/// Whether the alarms on this stack go to the topic that it listens to: if it fails, they do not arrive.
fn tells_itself(stage: &Stage, settings: &SnsSlackSettings) -> bool {
    match &stage.alarm_topic {
        Some(AlarmTopic::SnsSlack) => true,
        Some(AlarmTopic::Arn(arn)) => settings.topic.as_ref() == Some(arn),
        None => false,
    }
}

fn silent(stage: &Stage) -> String {
    format!(
        "if Slack refuses the webhook or the notifier fails, no alarm reaches anybody: the alarms on this stack go \
         through it. Set `alarms_to` to an e-mail address or another topic ({})",
        stage.place_of(&["sns_slack"])
    )
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
