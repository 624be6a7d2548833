//! Two commands on one stack at the same time: neither harms the other, and the account ends as one of them wants.

use super::fault::Fault;
use super::gate::Gate;
use super::lane::{Command, Lane, Schedule, Way};
use super::points::{Point, Seen, check};
use super::undisturbed::{Work, nothing_is_left};
use super::wire::Plan;
use std::time::Duration;

/// How long operations on stacks take here: long enough that the second command meets them.
const PACE: Duration = Duration::from_secs(3);
/// After so many calls of the second command the first one continues.
const N_CALLS: usize = 4;

/// Two commands; the first is held when this call has taken effect, until the second is on its way.
#[derive(Clone, Copy)]
struct Pair {
    work: Work,
    first: Command,
    held_at: &'static str,
    second: Command,
    /// What the second command ends with, where it cannot depend on who was faster.
    second_code: Option<i32>,
}

const IDENTITY: &str = "sts:GetCallerIdentity";
const PROPOSE: &str = "cloudformation:CreateChangeSet";
const EXECUTE: &str = "cloudformation:ExecuteChangeSet";
const DELETE: &str = "cloudformation:DeleteStack";

const fn pair(work: Work, first: Command, held_at: &'static str, second: Command, second_code: Option<i32>) -> Pair {
    Pair { work, first, held_at, second, second_code }
}

const PAIRS: [(&str, Pair); 13] = [
    ("create-create-same-moment", pair(Work::Create, Command::Deploy, IDENTITY, Command::Deploy, None)),
    ("create-create-proposed", pair(Work::Create, Command::Deploy, PROPOSE, Command::Deploy, None)),
    ("create-create-executed", pair(Work::Create, Command::Deploy, EXECUTE, Command::Deploy, Some(0))),
    ("update-update-same-moment", pair(Work::Update, Command::Deploy, IDENTITY, Command::Deploy, None)),
    ("update-update-proposed", pair(Work::Update, Command::Deploy, PROPOSE, Command::Deploy, None)),
    ("update-update-executed", pair(Work::Update, Command::Deploy, EXECUTE, Command::Deploy, Some(0))),
    ("create-destroy-proposed", pair(Work::Create, Command::Deploy, PROPOSE, Command::Destroy, None)),
    ("create-destroy-executed", pair(Work::Create, Command::Deploy, EXECUTE, Command::Destroy, Some(0))),
    ("update-destroy-executed", pair(Work::Update, Command::Deploy, EXECUTE, Command::Destroy, Some(0))),
    ("destroy-deploy-same-moment", pair(Work::Update, Command::Destroy, IDENTITY, Command::Deploy, None)),
    ("destroy-deploy-deleting", pair(Work::Update, Command::Destroy, DELETE, Command::Deploy, Some(0))),
    ("destroy-destroy-same-moment", pair(Work::Destroy, Command::Destroy, IDENTITY, Command::Destroy, Some(0))),
    ("destroy-destroy-deleting", pair(Work::Destroy, Command::Destroy, DELETE, Command::Destroy, Some(0))),
];

#[test]
fn two_commands_at_once_do_no_harm() {
    let points = PAIRS.map(|(name, pair)| Point::new(name, pair));
    check("together", 3, &points, |lane, pair| try_pair(lane, *pair));
}

fn try_pair(lane: &mut Lane, pair: Pair) -> Result<Seen, String> {
    pair.work.prepare(lane)?;
    lane.slow_down(PACE);
    let gate = Gate::closed();
    let mut first = lane.start(pair.first, Way::Wire(hold_until_others(pair.held_at, &gate)));
    if !lane.wait_at(&gate, &mut first) {
        return Err(format!("{} was not called: {}", pair.held_at, lane.finish(first)));
    }
    let second = lane.finish(lane.start_beside(pair.second));
    gate.open();
    let first = lane.finish(first);
    lane.slow_down(Lane::PACE);
    let mut wrong = first.faults_of_manner();
    wrong.extend(second.faults_of_manner());
    if pair.second_code.is_some() && second.code() != pair.second_code {
        wrong.push("the second one was not to fail".to_owned());
    }
    let work = if pair.second == Command::Destroy { Work::Destroy } else { Work::Create };
    if let Err(why) = work.recovers(lane) {
        wrong.push(format!("the second one again:\n{why}"));
    }
    match wrong.is_empty() {
        true => Ok(Seen::Held),
        false => Err(format!("{}\nfirst: {first}\nsecond: {second}", wrong.join("\n"))),
    }
}

/// Holds the first call of this name until so many others were made.
fn hold_until_others(name: &'static str, gate: &Gate) -> Plan {
    let (gate, mut n_others) = (gate.clone(), None);
    Box::new(move |call| {
        if let Some(n_others) = &mut n_others {
            *n_others += 1;
            if *n_others == N_CALLS {
                gate.open();
            }
            return Fault::None;
        }
        if call.name() != name {
            return Fault::None;
        }
        n_others = Some(0);
        Fault::HeldAfter(gate.clone())
    })
}

#[test]
fn a_stack_that_comes_back_keeps_what_it_has() {
    let points = [Point::new("while-it-is-destroyed", ())];
    check("returned", 1, &points, |lane, ()| try_return(lane));
}

/// The destroy is held when its stack is gone and it looks for what outlived it; meanwhile the stack is deployed again,
/// with a bucket and a log group of its name.
fn try_return(lane: &mut Lane) -> Result<Seen, String> {
    lane.choose(Schedule::Nine);
    lane.succeeds(Command::Deploy)?;
    lane.account().ask("plant", &[&Lane::stack_name(), "Old"]);
    let gate = Gate::closed();
    let mut destroy = lane.start(Command::Destroy, Way::Wire(hold_after_deletion(&gate)));
    if !lane.wait_at(&gate, &mut destroy) {
        return Err(format!("nothing was looked for after the deletion: {}", lane.finish(destroy)));
    }
    lane.succeeds(Command::Deploy)?;
    lane.account().ask("plant", &[&Lane::stack_name(), "New"]);
    let came_back = lane.inventory();
    gate.open();
    let ran = lane.finish(destroy);
    let mut wrong = ran.faults_of_manner();
    if ran.code() != Some(1) {
        wrong.push("it was to end with 1".to_owned());
    }
    let changes = lane.inventory().since(&came_back);
    let taken: Vec<_> =
        changes.lines().filter(|line| line.starts_with("- ") && !line.to_lowercase().contains("-old")).collect();
    if !taken.is_empty() {
        wrong.push(format!("it took from the stack that came back:\n{}", taken.join("\n")));
    }
    lane.succeeds(Command::Destroy)?;
    nothing_is_left(lane)?;
    match wrong.is_empty() {
        true => Ok(Seen::Held),
        false => Err(format!("{}\n{ran}", wrong.join("\n"))),
    }
}

/// Holds the first call to another service after the stack was deleted.
fn hold_after_deletion(gate: &Gate) -> Plan {
    let (mut gate, mut is_deleted) = (Some(gate.clone()), false);
    Box::new(move |call| {
        is_deleted |= call.name() == DELETE;
        match is_deleted && call.service != "cloudformation" {
            true => gate.take().map_or(Fault::None, Fault::HeldBefore),
            false => Fault::None,
        }
    })
}
