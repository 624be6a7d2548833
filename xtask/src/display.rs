//! The progress of a command on stderr: redrawn in place on a terminal, appended line by line elsewhere.

mod live;
mod plain;
mod progress;
mod proposal;

pub use proposal::{print_leftovers, print_proposals};

use crate::failure::Failure;
use deployer::Event;
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The interval of updates while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// A running display.
pub struct Display {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// A way to show events.
trait Show: Send {
    fn event(&mut self, event: Event);
    fn tick(&mut self);
    fn end(&mut self);
}

impl Display {
    /// Shows events as they arrive.
    pub fn start(mut events: UnboundedReceiver<Event>) -> Self {
        let is_terminal = std::io::stderr().is_terminal() && console::Term::stderr().features().is_attended();
        let mut show: Box<dyn Show> = match is_terminal {
            true => Box::new(live::Live::new()),
            false => Box::new(plain::Plain::default()),
        };
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                tokio::select! {
                    biased;
                    event = events.recv() => match event {
                        Some(event) => show.event(event),
                        None => break,
                    },
                    _ = &mut stopped => break,
                    _ = ticks.tick() => show.tick(),
                }
            }
            while let Ok(event) = events.try_recv() {
                show.event(event);
            }
            show.end();
        });
        Self { stop, task }
    }

    /// Shows the remaining events and ends.
    pub async fn close(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// Prints a failure: what failed, a blank line, the next step.
pub fn print_failure(failure: &Failure) {
    if !failure.message.is_empty() {
        write_line(&format!("{} {}", red("error:"), failure.message));
    }
    if let Some(hint) = &failure.hint {
        write_line(&format!("\n{} {hint}", bold("hint:")));
    }
}

/// Writes a line to stderr; ignores that nothing reads it any more.
pub fn write_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Colors only on a terminal, and never if `NO_COLOR` is set.
fn style() -> console::Style {
    console::Style::new().for_stderr()
}

fn red(text: &str) -> String {
    style().red().bold().apply_to(text).to_string()
}

fn green(text: &str) -> String {
    style().green().apply_to(text).to_string()
}

fn yellow(text: &str) -> String {
    style().yellow().apply_to(text).to_string()
}

fn bold(text: &str) -> String {
    style().bold().apply_to(text).to_string()
}

fn dim(text: &str) -> String {
    style().dim().apply_to(text).to_string()
}

/// A duration in words, with its unit.
fn duration(took: Duration) -> String {
    match took.as_secs() {
        0 => format!("{} ms", took.as_millis()),
        1..60 => format!("{:.1} s", took.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}
