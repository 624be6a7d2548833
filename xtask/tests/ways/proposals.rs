//! Change sets that are not executed.

use super::ground::{Ground, REGION, STACK, full};
use super::wire::Hold;
use crate::local::story::{Chapter, chapter};
use rustix::process::Signal;

const DEPLOY: [&str; 5] = ["deploy", STACK, "--stage", "prod", "--yes"];
const LOOK: [&str; 5] = ["deploy", STACK, "--stage", "prod", "--dry-run"];

pub const CHAPTERS: &[Chapter<Ground>] = &[
    chapter("an interruption before the execution leaves nothing", interrupted),
    chapter("a refusal before the execution leaves nothing", refused),
    chapter("a change set that cannot be discarded is named", left),
    chapter("a dry run that leaves something fails", dry_run),
    chapter("updates leave no change set", updates),
];

/// Interrupted at whatever call before the execution, a command leaves nothing and says so.
fn interrupted(ground: &Ground) {
    for (arguments, call, hold, signal, words) in [
        (DEPLOY, "CreateChangeSet", Hold::Before, Signal::INT, "error: interrupted\n"),
        (LOOK, "CreateChangeSet", Hold::After, Signal::TERM, "error: interrupted by SIGTERM\n"),
        (LOOK, "DescribeChangeSet", Hold::Before, Signal::INT, "error: interrupted\n"),
        (DEPLOY, "DescribeStackEvents", Hold::After, Signal::HUP, "error: interrupted by SIGHUP\n"),
    ] {
        let held = ground.wire.hold(&format!("cloudformation:{call}"), hold);
        // What is discarded is looked for by the name that was chosen before CloudFormation was asked.
        let discarding = ground.wire.hold("cloudformation:DeleteChangeSet", Hold::Before);
        let started = ground.start(&arguments);
        held.arrives();
        started.send(signal);
        if call == "CreateChangeSet" {
            // The discarding waits for the answer, or it would come before what it discards.
            held.release();
        }
        discarding.arrives().release();
        let run = started.ends().fails_with(2);
        run.says(words).says("hint: nothing was changed");
        ground.wire.clear();
        ground.is_empty();
    }
}

/// Refused at whatever call before the execution, a command leaves nothing.
fn refused(ground: &Ground) {
    for (call, status, code) in [
        ("CreateChangeSet", 403, "AccessDenied"),
        ("DescribeChangeSet", 403, "AccessDenied"),
        ("DescribeStackEvents", 403, "ExpiredToken"),
        ("ExecuteChangeSet", 403, "AccessDenied"),
    ] {
        ground.wire.refuse(&format!("cloudformation:{call}"), status, code, 1);
        // CloudFormation deletes no change set that it is still making.
        ground.wire.refuse("cloudformation:DeleteChangeSet", 400, "InvalidChangeSetStatus", 2);
        ground.run(&DEPLOY).fails_with(2).says(&format!("cloudformation:{call} failed: to order ({code})"));
        ground.wire.clear();
        ground.is_empty();
    }
}

/// What cannot be discarded is named, with the command that removes it.
fn left(ground: &Ground) {
    let remedy = format!("aws cloudformation delete-stack --region {REGION} --stack-name {}", full("prod"));
    ground.wire.refuse("cloudformation:DescribeChangeSet", 403, "AccessDenied", 1);
    ground.wire.refuse("cloudformation:DeleteChangeSet", 403, "AccessDenied", 1);
    let run = ground.run(&LOOK).fails_with(1);
    run.says("cloudformation:DescribeChangeSet failed").says("may be left in ap-northeast-1").says(&remedy);
    ground.wire.clear();
    ground.stage.aws(&["cloudformation", "delete-stack", "--stack-name", &full("prod")]);

    // A second Ctrl-C does not wait for the end of the discarding.
    let held = ground.wire.hold("cloudformation:DescribeChangeSet", Hold::Before);
    let discarding = ground.wire.hold("cloudformation:DeleteChangeSet", Hold::Before);
    let started = ground.start(&LOOK);
    held.arrives();
    started.send(Signal::INT);
    discarding.arrives();
    started.send(Signal::INT);
    let run = started.ends().fails_with(1);
    run.says("error: interrupted\n").says("interrupted before it was discarded").says(&remedy);
    assert!(!run.stderr.contains("nothing was changed"), "{}", run.stderr);
    drop((held, discarding));
    ground.wire.clear();
    ground.stage.aws(&["cloudformation", "delete-stack", "--stack-name", &full("prod")]);
    ground
        .stage
        .until("the empty stack is gone", || ground.stage.account("inventory", &[])["stacks"] == serde_json::json!([]));
    ground.is_empty();
}

/// A dry run that cannot discard its proposal does not end well.
fn dry_run(ground: &Ground) {
    ground.wire.refuse("cloudformation:DeleteChangeSet", 403, "AccessDenied", 1);
    let run = ground.run(&LOOK).fails_with(1);
    run.says("added Workflow").says("may be left").says("delete-stack");
    ground.wire.clear();
    // Its process has ended, so no one will execute it: another dry run deletes it as well.
    ground.run(&LOOK).succeeds();
    ground.is_empty();

    // Another dry run may still be running: each deletes only its own.
    let held = ground.wire.hold("cloudformation:DescribeChangeSet", Hold::After);
    let started = ground.start(&LOOK);
    held.arrives();
    ground.run_past(&LOOK).succeeds();
    assert_eq!(ground.change_sets().as_array().unwrap().len(), 1);
    // Killed, it cannot take it back; the next one does.
    started.send(Signal::KILL);
    started.ends();
    assert_eq!(ground.change_sets().as_array().unwrap().len(), 1);
    ground.run(&LOOK).succeeds();
    ground.is_empty();
}

/// An update that is refused leaves the stack as it was, without a change set.
fn updates(ground: &Ground) {
    ground.run(&DEPLOY).succeeds();
    ground.has_no_change_set();
    // Nothing to do is seen without a change set.
    ground.wire.refuse("cloudformation:CreateChangeSet", 403, "AccessDenied", 1);
    ground.run(&DEPLOY).succeeds().says("nothing to do");
    ground.has_no_change_set();
    ground.wire.clear();

    ground.write_stage("prod", REGION, "tags:\n  colour: blue\n");
    for call in ["DescribeChangeSet", "GetTemplate", "ExecuteChangeSet"] {
        ground.wire.refuse(&format!("cloudformation:{call}"), 403, "AccessDenied", 1);
        ground.run(&DEPLOY).fails_with(2).says(&format!("cloudformation:{call} failed"));
        ground.has_no_change_set();
    }
    ground.wire.refuse("cloudformation:GetTemplate", 403, "AccessDenied", 1);
    ground.wire.refuse("cloudformation:DeleteChangeSet", 403, "AccessDenied", 1);
    let run = ground.run(&DEPLOY).fails_with(1);
    run.says("change set `tsugite-").says("aws cloudformation delete-change-set").says("--change-set-name tsugite-");
    ground.wire.clear();
    // A setting is turned back after its deployment was killed: what that left is deleted with what is left above.
    let held = ground.wire.hold("cloudformation:DescribeChangeSet", Hold::After);
    let started = ground.start(&DEPLOY);
    held.arrives();
    started.send(Signal::KILL);
    started.ends();
    assert_eq!(ground.change_sets().as_array().unwrap().len(), 2);
    ground.write_stage("prod", REGION, "");
    ground.run(&DEPLOY).succeeds().says("nothing to do");
    ground.has_no_change_set();

    ground.write_stage("prod", REGION, "tags:\n  colour: blue\n");
    // A repeated request means the same.
    ground.wire.lose("cloudformation:CreateChangeSet");
    ground.wire.lose("cloudformation:ExecuteChangeSet");
    ground.run(&DEPLOY).succeeds();
    ground.has_no_change_set();
    ground.run_past(&["destroy", STACK, "--stage", "prod", "--yes"]).succeeds();
    ground.is_empty();
}
