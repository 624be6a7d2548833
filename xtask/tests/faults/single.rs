//! One call goes wrong; the command says so once, and the same command again succeeds.

use super::call::Call;
use super::fault::{Fault, Refusal, Reply};
use super::lane::{Lane, Way};
use super::points::{Point, Seen, check, is_wanted};
use super::undisturbed::{Undisturbed, Work};
use super::wire::Plan;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    InternalError,
    Unavailable,
    Throttled,
    ResetBefore,
    ResetAfter,
    Truncated,
    Garbage,
    BadGateway,
    Denied,
    /// From this call on, since a session does not come back.
    Expired,
    NeverAnswered,
    /// From this call on none is answered, as behind a gateway that forgot the connection.
    Silent,
}

const KINDS: [(&str, Kind); 12] = [
    ("500", Kind::InternalError),
    ("503", Kind::Unavailable),
    ("throttled", Kind::Throttled),
    ("reset-before", Kind::ResetBefore),
    ("reset-after", Kind::ResetAfter),
    ("truncated", Kind::Truncated),
    ("garbage", Kind::Garbage),
    ("bad-gateway", Kind::BadGateway),
    ("denied", Kind::Denied),
    ("expired", Kind::Expired),
    ("never-answered", Kind::NeverAnswered),
    ("silent", Kind::Silent),
];

#[test]
fn a_first_deployment_bears_one_fault_at_each_call() {
    break_each_call("fault-create", 5, Work::Create);
}

#[test]
fn an_update_bears_one_fault_at_each_call() {
    break_each_call("fault-update", 3, Work::Update);
}

#[test]
fn a_destroy_bears_one_fault_at_each_call() {
    break_each_call("fault-destroy", 3, Work::Destroy);
}

fn break_each_call(part: &str, n_sample: usize, work: Work) {
    if !is_wanted(part) {
        return;
    }
    let calls = Undisturbed::get().of(work).iter();
    let points: Vec<_> = calls
        .flat_map(|call| KINDS.map(|(name, kind)| Point::new(format!("{}-{name}", call.index), (call.index, kind))))
        .collect();
    check(part, n_sample, &points, |lane, (index, kind)| try_fault(lane, work, *index, *kind));
}

fn try_fault(lane: &mut Lane, work: Work, index: usize, kind: Kind) -> Result<Seen, String> {
    work.prepare(lane)?;
    let before = lane.inventory();
    let ran = lane.run(work.command(), Way::Wire(plan(index, kind)));
    let mut wrong = ran.faults_of_manner();
    if ran.code() == Some(2) {
        let left = lane.inventory().since(&before);
        if !left.is_empty() {
            wrong.push(format!("exit code 2 says that nothing was changed, but there is:\n{left}"));
        }
    }
    if let Err(why) = work.recovers(lane) {
        wrong.push(format!("the next run:\n{why}"));
    }
    match wrong.is_empty() {
        true if ran.n_faults == 0 => Ok(Seen::NotReached),
        true => Ok(Seen::Held),
        false => {
            let broken = ran.calls.get(index - 1).map(Call::name).unwrap_or_default();
            Err(format!("{kind:?} at {broken}: {}\n{ran}", wrong.join("\n")))
        }
    }
}

fn plan(index: usize, kind: Kind) -> Plan {
    Box::new(move |call| {
        let stays = matches!(kind, Kind::Expired | Kind::Silent);
        let is_hit = call.index == index || (stays && call.index > index);
        if is_hit { fault(call, kind) } else { Fault::None }
    })
}

fn fault(call: &Call, kind: Kind) -> Fault {
    let refused = |refusal| Fault::Answered(Reply::refusal(call, refusal));
    match kind {
        Kind::InternalError => refused(Refusal::InternalError),
        Kind::Unavailable => refused(Refusal::Unavailable),
        Kind::Throttled => refused(Refusal::Throttled),
        Kind::Denied => refused(Refusal::Denied),
        Kind::Expired => refused(Refusal::Expired),
        Kind::Garbage => Fault::Answered(Reply::garbage()),
        Kind::BadGateway => Fault::Answered(Reply::bad_gateway()),
        Kind::ResetBefore => Fault::ResetBefore,
        Kind::ResetAfter => Fault::ResetAfter,
        Kind::Truncated => Fault::Truncated,
        Kind::NeverAnswered | Kind::Silent => Fault::NeverAnswered,
    }
}
