//! Alarms, which every queue and every function has.

use super::Stack;
use crate::resource::{Alarm, Metric};
use crate::sns_slack;
use crate::stage::AlarmTopic;
use policies::Value;

impl Stack {
    /// An alarm on messages that were given up.
    #[track_caller]
    pub(super) fn dead_letters_alarm(&mut self, dead_letters: &str) {
        let advice =
            "A message could not be handled. Its attribute `Reason` says why; mend that, then start a redrive.";
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
