//! What the settings of a stage file must not say together.

use super::Hosted;
use super::section::{AlarmTarget, SectionKind, Shared};
use super::{AlarmTopic, Contradiction, Stage, StageError, TopicArn};

impl Stage {
    /// Refuses settings of which each is right by itself.
    pub(super) fn check(&self, kinds: &[SectionKind]) -> Result<(), StageError> {
        self.check_sections(kinds)?;
        self.check_boundary()?;
        self.check_alarm_topic(kinds)?;
        for (key, section) in &self.sections {
            let checked = section.check(self);
            checked.or_else(|Contradiction { setting, message }| self.wrong(&[key, setting], &message))?;
        }
        self.check_hosts()
    }

    fn wrong<T>(&self, path: &[&str], message: &str) -> Result<T, StageError> {
        Err(StageError { line: self.line_of(path), message: format!("{}: {message}", path.join(".")) })
    }

    fn check_sections(&self, kinds: &[SectionKind]) -> Result<(), StageError> {
        if self.sections.is_empty() {
            let names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.key)).collect();
            let message =
                format!("the stage file has no section of an integration; add at least one of {}", names.join(", "));
            return Err(StageError { line: None, message });
        }
        let needs_backlog = |kind: &&SectionKind| kind.shared.contains(&Shared::Backlog);
        let given = kinds.iter().filter(|kind| self.sections.contains_key(kind.key));
        match given.filter(needs_backlog).find(|_| self.backlog.is_none()) {
            Some(kind) => {
                self.wrong(&[kind.key], "the section `backlog` is missing; it names the space and the project")
            }
            None => Ok(()),
        }
    }

    /// Source: IAM user guide, "Permissions boundaries for IAM entities": a policy of AWS, or of the role's account.
    fn check_boundary(&self) -> Result<(), StageError> {
        let account = self.permissions_boundary.as_ref().and_then(|boundary| boundary.account());
        match (account, &self.account) {
            (Some(theirs), Some(own)) if theirs != own => self.wrong(
                &["permissions_boundary"],
                &format!(
                    "the policy belongs to account {theirs}; allowed is one of account {own}, where the roles are"
                ),
            ),
            _ => Ok(()),
        }
    }

    fn check_alarm_topic(&self, kinds: &[SectionKind]) -> Result<(), StageError> {
        let path = ["alarm_topic"];
        let existing = match &self.alarm_topic {
            None => None,
            Some(AlarmTopic::Arn(arn)) => Some(arn.clone()),
            Some(AlarmTopic::Stack(name)) => {
                let kinds: Vec<_> = kinds.iter().filter(|kind| kind.takes_alarms).collect();
                if !kinds.iter().any(|kind| kind.name == name) {
                    let names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.name)).collect();
                    let message = format!(
                        "`{name}` takes no alarms; allowed is {}, or the ARN of a standard topic",
                        names.join(", ")
                    );
                    return self.wrong(&path, &message);
                }
                match self.alarm_section() {
                    Some((_, AlarmTarget::Existing(arn))) => Some(arn),
                    Some((_, AlarmTarget::Own(_))) => None,
                    None => {
                        let message =
                            format!("`{name}` is not in this stage; add its section, or give the ARN of a topic");
                        return self.wrong(&path, &message);
                    }
                }
            }
        };
        let wrong = existing.and_then(|topic| self.topic_of_another_region(&topic));
        wrong.map_or(Ok(()), |message| self.wrong(&path, &message))
    }

    /// Why alarms cannot go to a topic of another region.
    ///
    /// Source: CloudWatch user guide, "Using Amazon CloudWatch alarms": actions are of the alarm's region.
    pub(crate) fn topic_of_another_region(&self, topic: &TopicArn) -> Option<String> {
        let (topic, found, region) = (topic.as_str(), topic.region(), self.region.as_str());
        (*found != self.region)
            .then(|| format!("`{topic}` is in another region; allowed is a topic of `{region}`, where the alarms are"))
    }

    fn check_hosts(&self) -> Result<(), StageError> {
        for (key, Hosted { origin, whose, .. }) in self.hosted() {
            match (self.is_local(), origin) {
                (true, Some(_)) => {
                    let message = "found a host; remove it, because a stand-in answers on the local stage";
                    return self.wrong(&[key, "host"], message);
                }
                (false, None) => {
                    return self.wrong(&[key], &format!("missing field `host`; allowed is the host of {whose}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
