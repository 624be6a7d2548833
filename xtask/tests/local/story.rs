//! Stories: chapters that share one stage, run one after the other by `libtest-mimic`.
//!
//! A chapter can be run alone by its name, and a failure does not hide the rest:
//! `cargo test -p xtask --test NAME -- PART-OF-A-NAME`; `-- --list` lists the chapters. The opening and the ending of
//! the story run with every selection, and so does what a selected chapter needs.

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What the chapters of a story share.
pub trait Shared: Send + 'static {
    /// Runs before each chapter.
    fn prepare(&self) {}

    /// Runs after a chapter that failed, and takes back what it left half done.
    fn recover(&self) {}
}

/// A named part of a story.
pub struct Chapter<S> {
    name: &'static str,
    after: &'static [&'static str],
    run: fn(&S),
}

/// A chapter that needs nothing but the opening.
pub const fn chapter<S>(name: &'static str, run: fn(&S)) -> Chapter<S> {
    Chapter { name, after: &[], run }
}

impl<S> Chapter<S> {
    /// Names the earlier chapters whose effects this one needs.
    #[allow(dead_code, reason = "in some stories every chapter stands alone")]
    pub const fn after(mut self, names: &'static [&'static str]) -> Self {
        self.after = names;
        self
    }
}

/// Chapters that need the same earlier chapters.
pub struct Part<S: 'static> {
    pub after: &'static [&'static str],
    pub chapters: &'static [Chapter<S>],
}

/// A whole story.
pub struct Story<S: 'static> {
    /// Makes the stage, before the opening.
    pub make: fn() -> S,
    /// The first chapter, which all others need.
    pub opening: Chapter<S>,
    pub parts: Vec<Part<S>>,
    /// The last chapter. It runs even when others failed, and leaves no process.
    pub ending: Chapter<S>,
}

/// A chapter with all that it needs.
struct Step<S> {
    name: &'static str,
    needs: Vec<&'static str>,
    run: fn(&S),
}

/// How far the story is.
struct Progress<S> {
    make: fn() -> S,
    stage: Option<S>,
    failed: BTreeSet<&'static str>,
}

/// What the last panic said, with its place.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

impl<S: Shared> Story<S> {
    /// Runs what the arguments of the process select. Returns the exit code of the process.
    pub fn run(self) -> ExitCode {
        let arguments = Arguments::from_args();
        remember_panics();
        let progress = Progress { make: self.make, stage: None, failed: BTreeSet::new() };
        let progress = Arc::new(Mutex::new(progress));
        let steps = steps(self.opening, self.parts, self.ending);
        let selected = selected(&steps, &arguments);
        let n_left_out = if arguments.list { 0 } else { steps.len() - selected.len() };
        let trials = steps.into_iter().enumerate().filter(|(index, _)| selected.contains(index)).map(|(_, step)| {
            let progress = progress.clone();
            Trial::test(step.name, move || progress.lock().unwrap().run(&step))
        });
        // What is selected is decided above; one thread keeps the order.
        let arguments = Arguments { filter: None, skip: Vec::new(), test_threads: Some(1), ..arguments };
        let mut conclusion = libtest_mimic::run(&arguments, trials.collect());
        conclusion.num_filtered_out += n_left_out as u64;
        conclusion.exit_code()
    }
}

/// All chapters in order, with what each needs.
fn steps<S: 'static>(opening: Chapter<S>, parts: Vec<Part<S>>, ending: Chapter<S>) -> Vec<Step<S>> {
    let mut steps = vec![Step { name: opening.name, needs: Vec::new(), run: opening.run }];
    for part in parts {
        for chapter in part.chapters {
            let needs: Vec<_> = part.after.iter().chain(chapter.after).copied().chain([opening.name]).collect();
            for needed in &needs {
                let is_earlier = steps.iter().any(|step| step.name == *needed);
                assert!(is_earlier, "`{}` is after `{needed}`, which is no earlier chapter", chapter.name);
            }
            assert!(steps.iter().all(|step| step.name != chapter.name), "two chapters are named `{}`", chapter.name);
            steps.push(Step { name: chapter.name, needs, run: chapter.run });
        }
    }
    steps.push(Step { name: ending.name, needs: Vec::new(), run: ending.run });
    steps
}

/// The indices of the chapters to run: those that the arguments name, all that these need, and the ending.
fn selected<S>(steps: &[Step<S>], arguments: &Arguments) -> BTreeSet<usize> {
    let matches = |name: &str, filter: &String| if arguments.exact { name == filter } else { name.contains(filter) };
    let is_named = |name: &str| {
        arguments.filter.as_ref().is_none_or(|filter| matches(name, filter))
            && !arguments.skip.iter().any(|skipped| matches(name, skipped))
    };
    let mut selected: BTreeSet<usize> = (0..steps.len()).filter(|index| is_named(steps[*index].name)).collect();
    if arguments.list || selected.is_empty() {
        return selected;
    }
    selected.extend([0, steps.len() - 1]);
    // A need stands before the one who needs it, so that one pass from the end finds the needs of needs.
    for index in (0..steps.len()).rev() {
        if selected.contains(&index) {
            let needs = &steps[index].needs;
            selected.extend((0..index).filter(|earlier| needs.contains(&steps[*earlier].name)));
        }
    }
    selected
}

impl<S: Shared> Progress<S> {
    fn run(&mut self, step: &Step<S>) -> Result<(), Failed> {
        if let Some(needed) = step.needs.iter().find(|needed| self.failed.contains(*needed)) {
            self.failed.insert(step.name);
            return Err(format!("not run: `{needed}` failed").into());
        }
        let began = Instant::now();
        let result = self.attempt(step.run);
        print!("({:.1} s) ", began.elapsed().as_secs_f64());
        let _ = std::io::stdout().flush();
        result.map_err(|said| {
            self.failed.insert(step.name);
            if let Some(stage) = &self.stage {
                // What cannot be taken back shows in the chapters that follow.
                let _ = catch_unwind(AssertUnwindSafe(|| stage.recover()));
            }
            said.into()
        })
    }

    /// Runs a chapter. Returns the message of its panic.
    fn attempt(&mut self, run: fn(&S)) -> Result<(), String> {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let stage = self.stage.get_or_insert_with(self.make);
            stage.prepare();
            run(stage);
        }));
        result.map_err(|_| LAST_PANIC.lock().unwrap().clone())
    }
}

/// Keeps what a panic says, for the list of failures at the end; it is printed at once as well.
fn remember_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        println!();
        print(panic);
        *LAST_PANIC.lock().unwrap() = panic.to_string();
    }));
}
