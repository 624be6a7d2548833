//! Alarms, which every queue and every function has.

use super::Stack;
use crate::resource::{Alarm, Bound, Metric, Subscription, Topic, TopicPolicy};
use crate::stage::{AlarmTarget, AlarmTopic, AlarmsTo};
use policies::CfnString;

/// Refusals of an API, its 4xx, that need no attention: more of them are a flood, or a SaaS that was
/// given a wrong address.
const REFUSALS: Bound = Bound { threshold: 100, period_seconds: 300 };

const MAIL: &str = "AlarmMail";

impl Stack {
    /// An alarm on the messages of a dead-letter queue, with the usual advice.
    #[track_caller]
    pub(super) fn given_up_alarm(&mut self, dead_letters: &str) {
        // A message that was sent there, as the runtime does, has no source that SQS knows.
        // Source: SQS developer guide, "Troubleshoot issues in dead-letter queue redrive".
        let advice = "A message could not be handled. Its attribute `Reason` says why; fix the cause, then start a redrive \
                      to a custom destination: the queue with this name but without `DeadLetters`.";
        self.dead_letters_alarm(dead_letters, advice);
    }

    /// An alarm on the messages of a dead-letter queue, with this advice.
    #[track_caller]
    pub(super) fn dead_letters_alarm(&mut self, dead_letters: &str, advice: &str) {
        self.alarm(&format!("{dead_letters}Alarm"), Metric::dead_letters(dead_letters), advice);
    }

    /// Alarms on a function that fails or is throttled.
    #[track_caller]
    pub(super) fn function_alarms(&mut self, function: &str) {
        let errors = "The function failed. Its log group says why.";
        self.alarm(&format!("{function}ErrorsAlarm"), Metric::errors(function), errors);
        let throttles = "Lambda throttled the function: its own or the account's concurrency limit is reached.";
        self.alarm(&format!("{function}ThrottlesAlarm"), Metric::throttles(function), throttles);
    }

    /// An alarm on an API that fails: the sender may not try again, and then the event is lost.
    ///
    /// For Lambda, a function that answers with an error did not fail, so the function's own alarm is silent.
    #[track_caller]
    pub(super) fn api_alarm(&mut self) {
        let advice =
            "The API answered with a server error (5xx): an event may be lost. The function's log group says why.";
        self.alarm("ApiErrorsAlarm", Metric::server_errors(self.full_name()), advice);
    }

    /// An alarm on an API that rejects many requests: forged ones, or real ones above its limit, which would be lost.
    ///
    /// Source: API Gateway developer guide, "Amazon API Gateway dimensions and metrics".
    #[track_caller]
    pub(super) fn refusals_alarm(&mut self, advice: &str) {
        self.alarm_above(REFUSALS, "ApiRefusalsAlarm", Metric::refusals(self.full_name()), advice);
    }

    /// An alarm on an API that gets more requests in an hour than it should.
    #[track_caller]
    pub(super) fn volume_alarm(&mut self, requests_per_hour: u32) {
        let bound = Bound { threshold: requests_per_hour, period_seconds: 3600 };
        let advice = format!(
            "More than {requests_per_hour} requests arrived within an hour. Check what was asked; `rate_rule` in the stage \
             file blocks a single sender."
        );
        self.alarm_above(bound, "ApiVolumeAlarm", Metric::requests(self.full_name()), &advice);
    }

    /// An alarm on a metric that should be zero.
    #[track_caller]
    pub(super) fn alarm(&mut self, logical_id: &str, metric: Metric, advice: &str) {
        self.alarm_above(Bound::ZERO, logical_id, metric, advice);
    }

    #[track_caller]
    fn alarm_above(&mut self, bound: Bound, logical_id: &str, metric: Metric, advice: &str) {
        let description = format!("{} of stage {}: {advice}", self.name, self.stage.name);
        let alarm = Alarm::above(bound, metric, description, self.alarm_topic());
        self.add(logical_id, &alarm);
    }

    /// Sends the alarms of this stack elsewhere than those of the other stacks; call it before the first alarm.
    ///
    /// The ARN of a topic that mails them becomes an output.
    #[track_caller]
    pub fn alarms_to(&mut self, target: &AlarmsTo, output: &'static str) {
        assert!(self.resources.is_empty(), "stack `{}`: some alarms went elsewhere already", self.name);
        self.own_alarms = Some(match target {
            AlarmsTo::Topic(arn) => CfnString::text(arn.as_str()),
            AlarmsTo::Email(address) => {
                let topic = self.topic_name(MAIL);
                self.add(MAIL, &Topic { topic_name: topic });
                let arn = CfnString::reference(MAIL);
                let policy = TopicPolicy::for_services(arn.clone(), &["cloudwatch.amazonaws.com"]);
                self.add(&format!("{MAIL}Policy"), &policy);
                self.add(&format!("{MAIL}Subscription"), &Subscription::by_email(address, arn.clone()));
                self.outputs.insert(output, arn.clone());
                self.edge(MAIL, "a person's mailbox", "mails to");
                arn
            }
        });
    }

    fn alarm_topic(&self) -> Option<CfnString> {
        if self.own_alarms.is_some() {
            return self.own_alarms.clone();
        }
        if let Some(AlarmTopic::Arn(arn)) = &self.stage.alarm_topic {
            return Some(CfnString::text(arn.as_str()));
        }
        let (key, target) = self.stage.alarm_section()?;
        Some(match target {
            AlarmTarget::Existing(arn) => CfnString::text(arn.as_str()),
            AlarmTarget::Own(topic) => Self::topic_arn(&self.stage, &key.replace('_', "-"), topic),
        })
    }
}
