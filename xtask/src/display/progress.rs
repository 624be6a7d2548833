//! What is under way: steps, and the resources of stacks that are moving.

use deployer::{Event, counted};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Steps and resources that are under way.
#[derive(Default)]
pub(super) struct Progress {
    steps: Vec<Step>,
    stacks: BTreeMap<String, Stack>,
}

struct Step {
    name: String,
    began: Instant,
    detail: String,
}

#[derive(Default)]
struct Stack {
    moving: BTreeMap<String, (Instant, String)>,
    n_done: usize,
}

impl Progress {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Began { step } => {
                self.steps.push(Step { name: step.clone(), began: Instant::now(), detail: String::new() });
            }
            Event::Doing { step, detail } => {
                if let Some(step) = self.steps.iter_mut().find(|known| known.name == *step) {
                    step.detail.clone_from(detail);
                }
            }
            Event::Ended { step, .. } => self.steps.retain(|known| known.name != *step),
            Event::Resource { stack, logical_id, status, .. } => self.resource(stack, logical_id, status),
            Event::Note(_) | Event::Warning(_) | Event::Flush(_) => {}
        }
    }

    fn resource(&mut self, stack: &str, logical_id: &str, status: &str) {
        let stack = self.stacks.entry(stack.to_owned()).or_default();
        if status.ends_with("_IN_PROGRESS") {
            stack.moving.entry(logical_id.to_owned()).or_insert((Instant::now(), status.to_owned())).1 =
                status.to_owned();
        } else if stack.moving.remove(logical_id).is_some() {
            // On the way back there are ever fewer.
            match status.contains("ROLLBACK") || status.starts_with("DELETE") {
                true => stack.n_done = stack.n_done.saturating_sub(1),
                false => stack.n_done += 1,
            }
        }
    }

    /// One line for each step: name, what it does now, since when.
    pub(super) fn lines(&self) -> Vec<(String, String, Duration)> {
        self.steps
            .iter()
            .map(|step| {
                let stack = self.stacks.iter().find(|(name, _)| step.name.ends_with(name.as_str()));
                let detail = stack.map_or_else(|| step.detail.clone(), |(_, stack)| stack.in_words());
                (step.name.clone(), detail, step.began.elapsed())
            })
            .collect()
    }
}

impl Stack {
    /// How many are done, and which has taken longest.
    fn in_words(&self) -> String {
        let slowest = self.moving.iter().min_by_key(|(_, (since, _))| *since);
        let done = format!("{} done", counted(self.n_done, "resource"));
        match slowest {
            None => done,
            Some((id, (since, status))) => {
                format!(
                    "{done}, {id} {} for {}",
                    status.to_lowercase().replace('_', " "),
                    super::duration(since.elapsed())
                )
            }
        }
    }
}
