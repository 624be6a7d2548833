//! A person interrupts a command during one of its calls; exit code 2 must be true.

use super::fault::Fault;
use super::gate::Gate;
use super::lane::{Command, Lane, Ran, Running, Way};
use super::points::{Point, Seen, check};
use super::undisturbed::Work;
use super::wire::Plan;
use rustix::process::Signal;
use std::time::Duration;

/// How long a person waits between two times Ctrl-C.
const BETWEEN: Duration = Duration::from_millis(200);
/// How long the call is held after the last signal.
const CLEANING: Duration = Duration::from_secs(2);

/// How a command is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Once,
    Twice,
    Terminated,
}

/// A command, the call at which it is held, and what was there before.
#[derive(Clone, Copy)]
struct Held {
    command: Command,
    call: &'static str,
    work: Work,
}

const HELD: [Held; 11] = [
    Held { command: Command::Deploy, call: "sts:GetCallerIdentity", work: Work::Create },
    Held { command: Command::Deploy, call: "cloudformation:CreateChangeSet", work: Work::Create },
    Held { command: Command::Deploy, call: "cloudformation:DescribeChangeSet", work: Work::Create },
    Held { command: Command::Look, call: "cloudformation:DescribeChangeSet", work: Work::Create },
    Held { command: Command::Deploy, call: "cloudformation:DescribeStackEvents", work: Work::Create },
    Held { command: Command::Deploy, call: "cloudformation:ExecuteChangeSet", work: Work::Create },
    Held { command: Command::Deploy, call: "secretsmanager:PutSecretValue", work: Work::Create },
    Held { command: Command::Deploy, call: "cloudformation:GetTemplate", work: Work::Update },
    Held { command: Command::Look, call: "cloudformation:CreateChangeSet", work: Work::Update },
    Held { command: Command::Destroy, call: "cloudformation:DescribeStacks", work: Work::Destroy },
    Held { command: Command::Destroy, call: "cloudformation:DeleteStack", work: Work::Destroy },
];

#[test]
fn an_interrupted_command_says_truly_whether_anything_was_changed() {
    let points: Vec<_> = HELD
        .into_iter()
        .flat_map(|held| {
            [("once", How::Once), ("twice", How::Twice), ("terminated", How::Terminated)].map(|(name, how)| {
                let operation = held.call.rsplit(':').next().unwrap();
                Point::new(format!("{:?}-{:?}-{operation}-{name}", held.work, held.command), (held, how))
            })
        })
        .collect();
    check("interrupt", 4, &points, |lane, (held, how)| try_interrupt(lane, *held, *how));
}

fn try_interrupt(lane: &mut Lane, held: Held, how: How) -> Result<Seen, String> {
    held.work.prepare(lane)?;
    let before = lane.inventory();
    let gate = Gate::closed();
    let mut running = lane.start(held.command, Way::Wire(hold_first(held.call, &gate)));
    let is_held = lane.wait_at(&gate, &mut running);
    let ran = if is_held { interrupt(lane, running, how, &gate) } else { lane.finish(running) };
    let mut wrong = ran.faults_of_manner();
    if is_held && ran.code() == Some(0) {
        wrong.push("it was interrupted and ended with 0".to_owned());
    }
    if ran.code() == Some(2) {
        let left = lane.inventory().since(&before);
        if !left.is_empty() {
            wrong.push(format!("exit code 2 says that nothing was changed, but there is:\n{left}"));
        }
    }
    if let Err(why) = held.work.recovers(lane) {
        wrong.push(format!("the next run:\n{why}"));
    }
    match wrong.is_empty() {
        true if is_held => Ok(Seen::Held),
        true => Ok(Seen::NotReached),
        false => Err(format!("{}\n{ran}", wrong.join("\n"))),
    }
}

fn interrupt(lane: &Lane, mut running: Running, how: How, gate: &Gate) -> Ran {
    match how {
        How::Once => running.signal(Signal::INT),
        How::Terminated => running.signal(Signal::TERM),
        How::Twice => {
            running.signal(Signal::INT);
            lane.give_time(&mut running, BETWEEN);
            running.signal(Signal::INT);
        }
    }
    // A command that still waits for the answer gets it.
    lane.give_time(&mut running, CLEANING);
    gate.open();
    lane.finish(running)
}

/// Holds the answer to the first call of this name.
fn hold_first(name: &'static str, gate: &Gate) -> Plan {
    let mut gate = Some(gate.clone());
    Box::new(move |call| match call.name() == name {
        true => gate.take().map_or(Fault::None, Fault::HeldAfter),
        false => Fault::None,
    })
}
