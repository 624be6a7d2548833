//! A machine as Step Functions takes it, with the grants that its tasks need.
//!
//! Source: states-language.net, and the Step Functions developer guide on JSONata and variables.

use super::layout::{in_lines, laid_out};
use super::variables::unassigned;
use super::{Assign, Choice, Described, FAILURE, Jitter, Machine, Retry, Rule, State, Substitutions, Task, TaskError};
use policies::{CfnString, Grant};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A machine, ready to be put into a template.
#[derive(Debug)]
pub struct Definition {
    /// Text in the Amazon States Language, with a placeholder `${Name}` for each substitution.
    pub text: String,
    /// What only CloudFormation knows, by the names of the placeholders.
    pub substitutions: BTreeMap<String, CfnString>,
    /// What the machine's role must be allowed for its tasks, and nothing else.
    pub grants: Vec<Grant>,
}

/// Renders a machine whose tasks reach these links; its ARN is part of the permissions.
///
/// Panics with the names of state and variable if an expression reads a variable that is not set
/// on every way to it.
pub fn define<M: Machine>(links: &M::Links, arn: &CfnString) -> Definition {
    let mut substitutions = Substitutions::default();
    let mut grants = Vec::new();
    let mut states = Map::new();
    for described in M::STATES {
        if let State::Task(task) = &described.state {
            grants.extend(task.call.permissions(links, arn).into_grants());
        }
        let mut state = rendered(&described.state, links, &mut substitutions);
        state["Comment"] = described.purpose.trim().into();
        states.insert(described.name.to_owned(), state);
    }
    grants.sort();
    grants.dedup();
    if let Some(problem) = unassigned(M::STATES[0].name, &states) {
        panic!("{}: {problem}", M::PURPOSE.trim());
    }
    let in_order = M::STATES
        .iter()
        .map(|Described { name, .. }| format!("{}: {}", Json::from(*name), laid_out(&states[*name], 4)));
    let states: Vec<String> = in_order.collect();
    let members = [
        ("Comment", Json::from(M::PURPOSE.trim()).to_string()),
        ("QueryLanguage", Json::from("JSONata").to_string()),
        ("StartAt", Json::from(M::STATES[0].name).to_string()),
        ("TimeoutSeconds", Json::from(M::TIMEOUT_SECONDS).to_string()),
        ("States", in_lines(&states, 2, ('{', '}'))),
    ];
    let text = in_lines(&members.map(|(name, value)| format!("{}: {value}", Json::from(name))), 0, ('{', '}'));
    Definition { text, substitutions: substitutions.0, grants }
}

fn name<M: Machine>(state: M) -> &'static str {
    M::STATES[state.index()].name
}

fn rendered<M: Machine>(state: &State<M>, links: &M::Links, substitutions: &mut Substitutions) -> Json {
    match state {
        State::Task(task) => rendered_task(task, links, substitutions),
        State::Choice(choice) => rendered_choice(choice),
        State::Wait { seconds, next } => json!({"Type": "Wait", "Seconds": seconds, "Next": name(*next)}),
        State::Succeed => json!({"Type": "Succeed"}),
        State::Fail(fail) => {
            json!({"Type": "Fail", "Error": fail.error, "Cause": fail.cause.render()})
        }
    }
}

fn rendered_task<M: Machine>(task: &Task<M>, links: &M::Links, substitutions: &mut Substitutions) -> Json {
    let mut catch: Vec<Json> = task
        .catch
        .iter()
        .map(|catch| json!({"ErrorEquals": names(catch.errors), "Output": {}, "Next": name(catch.next)}))
        .collect();
    catch.push(json!({
        // Must stand alone and last. It still leaves out what is named above: an error that is
        // too large or of the definition itself.
        "ErrorEquals": ["States.ALL"],
        // The cause stays in the history, because a service may repeat in it what it was given.
        "Assign": {FAILURE.name(): "{% $states.errorOutput.Error %}"},
        "Output": {},
        "Next": name(task.otherwise),
    }));
    let mut state = json!({
        "Type": "Task",
        "Resource": task.call.resource(),
        "Arguments": task.call.arguments(links, substitutions),
        // Without it the result, which may hold a secret, would be passed on to the next state.
        "Output": {},
        "Catch": catch,
        "Next": name(task.next),
    });
    if !task.assign.is_empty() {
        state["Assign"] = task.assign.iter().map(|Assign(to, what)| (to.name().to_owned(), what.render())).collect();
    }
    if !task.retry.is_empty() {
        state["Retry"] = task.retry.iter().map(rendered_retry).collect();
    }
    state
}

fn rendered_retry(retry: &Retry) -> Json {
    let mut rendered = json!({
        "ErrorEquals": names(retry.errors),
        "IntervalSeconds": retry.interval_seconds,
        "MaxAttempts": retry.attempts,
        "BackoffRate": retry.backoff,
        "JitterStrategy": match retry.jitter {
            Jitter::Full => "FULL",
            Jitter::None => "NONE",
        },
    });
    if let Some(seconds) = retry.max_delay_seconds {
        rendered["MaxDelaySeconds"] = seconds.into();
    }
    rendered
}

fn rendered_choice<M: Machine>(choice: &Choice<M>) -> Json {
    let rules = choice.rules.iter().map(|Rule { when, output, next }| {
        let mut rule = json!({"Condition": when.render(), "Next": name(*next)});
        if !output.is_empty() {
            rule["Output"] = output.iter().map(|(member, what)| ((*member).to_owned(), what.render())).collect();
        }
        rule
    });
    json!({"Type": "Choice", "Choices": rules.collect::<Vec<_>>(), "Default": name(choice.otherwise)})
}

fn names(errors: &[TaskError]) -> Vec<String> {
    errors.iter().map(|error| error.render()).collect()
}
