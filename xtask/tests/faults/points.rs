//! Points at which something goes wrong: which of them are tried, by whom, and what is said of them.
//!
//! `FAULTS` says which: nothing is a sample that is spread evenly, `all` is all of them, `PART` one part
//! of them, `PART:POINT` one alone.

use super::lane::Lane;
use super::undisturbed::Undisturbed;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

/// How many points are tried at the same time. They wait more than they compute.
const N_LANES: usize = 4;

/// One thing that can go wrong.
pub struct Point<T> {
    /// Its name within its part.
    pub name: String,
    pub what: T,
}

impl<T> Point<T> {
    pub fn new(name: impl Into<String>, what: T) -> Self {
        Self { name: name.into(), what }
    }
}

/// What came of a point that was as it must be.
pub enum Seen {
    /// It was reached, and all that must hold held.
    Held,
    /// The command made fewer calls than the undisturbed one, so that it was not reached.
    NotReached,
}

/// Tries the chosen points of a part; prints how many held, and fails with those that did not.
pub fn check<T: Sync>(
    part: &str,
    n_sample: usize,
    points: &[Point<T>],
    try_point: impl Fn(&mut Lane, &T) -> Result<Seen, String> + Sync,
) {
    let chosen = choose(part, n_sample, points);
    if chosen.is_empty() {
        return;
    }
    // Before the first lane is taken: a point that needs it would wait for another lane and hold its own.
    Undisturbed::get();
    let next = AtomicUsize::new(0);
    let (n_unreached, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(point) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut turn = Turn::take();
            match try_point(turn.lane(), &point.what) {
                Ok(Seen::Held) => turn.give_back(),
                Ok(Seen::NotReached) => {
                    n_unreached.fetch_add(1, Ordering::Relaxed);
                    turn.give_back();
                }
                // What it left would disturb the next one; the lane ends here.
                Err(why) => {
                    println!("FAIL  {part}:{}", point.name);
                    failures.lock().unwrap().push((point.name.clone(), why));
                }
            }
        }
    };
    std::thread::scope(|scope| (0..N_LANES.min(chosen.len())).for_each(|_| drop(scope.spawn(work))));
    report(part, chosen.len(), n_unreached.into_inner(), &failures.into_inner().unwrap());
}

fn report(part: &str, n_chosen: usize, n_unreached: usize, failures: &[(String, String)]) {
    let n_tried = n_chosen - n_unreached;
    let n_held = n_tried - failures.len();
    let unreached = if n_unreached > 0 { format!(", {n_unreached} not reached") } else { String::new() };
    println!("{} {part}: {n_held}/{n_tried}{unreached}", if failures.is_empty() { "ok " } else { "FAIL" });
    let lines: Vec<String> = failures
        .iter()
        .map(|(point, why)| {
            format!("--- {part}:{point}\n{why}\n    again: FAULTS={part}:{point} cargo test -p xtask --test faults")
        })
        .collect();
    assert!(failures.is_empty(), "{n_held}/{n_tried}\n{}", lines.join("\n\n"));
    // Calls vary by a few with the time that things take; a part of which nothing is reached proves nothing.
    assert!(n_unreached * 3 <= n_chosen, "{part}: {n_unreached} of {n_chosen} points were not reached");
}

fn choose<'a, T>(part: &str, n_sample: usize, points: &'a [Point<T>]) -> Vec<&'a Point<T>> {
    assert!(!points.is_empty(), "{part}: there is no point to try");
    let wanted = wanted();
    match wanted.split_once(':') {
        _ if wanted == "all" || wanted == part => points.iter().collect(),
        Some((name, point)) if name == part => points.iter().filter(|other| other.name == point).collect(),
        None if wanted.is_empty() => sample(points.len(), n_sample).into_iter().map(|index| &points[index]).collect(),
        _ => Vec::new(),
    }
}

/// Whether a part is wanted at all, so that nothing is prepared in vain.
pub fn is_wanted(part: &str) -> bool {
    let wanted = wanted();
    wanted.is_empty() || wanted == "all" || wanted.split(':').next() == Some(part)
}

#[expect(clippy::disallowed_methods, reason = "the environment is how `ci` and people choose points")]
fn wanted() -> String {
    std::env::var("FAULTS").unwrap_or_default()
}

/// So many indices below `n`, spread evenly.
fn sample(n: usize, n_sample: usize) -> BTreeSet<usize> {
    let n_sample = n_sample.min(n);
    (0..n_sample).map(|index| (index * n + n / 2) / n_sample).collect()
}

/// Does something on a lane, which must leave it as it was.
pub fn on_a_lane<T>(work: impl FnOnce(&mut Lane) -> Result<T, String>) -> T {
    let mut turn = Turn::take();
    let result = work(turn.lane()).unwrap_or_else(|why| panic!("{why}"));
    turn.give_back();
    result
}

/// The lanes of all parts.
struct Lanes {
    idle: Vec<Lane>,
    n_busy: usize,
    n_made: usize,
}

static LANES: Mutex<Lanes> = Mutex::new(Lanes { idle: Vec::new(), n_busy: 0, n_made: 0 });
static CHANGED: Condvar = Condvar::new();

/// The use of a lane; one that is not given back ends.
struct Turn(Option<Lane>);

impl Turn {
    fn take() -> Self {
        let mut lanes = LANES.lock().unwrap();
        while lanes.n_busy == N_LANES {
            lanes = CHANGED.wait(lanes).unwrap();
        }
        lanes.n_busy += 1;
        if let Some(lane) = lanes.idle.pop() {
            return Self(Some(lane));
        }
        lanes.n_made += 1;
        let number = lanes.n_made;
        drop(lanes);
        Self(Some(Lane::new(number)))
    }

    fn lane(&mut self) -> &mut Lane {
        self.0.as_mut().unwrap()
    }

    fn give_back(mut self) {
        let lane = self.0.take();
        LANES.lock().unwrap().idle.extend(lane);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        LANES.lock().unwrap().n_busy -= 1;
        CHANGED.notify_one();
    }
}

#[test]
fn a_sample_is_spread_evenly() {
    assert_eq!(sample(10, 0), BTreeSet::new());
    assert_eq!(sample(3, 5), BTreeSet::from([0, 1, 2]));
    assert_eq!(sample(100, 4), BTreeSet::from([12, 37, 62, 87]));
}
