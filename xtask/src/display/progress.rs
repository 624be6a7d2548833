//! What is in progress: steps, waits, and resources of stacks.

use deployer::{Event, ResourceStanding, ResourceStatus, StepId, counted};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A longer wait is shown, and shown again at this interval.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// Steps, waits and resources that are in progress.
#[derive(Default)]
pub(super) struct Progress {
    steps: Vec<Step>,
    waits: Vec<(u64, Doing)>,
    stacks: BTreeMap<String, Stack>,
}

/// A step that is in progress.
struct Step {
    id: StepId,
    /// The stack whose resources it changes.
    stack: Option<String>,
    doing: Doing,
}

/// Something that is in progress.
struct Doing {
    name: String,
    began: Instant,
    detail: String,
    /// How often it was reported as still in progress.
    n_reported: u32,
}

/// A line about something that is in progress.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    /// What it does now or why it takes long; may be empty.
    pub(super) detail: String,
    pub(super) took: Duration,
}

#[derive(Default)]
struct Stack {
    moving: BTreeMap<String, (Instant, ResourceStatus)>,
    /// During a rollback it shrinks.
    done: BTreeSet<String>,
}

impl Doing {
    fn new(name: String, began: Instant) -> Self {
        Self { name, began, detail: String::new(), n_reported: 0 }
    }

    fn took(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    fn line(&self, detail: String, now: Instant) -> Line {
        Line { name: self.name.clone(), detail, took: self.took(now) }
    }

    /// Whether to report now that it is still in progress; counts as reported then.
    fn is_due(&mut self, now: Instant) -> bool {
        let n_due = u32::try_from(self.took(now).as_secs() / LONG.as_secs()).unwrap_or(u32::MAX);
        let is_due = n_due > self.n_reported;
        self.n_reported = n_due;
        is_due
    }
}

impl Progress {
    pub(super) fn event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Began { id, step, stack } => {
                self.steps.push(Step { id: *id, stack: stack.clone(), doing: Doing::new(step.clone(), now) });
            }
            Event::Doing { id, detail } => {
                if let Some(step) = self.steps.iter_mut().find(|known| known.id == *id) {
                    step.doing.detail.clone_from(detail);
                }
            }
            Event::Ended { id, .. } => self.steps.retain(|known| known.id != *id),
            Event::Resource { stack, logical_id, status, .. } => self.resource(stack, logical_id, status, now),
            Event::Waits { id, what, since } => {
                self.waits.push((*id, Doing::new(format!("waiting for {what}"), *since)));
            }
            Event::WaitsBecause { id, reason } => {
                if let Some((_, wait)) = self.waits.iter_mut().find(|(known, _)| known == id) {
                    wait.detail.clone_from(reason);
                }
            }
            Event::Waited { id } => self.waits.retain(|(known, _)| known != id),
            Event::Note(_) | Event::Warning(_) | Event::Flush(_) => {}
        }
    }

    fn resource(&mut self, stack: &str, logical_id: &str, status: &ResourceStatus, now: Instant) {
        let stack = self.stacks.entry(stack.to_owned()).or_default();
        let standing = ResourceStanding::of(status);
        if standing == ResourceStanding::Moving {
            stack.moving.entry(logical_id.to_owned()).or_insert((now, status.clone())).1 = status.clone();
            return;
        }
        stack.moving.remove(logical_id);
        match standing {
            ResourceStanding::Done => {
                stack.done.insert(logical_id.to_owned());
            }
            ResourceStanding::Undone => {
                stack.done.remove(logical_id);
            }
            ResourceStanding::Moving | ResourceStanding::Failed | ResourceStanding::Unknown => {}
        }
    }

    /// One line for each step and for each long wait: what it is, what it does now, since when.
    pub(super) fn lines(&self, now: Instant) -> Vec<Line> {
        let steps = self.steps.iter().map(|step| step.doing.line(self.detail(step, now), now));
        let waits = self.waits.iter().map(|(_, wait)| wait).filter(|wait| wait.took(now) >= LONG);
        steps.chain(waits.map(|wait| wait.line(wait.detail.clone(), now))).collect()
    }

    /// The lines that are due again since they were last reported.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Line> {
        let due: Vec<bool> = self.steps.iter_mut().map(|step| step.doing.is_due(now)).collect();
        let steps = self.steps.iter().zip(due).filter(|(_, is_due)| *is_due);
        let mut lines: Vec<Line> = steps.map(|(step, _)| step.doing.line(self.detail(step, now), now)).collect();
        let waits = self.waits.iter_mut().map(|(_, wait)| wait);
        let due = waits.filter_map(|wait| wait.is_due(now).then(|| wait.line(wait.detail.clone(), now)));
        lines.extend(due);
        lines
    }

    fn detail(&self, step: &Step, now: Instant) -> String {
        let stack = step.stack.as_ref().and_then(|name| self.stacks.get(name));
        stack.map_or_else(|| step.doing.detail.clone(), |stack| stack.in_words(now))
    }
}

impl Stack {
    /// How many are done, and which has taken the longest.
    fn in_words(&self, now: Instant) -> String {
        let slowest = self.moving.iter().min_by_key(|(_, (since, _))| *since);
        let done = format!("{} done", counted(self.done.len(), "resource"));
        match slowest {
            None => done,
            Some((id, (since, status))) => {
                format!(
                    "{done}, {id} {} for {}",
                    status.as_str().to_lowercase().replace('_', " "),
                    super::duration(now.saturating_duration_since(*since))
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(lines: &[Line]) -> Vec<(&str, u64)> {
        lines.iter().map(|line| (line.name.as_str(), line.took.as_secs())).collect()
    }

    #[test]
    fn a_long_wait_is_reported_every_ten_seconds_with_its_reason() {
        let (mut progress, began) = (Progress::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        progress.event(&Event::Waits { id: 1, what: "STS to answer".into(), since: began }, began);
        progress.event(&Event::Waits { id: 2, what: "S3 to answer".into(), since: after(7) }, after(7));
        assert_eq!(progress.due(after(9)), []);
        assert_eq!(progress.lines(after(9)), []);
        assert_eq!(names(&progress.due(after(10))), [("waiting for STS to answer", 10)]);
        assert_eq!(progress.due(after(11)), []);
        progress.event(&Event::WaitsBecause { id: 2, reason: "attempt 2 failed".into() }, after(12));
        let due = progress.due(after(21));
        assert_eq!(names(&due), [("waiting for STS to answer", 21), ("waiting for S3 to answer", 14)]);
        assert_eq!(due[1].detail, "attempt 2 failed");
        assert_eq!(progress.lines(after(21)), due);
        progress.event(&Event::Waited { id: 1 }, after(22));
        assert_eq!(names(&progress.due(after(60))), [("waiting for S3 to answer", 53)]);
        progress.event(&Event::Waited { id: 2 }, after(61));
        assert_eq!((progress.due(after(90)), progress.lines(after(90))), (vec![], vec![]));
    }

    fn resource(stack: &str, logical_id: &str, status: ResourceStatus) -> Event {
        let (stack, logical_id) = (stack.into(), logical_id.into());
        Event::Resource { stack, logical_id, status, reason: String::new() }
    }

    #[test]
    fn a_step_is_told_each_ten_seconds_with_what_it_does() {
        let (mut progress, began) = (Progress::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        let id = StepId::new();
        progress.event(&Event::Began { id, step: "deploying a".into(), stack: Some("a".into()) }, began);
        progress.event(&resource("a", "Queue", ResourceStatus::CreateInProgress), after(4));
        assert_eq!(progress.due(after(9)), []);
        assert_eq!(progress.due(after(10))[0].detail, "0 resources done, Queue create in progress for 6.0 s");
        progress.event(&resource("a", "Queue", ResourceStatus::CreateComplete), after(11));
        assert_eq!(progress.due(after(20))[0].detail, "1 resource done");
    }

    #[test]
    fn a_step_is_known_by_its_id_and_its_stack_and_not_by_words() {
        let (mut progress, now) = (Progress::default(), Instant::now());
        let [first, second, other] = [StepId::new(), StepId::new(), StepId::new()];
        let began = |id, step: &str, stack: Option<&str>| Event::Began {
            id,
            step: step.into(),
            stack: stack.map(str::to_owned),
        };
        progress.event(&began(first, "deploying files", Some("files")), now);
        progress.event(&began(second, "deploying backlog-files", Some("backlog-files")), now);
        progress.event(&began(other, "installing files", None), now);
        progress.event(&Event::Doing { id: other, detail: "downloading".into() }, now);
        progress.event(&resource("files", "Queue", ResourceStatus::CreateComplete), now);
        let details = |progress: &Progress| {
            let lines = progress.lines(now);
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>()
        };
        assert_eq!(details(&progress), ["1 resource done", "", "downloading"]);
        let ended = Event::Ended { id: first, step: "x".into(), summary: String::new(), took: Duration::ZERO };
        progress.event(&ended, now);
        assert_eq!(details(&progress), ["", "downloading"]);
    }

    #[test]
    fn on_the_way_back_there_are_ever_fewer() {
        let (mut progress, now) = (Progress::default(), Instant::now());
        let id = StepId::new();
        progress.event(&Event::Began { id, step: "deploying a".into(), stack: Some("a".into()) }, now);
        for (logical_id, status, expected) in [
            ("Queue", ResourceStatus::CreateInProgress, "0 resources done, Queue create in progress for 0 ms"),
            ("Queue", ResourceStatus::CreateComplete, "1 resource done"),
            ("Topic", ResourceStatus::UpdateComplete, "2 resources done"),
            // What failed is not done, and is no less when it is removed.
            ("Api", ResourceStatus::CreateInProgress, "2 resources done, Api create in progress for 0 ms"),
            ("Api", ResourceStatus::CreateFailed, "2 resources done"),
            ("Api", ResourceStatus::DeleteComplete, "2 resources done"),
            ("Topic", ResourceStatus::UpdateRollbackComplete, "1 resource done"),
            ("Queue", ResourceStatus::DeleteInProgress, "1 resource done, Queue delete in progress for 0 ms"),
            ("Queue", ResourceStatus::DeleteComplete, "0 resources done"),
        ] {
            progress.event(&resource("a", logical_id, status.clone()), now);
            assert_eq!(progress.lines(now)[0].detail, expected, "{logical_id} {status}");
        }
    }
}
