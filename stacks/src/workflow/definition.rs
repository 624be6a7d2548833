//! A machine as Step Functions takes it, with the grants that its tasks need.
//!
//! Source: states-language.net, and the Step Functions developer guide on JSONata and variables.

use super::variables::unassigned;
use super::{Assign, Choice, FAILURE, Jitter, Machine, Retry, Rule, State, Substitutions, Task, TaskError, Text};
use policies::{Grant, Value};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A machine, ready to be put into a template.
#[derive(Debug)]
pub struct Definition {
    /// Text in the Amazon States Language, with a placeholder `${Name}` for each substitution.
    pub text: String,
    /// What only CloudFormation knows, by the names of the placeholders.
    pub substitutions: BTreeMap<String, Value>,
    /// What the machine's role must be allowed for its tasks, and nothing else.
    pub grants: Vec<Grant>,
}

/// The whole text, in the order in which a person reads it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rendered<'a> {
    comment: &'a str,
    query_language: &'a str,
    start_at: &'a str,
    timeout_seconds: u32,
    states: InOrder<'a>,
}

/// An object with its members in this order.
struct InOrder<'a>(Vec<(&'a str, &'a Json)>);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Renders a machine whose tasks reach these links; its ARN is part of the permissions.
///
/// Panics with the names of state and variable if an expression reads a variable that is not set
/// on every way to it.
pub fn define<M: Machine>(links: &M::Links, arn: &Value) -> Definition {
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
    let machine = Rendered {
        comment: M::PURPOSE.trim(),
        query_language: "JSONata",
        start_at: M::STATES[0].name,
        timeout_seconds: M::TIMEOUT_SECONDS,
        states: InOrder(M::STATES.iter().map(|described| (described.name, &states[described.name])).collect()),
    };
    // A map of strings and numbers serializes.
    let text = serde_json::to_string_pretty(&machine).unwrap_or_default();
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
            let cause = match fail.cause {
                Text::Plain(text) => text.to_owned(),
                Text::Of(expression) => expression.render(),
            };
            json!({"Type": "Fail", "Error": fail.error, "Cause": cause})
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
        // Must stand alone and last. It leaves out what is named above all the same: an error that is
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
