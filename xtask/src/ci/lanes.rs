//! Runs stories side by side, in lanes.

use super::steps::Steps;
use crate::display::write_line;
use crate::failure::Failure;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs tests of `xtask` by their names, one after the other in each lane, with other tests beside them.
///
/// Returns the first failure after the stories that run by then have ended, because one that is killed would leave its
/// emulator running.
pub(super) fn run(
    steps: &Steps,
    lanes: &[&[&str]],
    is_thorough: bool,
    beside: impl FnOnce() -> Result<(), Failure> + Send,
) -> Result<(), Failure> {
    let has_failed = AtomicBool::new(false);
    let run_lane = |names: &[&str]| {
        for name in names {
            if has_failed.load(Ordering::Relaxed) {
                break;
            }
            run_story(steps, name, is_thorough).inspect_err(|_| has_failed.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| beside().inspect_err(|_| has_failed.store(true, Ordering::Relaxed)));
        let lanes: Vec<_> = lanes.iter().map(|names| scope.spawn(|| run_lane(names))).collect();
        std::iter::once(beside)
            .chain(lanes)
            .try_for_each(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Runs one; each line of its output begins with its name.
fn run_story(steps: &Steps, name: &str, is_thorough: bool) -> Result<(), Failure> {
    let all = if is_thorough { "FAULTS=all " } else { "" };
    let line = format!("{all}cargo test --locked -p xtask --test {name} -- --nocapture");
    write_line(&format!("\n$ {line}"));
    let mut command = steps.typed(&line);
    let took = steps.time(&format!("story {name}"), &line, || show(&mut command, name))?;
    write_line(&format!("{name:>15} | took {:.0} s", took.as_secs_f64()));
    Ok(())
}

/// Runs a command and shows its output line by line.
fn show(command: &mut Command, name: &str) -> std::io::Result<std::process::ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| stdout.map(|stdout| show_lines(stdout, name)));
        scope.spawn(|| stderr.map(|stderr| show_lines(stderr, name)));
    });
    child.wait()
}

fn show_lines(output: impl Read, name: &str) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        write_line(&format!("{name:>15} | {}", String::from_utf8_lossy(&line)));
    }
}
