//! A real event down the deployed path, hop by hop, to the effect that proves its arrival.

mod diagnose;
mod effect;
mod trace;

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local::{loopback_client, web_client};
use crate::outputs::{Deployed, deployed, not_deployed};
use effect::{Arranged, Expected};
use serde_json::Value as Json;
use stacks::{Effect, Stack, TestPlan};
use std::time::{Duration, Instant};
use trace::{Line, Trace};

/// What a test event went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// The hops in order, up to the one that broke.
    pub hops: Vec<Hop>,
    /// What broke, if anything did.
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
    /// What came of it.
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

/// Sends `event` (the contract's own if `None`) and follows it to its effect.
pub async fn publish_test_event(
    account: &Account,
    stack: &Stack,
    event: Option<&str>,
    reporter: &Reporter,
) -> Outcome<TestReport> {
    let wrong = |what: String| Error::Test { what, hint: "give another event with `--file`".into() };
    let own = stack.test_event().unwrap_or_default();
    let plan = stack.plan_test(event.unwrap_or(own)).map_err(wrong)?;
    if account.local.is_none() && event.is_none() && !plan.files.is_empty() {
        return Err(Error::Test {
            what: "the test event is about a file that does not exist in your Backlog".into(),
            hint: "save the payload of a real webhook, then give it with `--file PAYLOAD`".into(),
        });
    }
    let Some(there) = deployed(account, stack).await? else {
        return Err(not_deployed(stack, stack.stage()));
    };
    let arranged = effect::arrange(account, &plan, &there).await?;
    let step = "sending the event";
    let work = async { Ok::<_, Error>(Run { account, stack, plan: &plan, there: &there }.run(&arranged).await) };
    reporter.step(step, work, |_| format!("{} bytes", plan.body.len())).await?
}

struct Run<'a> {
    account: &'a Account,
    stack: &'a Stack,
    plan: &'a TestPlan,
    there: &'a Deployed,
}

impl Run<'_> {
    async fn run(&self, arranged: &Arranged) -> Outcome<TestReport> {
        let mut report = TestReport { hops: Vec::new(), failure: None };
        let sent_at = trace::now_millis();
        let Some(message_id) = self.post(&mut report).await? else { return Ok(report) };
        let limit = if self.account.local.is_some() { Duration::from_secs(30) } else { Duration::from_secs(180) };
        let began = Instant::now();
        let mut trace = Trace::new(self.account, self.stack, &self.plan.functions, &message_id, sent_at);
        let expected = Expected { account: self.account, plan: self.plan, there: self.there, arranged };
        loop {
            trace.read().await?;
            let found = expected.find().await?;
            let is_over = trace.outcome().is_some() && (found.is_ok() || trace.outcome().is_some_and(Line::is_failure));
            if is_over || began.elapsed() > limit {
                self.conclude(&mut report, &trace, found).await;
                return Ok(report);
            }
            tokio::time::sleep(self.account.poll_interval(began.elapsed())).await;
        }
    }

    /// Posts the event as the SaaS would; returns the id under which it was queued.
    async fn post(&self, report: &mut TestReport) -> Outcome<Option<String>> {
        let first = self.plan.functions.first().copied().unwrap_or_default();
        let hop = format!("POST to {first}");
        let Some(registration) = self.there.registrations.first() else {
            return Err(Error::Test { what: "the stack has no endpoint".into(), hint: "deploy it again".into() });
        };
        let began = Instant::now();
        let client = match self.account.local {
            Some(_) => loopback_client()?,
            None => web_client()?,
        };
        let answer = client
            .post(&registration.url)
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(30))
            .body(self.plan.body.clone())
            .send()
            .await;
        let took = Some(began.elapsed());
        let (status, body) = match answer {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(error) => (0, error.without_url().to_string()),
        };
        let said: Json = serde_json::from_str(&body).unwrap_or(Json::Null);
        if let (200, Some(id)) = (status, said["id"].as_str()) {
            report.hops.push(Hop {
                name: hop,
                outcome: HopOutcome::Passed,
                took,
                detail: format!("200, queued as {id}"),
            });
            return Ok(Some(id.to_owned()));
        }
        let shown: String = body.chars().take(200).collect();
        report.hops.push(Hop {
            name: hop.clone(),
            outcome: HopOutcome::Broke,
            took,
            detail: format!("{status} {shown}"),
        });
        let cause = diagnose::of_answer(self.account, self.stack, first, status).await;
        let log_line = trace::last_problem(self.account, self.stack, first).await;
        report.failure = Some(TestFailure { hop, log_line, cause });
        Ok(None)
    }

    /// Fills in the hops behind the endpoint from what the functions logged and what was found.
    async fn conclude(&self, report: &mut TestReport, trace: &Trace<'_>, found: Result<String, String>) {
        let consumer = self.plan.functions.last().copied().unwrap_or_default();
        let queue_hop = format!("queue to {consumer}");
        let (received, outcome) = (trace.received(), trace.outcome());
        if received.is_none() && found.is_err() {
            let cause = diagnose::of_silence(self.account, self.stack, consumer).await;
            report.hops.push(Hop {
                name: queue_hop.clone(),
                outcome: HopOutcome::Broke,
                took: None,
                detail: "no delivery".into(),
            });
            report.failure = Some(TestFailure { hop: queue_hop, log_line: None, cause });
            return;
        }
        let between =
            |from: Option<&Line>, to: Option<&Line>| Some(Duration::from_millis(to?.at?.saturating_sub(from?.at?)));
        report.hops.push(Hop {
            name: queue_hop,
            outcome: HopOutcome::Passed,
            took: between(trace.queued(), received),
            detail: "delivered".into(),
        });
        let work_hop = format!("{consumer} at work");
        let took = between(received, outcome);
        if let Some(line) = outcome.filter(|line| line.is_failure()) {
            report.hops.push(Hop {
                name: work_hop.clone(),
                outcome: HopOutcome::Broke,
                took,
                detail: line.reason.clone(),
            });
            let cause = diagnose::of_failure(self.account, self.stack, consumer, &line.reason).await;
            report.failure = Some(TestFailure { hop: work_hop, log_line: Some(line.text.clone()), cause });
            return;
        }
        let detail = outcome.map_or_else(|| "its log is not there yet".into(), |line| line.reason.clone());
        report.hops.push(Hop { name: work_hop, outcome: HopOutcome::Passed, took, detail });
        let hop = match &self.plan.effect {
            Effect::Object { .. } => "object in the bucket".to_owned(),
            Effect::Nothing(_) => "no effect, as it should be".to_owned(),
        };
        match found {
            Ok(detail) => report.hops.push(Hop { name: hop, outcome: HopOutcome::Passed, took: None, detail }),
            Err(detail) => {
                report.hops.push(Hop {
                    name: hop.clone(),
                    outcome: HopOutcome::Broke,
                    took: None,
                    detail: detail.clone(),
                });
                report.failure =
                    Some(TestFailure { hop, log_line: outcome.map(|line| line.text.clone()), cause: detail });
            }
        }
    }
}
