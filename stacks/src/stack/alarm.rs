//! Alarms, which every queue and every function has.

use super::Stack;
use crate::resource::{Alarm, Metric};
use crate::sns_slack;
use crate::stage::AlarmTopic;
use policies::Value;

impl Stack {
    /// An alarm on messages of a queue that were given up.
    #[track_caller]
    pub(super) fn given_up_alarm(&mut self, dead_letters: &str) {
        // A message that was sent there, as the runtime does, has no source that SQS knows.
        // Source: SQS developer guide, "Troubleshoot issues in dead-letter queue redrive".
        let advice = "A message could not be handled. Its attribute `Reason` says why; mend that, then start a redrive \
                      to a custom destination: the queue with this name but without `DeadLetters`.";
        self.dead_letters_alarm(dead_letters, advice);
    }

    /// An alarm on what lies in a dead-letter queue, with what to do then.
    #[track_caller]
    pub(super) fn dead_letters_alarm(&mut self, dead_letters: &str, advice: &str) {
        self.alarm(&format!("{dead_letters}Alarm"), Metric::dead_letters(dead_letters), advice);
    }

    /// Alarms on a function that fails or is turned away.
    #[track_caller]
    pub(super) fn function_alarms(&mut self, function: &str) {
        let errors = "The function ended in an error. Its log group says why.";
        self.alarm(&format!("{function}ErrorsAlarm"), Metric::errors(function), errors);
        let throttles = "The function was turned away: the account's concurrency, or its own, is used up.";
        self.alarm(&format!("{function}ThrottlesAlarm"), Metric::throttles(function), throttles);
    }

    /// An alarm on an API that fails: whoever posts may not try again, and then the event is lost.
    ///
    /// A function that answers with an error has not failed in the eyes of Lambda, so its own alarm is silent.
    #[track_caller]
    pub(super) fn api_alarm(&mut self) {
        let advice =
            "The API answered with an error of its own (5xx): an event may be lost. The function's log group says why.";
        self.alarm("ApiErrorsAlarm", Metric::server_errors(self.full_name()), advice);
    }

    #[track_caller]
    pub(super) fn alarm(&mut self, logical_id: &str, metric: Metric, advice: &str) {
        let description = format!("{} of stage {}: {advice}", self.name, self.stage.name);
        let alarm = Alarm::above_zero(metric, description, self.alarm_topic());
        self.add(logical_id, &alarm);
    }

    fn alarm_topic(&self) -> Option<Value> {
        self.stage.alarm_topic.as_ref().map(|topic| match topic {
            AlarmTopic::SnsSlack => sns_slack::topic_arn(&self.stage),
            AlarmTopic::Arn(arn) => Value::text(arn.as_str()),
        })
    }
}
