//! The display for logs and pipes: lines are appended, and a long silence is explained.

use super::progress::Progress;
use super::{Show, duration, write_line};
use deployer::Event;
use std::time::{Duration, Instant};

/// After so long without a line, what is under way is told.
const SILENCE: Duration = Duration::from_secs(10);

pub(super) struct Plain {
    progress: Progress,
    last_line: Instant,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self { progress: Progress::default(), last_line: Instant::now() }
    }

    fn line(&mut self, line: &str) {
        write_line(line);
        self.last_line = Instant::now();
    }
}

impl Show for Plain {
    fn event(&mut self, event: Event) {
        self.progress.event(&event);
        match event {
            Event::Ended { step, summary, took } => self.line(&format!("{step}: {summary} ({})", duration(took))),
            Event::Resource { logical_id, status, reason, .. } if status.ends_with("_FAILED") => {
                self.line(&format!("failed: {logical_id}: {reason}"));
            }
            Event::Note(text) => self.line(&text),
            Event::Warning(text) => self.line(&format!("warning: {text}")),
            Event::Flush(flush) => flush.done(),
            _ => {}
        }
    }

    fn tick(&mut self) {
        if self.last_line.elapsed() < SILENCE {
            return;
        }
        for (name, detail, took) in self.progress.lines() {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            self.line(&format!("still {name}, {}{detail}", duration(took)));
        }
    }

    fn end(&mut self) {}
}
