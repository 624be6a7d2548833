//! An execution of a state machine, followed state by state.

use super::TestReport;
use crate::account::{Account, ExecutionStatus, HistoryEvent};
use crate::error::{Error, Outcome};
use crate::random::random_word;
use serde_json::Value as Json;
use std::time::{Duration, Instant};

/// How long an execution may take; waiting out a lock takes ten minutes of it.
const LIMIT: Duration = Duration::from_secs(900);
/// More elements of a result than this are counted and not listed.
const LISTED: usize = 30;

/// A running execution.
pub(super) struct Execution<'a> {
    account: &'a Account,
    arn: String,
}

impl<'a> Execution<'a> {
    pub(super) async fn start(account: &'a Account, machine: &str, input: &str) -> Outcome<Self> {
        // Under a name, a request that is repeated because its answer was lost starts nothing twice.
        let name = format!("test-event-{}", random_word(8)?);
        match account.sfn.start_execution(machine, &name, input).await {
            Ok(arn) => Ok(Self { account, arn }),
            // It has ended already. Source: Step Functions API reference, StartExecution.
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => {
                let arn = format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1));
                Ok(Self { account, arn })
            }
            Err(error) => Err(error),
        }
    }

    /// Follows it until it ends and reports each state, then the result.
    pub(super) async fn follow(&self, list: &str, name: &str, report: &mut TestReport) -> Outcome<()> {
        let began = Instant::now();
        let short = self.arn.rsplit(':').next().unwrap_or_default();
        report.passed("start of the execution".into(), None, short.to_owned());
        let look = async || self.account.sfn.describe_execution(&self.arn).await;
        let end = async |elapsed: Duration| {
            let answer = self.account.retry_transient(look).await?;
            let is_over = answer.status != ExecutionStatus::Running || elapsed > LIMIT;
            Ok::<_, Error>(is_over.then_some(answer))
        };
        let end = self.account.pace.until(end).await?;
        if end.status != ExecutionStatus::Succeeded {
            let (reason, advice) = failure(&end.status, end.error.as_deref(), end.cause.as_deref());
            if !self.tell_states(Some((&reason, &advice)), report).await? {
                report.broke("end of the execution".into(), Some(began.elapsed()), reason, None, advice);
            }
            return Ok(());
        }
        self.tell_states(None, report).await?;
        let output: Json = serde_json::from_str(end.output.as_deref().unwrap_or_default()).unwrap_or(Json::Null);
        match output[list].as_array() {
            Some(elements) => report.passed(list.to_owned(), Some(began.elapsed()), in_words(elements, name)),
            None => {
                let cause = format!("the output of the execution has no list `{list}`");
                report.broke(list.to_owned(), Some(began.elapsed()), cause.clone(), None, cause);
            }
        }
        Ok(())
    }

    /// Each state with the time spent in it. The last one of a failed execution counts as broken, with
    /// its reason and what to do, unless it was left: `false` if so.
    async fn tell_states(&self, failed: Option<(&str, &str)>, report: &mut TestReport) -> Outcome<bool> {
        let look = async || self.account.sfn.get_execution_history(&self.arn).await;
        let events = self.account.retry_transient(look).await?;
        let mut states: Vec<(String, &HistoryEvent, Option<&HistoryEvent>)> = Vec::new();
        for event in &events {
            if let Some(entered) = &event.state_entered_event_details {
                states.push((entered.name.clone(), event, None));
            } else if let Some(exited) = &event.state_exited_event_details
                && let Some((.., end)) = states.iter_mut().rev().find(|(name, ..)| *name == exited.name)
            {
                *end = Some(event);
            }
        }
        let n_states = states.len();
        for (index, (name, from, to)) in states.into_iter().enumerate() {
            let took = to.and_then(|to| Duration::try_from_secs_f64(to.timestamp - from.timestamp).ok());
            match failed {
                Some((reason, advice)) if to.is_none() && index + 1 == n_states => {
                    report.broke(name, took, reason.to_owned(), None, advice.to_owned());
                    return Ok(true);
                }
                _ => report.passed(name, took, "passed".into()),
            }
        }
        Ok(false)
    }
}

/// What an execution failed with, and what to do about it.
///
/// A state that ends an execution says both, as error and cause. The cause of an error of Step Functions itself
/// names no next step, and that of a failed request is empty.
fn failure(status: &ExecutionStatus, error: Option<&str>, cause: Option<&str>) -> (String, String) {
    let history = || "open the execution in Step Functions: its history shows the state that failed".to_owned();
    match (error, cause.filter(|cause| !cause.is_empty())) {
        (Some(error), Some(cause)) if !error.starts_with("States.") => (error.to_owned(), cause.to_owned()),
        (Some(error), Some(cause)) => (format!("{error}: {cause}"), history()),
        (Some(error), None) => (error.to_owned(), history()),
        (None, _) if *status == ExecutionStatus::Running => {
            (format!("still running after {} minutes", LIMIT.as_secs() / 60), history())
        }
        (None, _) => (status.words().to_owned(), history()),
    }
}

fn in_words(elements: &[Json], name: &str) -> String {
    let names: Vec<&str> = elements.iter().take(LISTED).filter_map(|element| element[name].as_str()).collect();
    let more = match elements.len().saturating_sub(LISTED) {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    format!("{}: {}{more}", elements.len(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_list_is_counted_and_cut() {
        let elements: Vec<Json> = (0..32).map(|n| json!({"name": format!("p{n}")})).collect();
        let words = in_words(&elements, "name");
        assert!(words.starts_with("32: p0, p1, ") && words.ends_with("p29, and 2 more"), "{words}");
        assert_eq!(in_words(&[], "name"), "0: ");
    }

    #[test]
    fn a_failure_is_told_with_its_next_step() {
        let check = |error, cause, reason: &str, advice: &str| {
            let told = failure(&ExecutionStatus::Failed, error, cause);
            assert_eq!(told.0, reason);
            assert!(told.1.starts_with(advice), "{told:?}");
        };
        check(Some("Saas.WrongKey"), Some("Reset the key."), "Saas.WrongKey", "Reset the key.");
        check(Some("States.Runtime"), Some("no text"), "States.Runtime: no text", "open the execution");
        check(Some("Saas.Gone"), Some(""), "Saas.Gone", "open the execution");
        check(None, None, "it failed", "open the execution");
        assert_eq!(failure(&ExecutionStatus::Running, None, None).0, "still running after 15 minutes");
    }
}
