//! The display for logs and pipes: appends lines, and every ten seconds a line for each step that still runs.

use super::progress::{Line, Progress};
use super::{Show, duration, write_line};
use deployer::{Event, ResourceStanding};
use std::time::Instant;

#[derive(Default)]
pub(super) struct Plain {
    progress: Progress,
}

impl Show for Plain {
    fn event(&mut self, event: Event) {
        self.progress.event(&event, Instant::now());
        match event {
            Event::Ended { step, summary, took, .. } => write_line(&format!("{step}: {summary} ({})", duration(took))),
            Event::Resource { logical_id, status, reason, .. }
                if ResourceStanding::of(&status) == ResourceStanding::Failed =>
            {
                write_line(&format!("failed: {logical_id}: {reason}"));
            }
            Event::Note(text) => write_line(&text),
            Event::Warning(text) => write_line(&format!("warning: {text}")),
            Event::Flush(flush) => flush.done(),
            _ => {}
        }
    }

    fn tick(&mut self) {
        for Line { name, detail, took } in self.progress.due(Instant::now()) {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            write_line(&format!("still {name}, {}{detail}", duration(took)));
        }
    }

    fn end(&mut self) {}
}
