//! What is under way: steps, and the resources of stacks that are moving.

use deployer::{Event, counted};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A wait that is longer than this is shown, and told again each time as long has passed.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// Steps, waits and resources that are under way.
#[derive(Default)]
pub(super) struct Progress {
    steps: Vec<Doing>,
    waits: Vec<(u64, Doing)>,
    stacks: BTreeMap<String, Stack>,
}

/// Something that is under way.
struct Doing {
    name: String,
    began: Instant,
    detail: String,
    /// How often it has been told that it is still under way.
    n_told: u32,
}

/// One thing that is under way, as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    /// What it does now or why it takes long; may be empty.
    pub(super) detail: String,
    pub(super) took: Duration,
}

#[derive(Default)]
struct Stack {
    moving: BTreeMap<String, (Instant, String)>,
    n_done: usize,
}

impl Doing {
    fn new(name: String, began: Instant) -> Self {
        Self { name, began, detail: String::new(), n_told: 0 }
    }

    fn took(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    fn line(&self, detail: String, now: Instant) -> Line {
        Line { name: self.name.clone(), detail, took: self.took(now) }
    }

    /// Whether it is time to tell that it is still under way; counts as told then.
    fn is_due(&mut self, now: Instant) -> bool {
        let n_due = u32::try_from(self.took(now).as_secs() / LONG.as_secs()).unwrap_or(u32::MAX);
        let is_due = n_due > self.n_told;
        self.n_told = n_due;
        is_due
    }
}

impl Progress {
    pub(super) fn event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Began { step } => self.steps.push(Doing::new(step.clone(), now)),
            Event::Doing { step, detail } => {
                if let Some(step) = self.steps.iter_mut().find(|known| known.name == *step) {
                    step.detail.clone_from(detail);
                }
            }
            Event::Ended { step, .. } => self.steps.retain(|known| known.name != *step),
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

    fn resource(&mut self, stack: &str, logical_id: &str, status: &str, now: Instant) {
        let stack = self.stacks.entry(stack.to_owned()).or_default();
        if status.ends_with("_IN_PROGRESS") {
            stack.moving.entry(logical_id.to_owned()).or_insert((now, status.to_owned())).1 = status.to_owned();
        } else if stack.moving.remove(logical_id).is_some() {
            // On the way back there are ever fewer.
            match status.contains("ROLLBACK") || status.starts_with("DELETE") {
                true => stack.n_done = stack.n_done.saturating_sub(1),
                false => stack.n_done += 1,
            }
        }
    }

    /// One line for each step and for each long wait: what it is, what it does now, since when.
    pub(super) fn lines(&self, now: Instant) -> Vec<Line> {
        let steps = self.steps.iter().map(|step| step.line(self.detail(step, now), now));
        let waits = self.waits.iter().map(|(_, wait)| wait).filter(|wait| wait.took(now) >= LONG);
        steps.chain(waits.map(|wait| wait.line(wait.detail.clone(), now))).collect()
    }

    /// The lines of what has been under way for another while since it was told.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Line> {
        let due: Vec<bool> = self.steps.iter_mut().map(|step| step.is_due(now)).collect();
        let steps = self.steps.iter().zip(due).filter(|(_, is_due)| *is_due);
        let mut lines: Vec<Line> = steps.map(|(step, _)| step.line(self.detail(step, now), now)).collect();
        let waits = self.waits.iter_mut().map(|(_, wait)| wait);
        let due = waits.filter_map(|wait| wait.is_due(now).then(|| wait.line(wait.detail.clone(), now)));
        lines.extend(due);
        lines
    }

    fn detail(&self, step: &Doing, now: Instant) -> String {
        let stack = self.stacks.iter().find(|(name, _)| step.name.ends_with(name.as_str()));
        stack.map_or_else(|| step.detail.clone(), |(_, stack)| stack.in_words(now))
    }
}

impl Stack {
    /// How many are done, and which has taken longest.
    fn in_words(&self, now: Instant) -> String {
        let slowest = self.moving.iter().min_by_key(|(_, (since, _))| *since);
        let done = format!("{} done", counted(self.n_done, "resource"));
        match slowest {
            None => done,
            Some((id, (since, status))) => {
                format!(
                    "{done}, {id} {} for {}",
                    status.to_lowercase().replace('_', " "),
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
    fn a_long_wait_is_told_each_ten_seconds_with_its_reason() {
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

    #[test]
    fn a_step_is_told_each_ten_seconds_with_what_it_does() {
        let (mut progress, began) = (Progress::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        progress.event(&Event::Began { step: "deploying a".into() }, began);
        let resource = |status: &str| Event::Resource {
            stack: "a".into(),
            logical_id: "Queue".into(),
            status: status.into(),
            reason: String::new(),
        };
        progress.event(&resource("CREATE_IN_PROGRESS"), after(4));
        assert_eq!(progress.due(after(9)), []);
        assert_eq!(progress.due(after(10))[0].detail, "0 resources done, Queue create in progress for 6.0 s");
        progress.event(&resource("CREATE_COMPLETE"), after(11));
        assert_eq!(progress.due(after(20))[0].detail, "1 resource done");
    }
}
