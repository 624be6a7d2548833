//! Faults and kills at random, by seed: each command succeeds after a few tries.

use super::call::Call;
use super::fault::{Fault, Refusal, Reply};
use super::lane::{Command, Lane, Schedule, Way};
use super::points::{Point, Seen, check};
use super::undisturbed::{is_as_deployed, nothing_is_left};
use super::wire::Plan;
use fastrand::Rng;

/// Of a hundred calls so many go wrong.
const PERCENT: u8 = 12;
/// After so many runs a command has to be done.
const MOST_RUNS: usize = 8;
const N_SEEDS: u64 = 20;

#[test]
fn faults_at_random_are_borne_as_well() {
    let points: Vec<_> = (1..=N_SEEDS).map(|seed| Point::new(seed.to_string(), seed)).collect();
    check("random", 1, &points, |lane, seed| try_seed(lane, *seed));
}

fn try_seed(lane: &mut Lane, seed: u64) -> Result<Seen, String> {
    let mut random = Rng::with_seed(seed);
    let steps =
        [(Command::Deploy, Schedule::Nine), (Command::Deploy, Schedule::Ten), (Command::Destroy, Schedule::Ten)];
    for (command, schedule) in steps {
        lane.choose(schedule);
        run_until_done(lane, command, &mut random)?;
        if command == Command::Deploy {
            is_as_deployed(lane)?;
        }
    }
    nothing_is_left(lane)?;
    Ok(Seen::Held)
}

fn run_until_done(lane: &Lane, command: Command, random: &mut Rng) -> Result<(), String> {
    for _ in 0..MOST_RUNS {
        let ran = lane.run(command, Way::Wire(plan(random.fork())));
        let wrong = if ran.was_killed() { Vec::new() } else { ran.faults_of_manner() };
        if !wrong.is_empty() {
            return Err(format!("{}\n{ran}", wrong.join("\n")));
        }
        if ran.code() == Some(0) {
            return Ok(());
        }
    }
    Err(format!("{command:?} was not done after {MOST_RUNS} runs"))
}

fn plan(mut random: Rng) -> Plan {
    Box::new(move |call| match random.u8(..100) < PERCENT {
        true => fault(call, random.u8(..9)),
        false => Fault::None,
    })
}

fn fault(call: &Call, number: u8) -> Fault {
    let refused = |refusal| Fault::Answered(Reply::refusal(call, refusal));
    match number {
        0 => refused(Refusal::InternalError),
        1 => refused(Refusal::Unavailable),
        2 => refused(Refusal::Throttled),
        3 => Fault::ResetBefore,
        4 => Fault::ResetAfter,
        5 => Fault::Truncated,
        6 => Fault::Answered(Reply::bad_gateway()),
        7 => Fault::KillBefore,
        _ => Fault::KillAfter,
    }
}
