//! A real event down the deployed path, hop by hop, to the effects that prove its arrival.

mod branch;
mod diagnose;
mod effect;
mod entry;
mod execution;
#[cfg(test)]
mod tests;
mod trace;

use crate::account::{Account, describe_status};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::outputs::{Deployed, find_deployed, not_deployed};
use crate::random::random_word;
use branch::Followed;
use effect::Arranged;
use stacks::{Entry, Stack, TestPlan};
use std::time::Duration;

/// The hops of a test event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// The hops in order; behind a fan-out those of one branch after the other.
    pub hops: Vec<Hop>,
    /// What broke first, if anything did.
    pub failure: Option<TestFailure>,
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// From where to where.
    pub name: String,
    /// Whether it got through.
    pub outcome: HopOutcome,
    /// How long it took, where it is known.
    pub took: Option<Duration>,
    /// Its result.
    pub detail: String,
}

/// Whether a hop got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopOutcome {
    /// It did.
    Passed,
    /// It did not.
    Broke,
}

/// Why a test event did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// The hop that broke.
    pub hop: String,
    /// Its log line, if there is one.
    pub log_line: Option<String>,
    /// The likely cause, and what to do.
    pub cause: String,
}

impl TestReport {
    fn passed(&mut self, name: String, took: Option<Duration>, detail: String) {
        self.hops.push(Hop { name, outcome: HopOutcome::Passed, took, detail });
    }

    /// Adds a hop that broke; the first one is what the report is about.
    fn broke(&mut self, name: String, took: Option<Duration>, detail: String, log_line: Option<String>, cause: String) {
        self.hops.push(Hop { name: name.clone(), outcome: HopOutcome::Broke, took, detail });
        self.failure.get_or_insert(TestFailure { hop: name, log_line, cause });
    }
}

/// Sends `event` (the contract's own, made fresh, if `None`) and follows it to its effects.
pub async fn publish_test_event(
    account: &Account,
    stack: &Stack,
    event: Option<&str>,
    reporter: &Reporter,
) -> Outcome<TestReport> {
    let wrong = |what: String| Error::Test { what, hint: "give another event with `--file`".into() };
    let own = stack.test_event().unwrap_or_default();
    // An event that was seen before would be taken for a duplicate.
    let fresh = random_word(4)?;
    let plan = stack.plan_test(event.unwrap_or(own), event.is_none().then_some(&fresh)).map_err(wrong)?;
    if let (None, None, [file, ..]) = (&account.local, event, &plan.files[..]) {
        return Err(Error::Test {
            what: format!("the test event is about a file that does not exist in your {}", file.saas().name),
            hint: "save the payload of a real webhook, then give it with `--file PAYLOAD`".into(),
        });
    }
    let there =
        find_deployed(account, stack).await?.map_err(|status| not_deployed(stack, stack.stage(), status.as_ref()))?;
    if let Some(description) = describe_status(&there.status) {
        reporter.warn(format!("{} {description}; the test may find an intermediate state", stack.name()));
    }
    let run = Run { account, stack, plan: &plan, there: &there };
    let arranged = effect::arrange(account, &plan, &there).await?;
    account.mark_changed();
    let work = async { Ok::<_, Error>(run.follow(&arranged).await) };
    reporter.step("sending the event", work, |_| format!("{} bytes", plan.entry.n_bytes())).await?
}

/// One run of a test.
#[derive(Clone, Copy)]
struct Run<'a> {
    account: &'a Account,
    stack: &'a Stack,
    plan: &'a TestPlan,
    there: &'a Deployed,
}

impl Run<'_> {
    async fn follow(&self, arranged: &Arranged) -> Outcome<TestReport> {
        let mut report = TestReport { hops: Vec::new(), failure: None };
        if let Entry::Execute { machine_output, input, list, name } = &self.plan.entry {
            let machine = self.there.outputs.get(*machine_output).map(String::as_str).unwrap_or_default();
            execution::Execution::start(self.account, machine, input).await?.follow(list, name, &mut report).await?;
            return Ok(report);
        }
        let Some(sent) = self.send(&mut report).await? else { return Ok(report) };
        let mut branches: Vec<Followed> =
            self.plan.branches.iter().map(|branch| Followed::new(*self, branch, &sent)).collect();
        let arrive = async |elapsed: Duration| {
            let mut is_over = true;
            for branch in &mut branches {
                is_over &= branch.check(arranged).await?;
            }
            Ok::<_, Error>((is_over || elapsed > self.account.pace.arrival).then_some(()))
        };
        self.account.pace.until(arrive).await?;
        for branch in branches {
            branch.conclude(&mut report).await;
        }
        Ok(report)
    }
}
