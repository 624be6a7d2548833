//! Every status that CloudFormation has for a stack, and what each command does about it.

use super::call::Call;
use super::fault::{Fault, Reply};
use super::lane::{Command, Lane, Ran, Schedule, Way};
use super::points::{Point, Seen, check};
use super::undisturbed::{Work, nothing_is_left};
use super::wire::Plan;
use axum::body::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What `deploy` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deploys {
    /// It creates the stack.
    New,
    /// It updates the stack, after waiting for the operation in progress.
    Update,
    /// It removes what never was a stack, then creates it.
    FromNothing,
    /// It changes nothing and says why.
    Refuses,
}

/// What `endpoints` and `publish-test-event` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// They take the stack as one that is there.
    There,
    /// They say that it is not.
    NotThere,
}

/// How the status comes about here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// The wire says so of a stack that is there.
    Shown,
    /// As above, for two looks; then the status is this one.
    Until(&'static str),
    /// It really is so.
    Truly,
}

struct Row {
    status: &'static str,
    made: Made,
    deploys: Deploys,
    reads: Reads,
}

const fn row(status: &'static str, made: Made, deploys: Deploys, reads: Reads) -> Row {
    Row { status, made, deploys, reads }
}

/// Source of the names: CloudFormation API reference, Stack. What a status allows: CloudFormation user guide,
/// "Stack status codes".
const TABLE: [Row; 23] = [
    row("CREATE_IN_PROGRESS", Made::Until("CREATE_COMPLETE"), Deploys::Update, Reads::NotThere),
    row("CREATE_FAILED", Made::Shown, Deploys::FromNothing, Reads::NotThere),
    row("CREATE_COMPLETE", Made::Shown, Deploys::Update, Reads::There),
    row("ROLLBACK_IN_PROGRESS", Made::Until("ROLLBACK_COMPLETE"), Deploys::FromNothing, Reads::NotThere),
    row("ROLLBACK_FAILED", Made::Shown, Deploys::FromNothing, Reads::NotThere),
    row("ROLLBACK_COMPLETE", Made::Shown, Deploys::FromNothing, Reads::NotThere),
    row("DELETE_IN_PROGRESS", Made::Truly, Deploys::New, Reads::NotThere),
    row("DELETE_FAILED", Made::Shown, Deploys::Refuses, Reads::There),
    row("DELETE_COMPLETE", Made::Truly, Deploys::New, Reads::NotThere),
    row("UPDATE_IN_PROGRESS", Made::Until("UPDATE_COMPLETE"), Deploys::Update, Reads::There),
    row("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Made::Until("UPDATE_COMPLETE"), Deploys::Update, Reads::There),
    row("UPDATE_COMPLETE", Made::Shown, Deploys::Update, Reads::There),
    row("UPDATE_FAILED", Made::Shown, Deploys::Update, Reads::There),
    row("UPDATE_ROLLBACK_IN_PROGRESS", Made::Until("UPDATE_ROLLBACK_COMPLETE"), Deploys::Update, Reads::There),
    row("UPDATE_ROLLBACK_FAILED", Made::Shown, Deploys::Refuses, Reads::There),
    row(
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        Made::Until("UPDATE_ROLLBACK_COMPLETE"),
        Deploys::Update,
        Reads::There,
    ),
    row("UPDATE_ROLLBACK_COMPLETE", Made::Shown, Deploys::Update, Reads::There),
    row("REVIEW_IN_PROGRESS", Made::Truly, Deploys::New, Reads::NotThere),
    row("IMPORT_IN_PROGRESS", Made::Until("IMPORT_COMPLETE"), Deploys::Update, Reads::There),
    row("IMPORT_COMPLETE", Made::Shown, Deploys::Update, Reads::There),
    row("IMPORT_ROLLBACK_IN_PROGRESS", Made::Until("IMPORT_ROLLBACK_COMPLETE"), Deploys::Update, Reads::There),
    row("IMPORT_ROLLBACK_FAILED", Made::Shown, Deploys::Refuses, Reads::There),
    row("IMPORT_ROLLBACK_COMPLETE", Made::Shown, Deploys::Update, Reads::There),
];

const COMMANDS: [(&str, Command); 5] = [
    ("dry-run", Command::Look),
    ("deploy", Command::Deploy),
    ("destroy", Command::Destroy),
    ("endpoints", Command::Endpoints),
    ("test-event", Command::TestEvent),
];

const EXECUTE: &str = "cloudformation:ExecuteChangeSet";
const DELETE: &str = "cloudformation:DeleteStack";
/// How long a stack is really being deleted.
const DELETION: Duration = Duration::from_secs(4);

#[test]
fn every_command_knows_every_status() {
    let points: Vec<_> = TABLE
        .iter()
        .flat_map(|row| COMMANDS.map(|(name, command)| Point::new(format!("{}-{name}", row.status), (row, command))))
        .collect();
    check("status", 5, &points, |lane, (row, command)| try_status(lane, row, *command));
}

fn try_status(lane: &mut Lane, row: &Row, command: Command) -> Result<Seen, String> {
    make(lane, row)?;
    let ran = lane.run(command, Way::Wire(shows(row)));
    lane.slow_down(Lane::PACE);
    let mut wrong = match command {
        // It is ended when it sends the event, because there is no SaaS.
        Command::TestEvent if ran.was_killed() => Vec::new(),
        _ => ran.faults_of_manner(),
    };
    let (expected, found) = (expected(row, command), found(&ran, command));
    if expected != found {
        wrong.push(format!("expected {expected:?}, found {found:?}"));
    }
    lane.succeeds(Command::Destroy)?;
    nothing_is_left(lane)?;
    match wrong.is_empty() {
        true => Ok(Seen::Held),
        false => Err(format!("{}\n{ran}", wrong.join("\n"))),
    }
}

/// Brings the stack to where the status can be shown, or is true.
fn make(lane: &mut Lane, row: &Row) -> Result<(), String> {
    match row.status {
        "DELETE_COMPLETE" => lane.choose(Schedule::Ten),
        "REVIEW_IN_PROGRESS" => {
            lane.choose(Schedule::Ten);
            let plan: Plan = Box::new(|call| if call.name() == EXECUTE { Fault::KillBefore } else { Fault::None });
            let ran = lane.run(Command::Deploy, Way::Wire(plan));
            if !ran.was_killed() {
                return Err(format!("it was to be killed, and ended with {ran}"));
            }
        }
        _ => Work::Update.prepare(lane)?,
    }
    if row.status == "DELETE_IN_PROGRESS" {
        lane.slow_down(DELETION);
        lane.account().ask("delete_stack", &[&Lane::stack_name()]);
    }
    Ok(())
}

/// What the wire says of the stack until the command itself changes it.
fn shows(row: &Row) -> Plan {
    let (status, made) = (row.status, row.made);
    let (mut n_looks, mut has_acted) = (0, false);
    Box::new(move |call| {
        if call.name() == "states:StartExecution" {
            return Fault::KillBefore;
        }
        has_acted |= call.name() == EXECUTE || call.name() == DELETE;
        let now = match made {
            Made::Until(next) if n_looks >= 2 => next,
            _ => status,
        };
        match call.operation.as_str() {
            _ if has_acted || made == Made::Truly => Fault::None,
            "DescribeStacks" => {
                n_looks += 1;
                Fault::Changed(Arc::new(move |reply| with_status(reply, now)))
            }
            "CreateChangeSet" if refuses_change_sets(now) => Fault::Answered(refusal(call, now)),
            _ => Fault::None,
        }
    })
}

/// Whether CloudFormation takes no change set in this status.
fn refuses_change_sets(status: &str) -> bool {
    let is_moving = status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS";
    let is_stuck = ["CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"].contains(&status);
    is_moving || is_stuck || ["UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED"].contains(&status)
}

fn refusal(call: &Call, status: &str) -> Reply {
    let message = format!("Stack:arn:aws:cloudformation:stack is in {status} state and can not be updated.");
    Reply::error(call, 400, "ValidationError", &message)
}

/// The answer of DescribeStacks, with another status.
fn with_status(mut reply: Reply, status: &str) -> Reply {
    const TAG: &str = "<StackStatus>";
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let mut parts = text.split(TAG);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once('<').map_or("", |(_, rest)| rest);
        changed.push_str(&format!("{TAG}{status}<{rest}"));
    }
    reply.body = Bytes::from(changed);
    reply
}

/// What a command did, as far as it is seen from outside.
#[derive(Debug, PartialEq, Eq)]
struct Did {
    code: Option<i32>,
    executes: bool,
    deletes: bool,
    sends: bool,
    prints: bool,
}

fn found(ran: &Ran, command: Command) -> Did {
    Did {
        code: ran.code(),
        executes: ran.called(EXECUTE),
        deletes: ran.called(DELETE),
        sends: ran.called("states:StartExecution"),
        // Of the others, what they print is not looked at.
        prints: command == Command::Endpoints && !ran.stdout.is_empty(),
    }
}

fn expected(row: &Row, command: Command) -> Did {
    let did = Did { code: Some(0), executes: false, deletes: false, sends: false, prints: false };
    let refused = Did { code: Some(2), ..did };
    let is_there = row.reads == Reads::There;
    match command {
        Command::Look if row.deploys == Deploys::Refuses => refused,
        // A first change set makes an empty stack, which goes with it.
        Command::Look => Did { deletes: row.deploys == Deploys::New, ..did },
        Command::Deploy => match row.deploys {
            Deploys::Refuses => refused,
            Deploys::FromNothing => Did { executes: true, deletes: true, ..did },
            Deploys::New | Deploys::Update => Did { executes: true, ..did },
        },
        Command::Destroy => Did { deletes: row.status != "DELETE_COMPLETE", ..did },
        Command::Endpoints if is_there => Did { prints: true, ..did },
        Command::TestEvent if is_there => Did { code: None, sends: true, ..did },
        Command::Endpoints | Command::TestEvent => refused,
    }
}

#[test]
fn a_status_is_replaced_wherever_it_is_told() {
    let reply = Reply::new(200, "text/xml", "<a><StackStatus>X</StackStatus></a><a><StackStatus>Y</StackStatus></a>");
    let changed = with_status(reply, "Z");
    assert_eq!(changed.body, "<a><StackStatus>Z</StackStatus></a><a><StackStatus>Z</StackStatus></a>");
}
