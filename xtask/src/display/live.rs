//! The display for a terminal: redraws what is in progress, and scrolls up what is done.

use super::progress::{Line, Progress};
use super::{Show, bold, dim, duration, green, red, yellow};
use deployer::{Event, ResourceStanding};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::Instant;

pub(super) struct Live {
    bars: MultiProgress,
    lines: Vec<ProgressBar>,
    progress: Progress,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { bars: MultiProgress::new(), lines: Vec::new(), progress: Progress::default() }
    }

    fn redraw(&mut self) {
        let lines = self.progress.lines(Instant::now());
        while self.lines.len() < lines.len() {
            let bar = self.bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            self.lines.push(bar);
        }
        while self.lines.len() > lines.len() {
            if let Some(bar) = self.lines.pop() {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
        }
        for (bar, Line { name, detail, took }) in self.lines.iter().zip(lines) {
            bar.set_message(format!("{} {} {}", bold(&name), dim(&duration(took)), dim(&detail)));
            bar.tick();
        }
    }

    fn keep(&self, line: &str) {
        let _ = self.bars.println(line);
    }
}

impl Show for Live {
    fn event(&mut self, event: Event) {
        self.progress.event(&event, Instant::now());
        match event {
            Event::Ended { step, summary, took, .. } => {
                self.keep(&format!("{} {step}: {summary} {}", green("✓"), dim(&duration(took))));
            }
            Event::Resource { logical_id, status, reason, .. }
                if ResourceStanding::of(&status) == ResourceStanding::Failed =>
            {
                self.keep(&format!("{} {logical_id}: {reason}", red("✗")));
            }
            Event::Note(text) => self.keep(&format!("  {text}")),
            Event::Warning(text) => self.keep(&format!("{} {text}", yellow("!"))),
            Event::Flush(flush) => flush.done(),
            _ => {}
        }
        self.redraw();
    }

    fn tick(&mut self) {
        self.redraw();
    }

    fn end(&mut self) {
        for bar in self.lines.drain(..) {
            bar.finish_and_clear();
        }
        let _ = self.bars.clear();
    }
}
