//! What the settings of a stage file must not say together.

use super::{AlarmTopic, AlarmsTo, Stage, StageError, TopicArn};

impl Stage {
    /// Refuses settings of which each is right by itself.
    pub(super) fn check(&self) -> Result<(), StageError> {
        self.check_sections()?;
        self.check_boundary()?;
        self.check_alarm_topic()?;
        self.check_sns_slack()?;
        self.check_host()
    }

    fn wrong<T>(&self, path: &[&str], message: &str) -> Result<T, StageError> {
        Err(StageError { line: self.line_of(path), message: format!("{}: {message}", path.join(".")) })
    }

    /// The sections that make stacks, with whether each needs the section `backlog`.
    fn sections(&self) -> [(&'static str, bool, bool); 5] {
        [
            ("backlog_files", self.backlog_files.is_some(), true),
            ("bytebase_workflow", self.bytebase_workflow.is_some(), false),
            ("mackerel_incidents", self.mackerel_incidents.is_some(), true),
            ("sns_slack", self.sns_slack.is_some(), false),
            ("question_form", self.question_form.is_some(), true),
        ]
    }

    fn check_sections(&self) -> Result<(), StageError> {
        let given: Vec<_> = self.sections().into_iter().filter(|(_, is_given, _)| *is_given).collect();
        if given.is_empty() {
            let names = self.sections().map(|(name, ..)| format!("`{name}`")).join(", ");
            let message = format!("the stage has no stack; give the section of at least one: {names}");
            return Err(StageError { line: None, message });
        }
        let lacks_backlog = given.iter().find(|(_, _, needs_backlog)| *needs_backlog && self.backlog.is_none());
        if let Some((name, ..)) = lacks_backlog {
            return Err(StageError {
                line: self.line_of(&[name]),
                message: format!("{name}: the section `backlog` is missing; it says which space and project"),
            });
        }
        Ok(())
    }

    /// Source: IAM user guide, "Permissions boundaries for IAM entities": a policy of AWS, or of the role's account.
    fn check_boundary(&self) -> Result<(), StageError> {
        let account = self.permissions_boundary.as_ref().and_then(|boundary| boundary.account());
        match (account, &self.account) {
            (Some(theirs), Some(ours)) if theirs != ours => self.wrong(
                &["permissions_boundary"],
                &format!("the policy is of the account {theirs}; allowed is one of {ours}, where the roles are"),
            ),
            _ => Ok(()),
        }
    }

    fn check_alarm_topic(&self) -> Result<(), StageError> {
        let topic = match (&self.alarm_topic, &self.sns_slack) {
            (None, _) => None,
            (Some(AlarmTopic::Arn(arn)), _) => Some(arn),
            (Some(AlarmTopic::SnsSlack), Some(settings)) => settings.topic.as_ref(),
            (Some(AlarmTopic::SnsSlack), None) => {
                let message = "`sns-slack` is not in this stage; give its section, or the ARN of a topic";
                return self.wrong(&["alarm_topic"], message);
            }
        };
        self.check_region_of_alarms(topic, &["alarm_topic"])
    }

    /// Source: CloudWatch user guide, "Using Amazon CloudWatch alarms": actions are of the alarm's region.
    fn check_region_of_alarms(&self, topic: Option<&TopicArn>, path: &[&str]) -> Result<(), StageError> {
        match topic.filter(|topic| *topic.region() != self.region) {
            None => Ok(()),
            Some(topic) => {
                let (topic, region) = (topic.as_str(), self.region.as_str());
                let message =
                    format!("`{topic}` is in another region; allowed is a topic of `{region}`, where the alarms are");
                self.wrong(path, &message)
            }
        }
    }

    fn check_sns_slack(&self) -> Result<(), StageError> {
        let Some(settings) = &self.sns_slack else { return Ok(()) };
        if let (Some(topic), false) = (&settings.topic, settings.publishers.is_empty()) {
            let message = format!(
                "the policy of `{}` is not this stack's; let them publish there, or leave `topic` out for a topic of its own",
                topic.as_str()
            );
            return self.wrong(&["sns_slack", "publishers"], &message);
        }
        let Some(AlarmsTo::Topic(topic)) = &settings.alarms_to else { return Ok(()) };
        let path = ["sns_slack", "alarms_to"];
        if settings.topic.as_ref() == Some(topic) {
            let message = "this is the topic that the stack listens to; allowed is another one, or an e-mail address";
            return self.wrong(&path, message);
        }
        self.check_region_of_alarms(Some(topic), &path)
    }

    fn check_host(&self) -> Result<(), StageError> {
        let hosts = [
            (
                "backlog",
                self.backlog.as_ref().map(|backlog| backlog.host.is_some()),
                "your space, such as `example.backlog.com`",
            ),
            (
                "bytebase_workflow",
                self.bytebase_workflow.as_ref().map(|bytebase| bytebase.host.is_some()),
                "your Bytebase, such as `bytebase.example.com`",
            ),
        ];
        for (section, has_host, whose) in hosts {
            let wrong = |path: &[&str], message| Err(StageError { line: self.line_of(path), message });
            match (self.is_local(), has_host) {
                (true, Some(true)) => {
                    let message = "found a host; the local stage has none, a stand-in answers there";
                    return wrong(&[section, "host"], format!("{section}.host: {message}"));
                }
                (false, Some(false)) => {
                    return wrong(
                        &[section],
                        format!("{section}: missing field `host`; allowed is the host of {whose}"),
                    );
                }
                _ => {}
            }
        }
        Ok(())
    }
}
