//! A command is killed at each of its calls; the same command again must bring it to its end.

use super::fault::Fault;
use super::lane::{Command, Lane, Way};
use super::points::{Point, Seen, check, is_wanted};
use super::undisturbed::{Undisturbed, Work, at_call, nothing_is_left};

/// What is done after the kill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The same again.
    Again,
    /// The stack is not wanted any more.
    Destroy,
}

/// When the command is killed.
#[derive(Clone, Copy)]
enum Moment {
    BeforeTheCall,
    BeforeItsAnswer,
}

#[test]
fn a_killed_first_deployment_is_brought_to_its_end() {
    kill("kill-create", 3, Work::Create, Then::Again);
}

#[test]
fn a_killed_update_is_brought_to_its_end() {
    kill("kill-update", 2, Work::Update, Then::Again);
}

#[test]
fn a_killed_destroy_is_brought_to_its_end() {
    kill("kill-destroy", 3, Work::Destroy, Then::Again);
}

#[test]
fn a_killed_first_deployment_can_be_destroyed() {
    kill("kill-then-destroy", 2, Work::Create, Then::Destroy);
}

fn kill(part: &str, n_sample: usize, work: Work, then: Then) {
    if !is_wanted(part) {
        return;
    }
    let calls = Undisturbed::get().of(work).iter();
    let points: Vec<_> = calls
        .flat_map(|call| {
            let point = |name: &str, moment| Point::new(format!("{}-{name}", call.index), (call.index, moment));
            [point("before", Moment::BeforeTheCall), point("after", Moment::BeforeItsAnswer)]
        })
        .collect();
    check(part, n_sample, &points, |lane, (index, moment)| try_kill(lane, work, then, *index, *moment));
}

fn try_kill(lane: &mut Lane, work: Work, then: Then, index: usize, moment: Moment) -> Result<Seen, String> {
    work.prepare(lane)?;
    let fault = match moment {
        Moment::BeforeTheCall => Fault::KillBefore,
        Moment::BeforeItsAnswer => Fault::KillAfter,
    };
    let ran = lane.run(work.command(), Way::Wire(at_call(index, fault)));
    if ran.n_faults > 0 && !ran.was_killed() {
        return Err(format!("it was to be killed, and ended with {ran}"));
    }
    let context = |why| format!("after a kill at {}:\n{why}", ran.last_call());
    match then {
        Then::Again => work.recovers(lane).map_err(context)?,
        Then::Destroy => {
            lane.succeeds(Command::Destroy).map_err(context)?;
            nothing_is_left(lane).map_err(context)?;
        }
    }
    Ok(if ran.n_faults > 0 { Seen::Held } else { Seen::NotReached })
}
