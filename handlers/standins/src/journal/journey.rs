//! One event from hop to hop, put together from what its functions were called for and what they logged.

use super::{Delivered, Invocation, Passed};
use contracts::trace::Trace;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How far a call may lie outside what the log says of its message: the log is written before and after.
const SLACK_MILLISECONDS: u64 = 50;

/// An event: how it came, and every way that it took from there.
#[derive(Debug, Serialize)]
pub(crate) struct Journey {
    /// The id of its first message, or of the request that made none.
    pub(crate) id: String,
    /// When it was first reported.
    pub(crate) at: u64,
    pub(crate) outcome: Outcome,
    pub(crate) endpoint: Option<Step>,
    pub(crate) topic: Option<String>,
    pub(crate) branches: Vec<Branch>,
}

/// One queue and the result of the event behind it.
#[derive(Debug, Serialize)]
pub(crate) struct Branch {
    pub(crate) queue: String,
    pub(crate) message_id: String,
    /// When it came into the queue.
    pub(crate) sent: u64,
    pub(crate) outcome: Outcome,
    pub(crate) deliveries: Vec<Step>,
}

/// One invocation of a function for the event.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) function: String,
    pub(crate) request_id: String,
    /// Of an endpoint: method and resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Of a delivery: which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<u32>,
    pub(crate) began: u64,
    pub(crate) ended: Option<u64>,
    pub(crate) outcome: Outcome,
    pub(crate) lines: Vec<Line>,
    pub(crate) calls: Vec<Passed>,
}

/// The result, the best first: the worst of several is that of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Done,
    Ignored,
    NothingDone,
    Waiting,
    AtWork,
    Retrying,
    Refused,
    Failed,
    Crashed,
    GivenUp,
}

/// A line of a log, taken apart if it is one of a handler.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) at: Option<u64>,
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) fields: Map<String, Value>,
    /// What happened, if the line is about an event; the page shows the words.
    #[serde(skip)]
    trace: Option<Trace>,
}

impl Line {
    fn read(text: &str) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else {
            return Self::of_words(None, "", text);
        };
        let trace = serde_json::from_value(Value::Object(fields.clone())).ok();
        fields.remove("trace");
        let at = fields.remove("at_ms").and_then(|at| at.as_u64());
        let mut word = |name: &str| match fields.remove(name) {
            Some(Value::String(word)) => word,
            _ => String::new(),
        };
        let (level, message) = (word("level"), word("message"));
        // It is said once, of the invocation.
        fields.remove("request_id");
        Self { at, level, message, fields, trace }
    }

    /// A line that is not JSON.
    fn of_words(at: Option<u64>, level: &str, message: &str) -> Self {
        Self { at, level: level.to_owned(), message: message.to_owned(), fields: Map::new(), trace: None }
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// What a line says of the end of a consumer's work.
    fn outcome(&self) -> Option<Outcome> {
        match self.trace.as_ref()? {
            Trace::Done { .. } => Some(Outcome::Done),
            Trace::Repeated { .. } | Trace::Ignored { .. } => Some(Outcome::Ignored),
            Trace::NothingDone { .. } => Some(Outcome::NothingDone),
            // It is in the queue again, for another look.
            Trace::DoneForNow { .. } => Some(Outcome::Waiting),
            Trace::Retrying { .. } => Some(Outcome::Retrying),
            Trace::GivenUp { .. } => Some(Outcome::GivenUp),
            Trace::Queued { .. }
            | Trace::Answered { .. }
            | Trace::Rejected { .. }
            | Trace::Failed { .. }
            | Trace::Received { .. } => None,
        }
    }

    /// The id of the message that an endpoint queued.
    fn queued(&self) -> Option<&str> {
        matches!(self.trace, Some(Trace::Queued { .. })).then(|| self.word("message_id"))?
    }
}

/// Puts the newest events together, the last first, and says how many there are in all.
pub(crate) fn journeys(invocations: &[Invocation], calls: &[Passed], limit: usize) -> (Vec<Journey>, usize) {
    let mut found: HashMap<String, Journey> = HashMap::new();
    for invocation in invocations {
        if invocation.request.is_some() {
            let journey = arrival(invocation);
            found.insert(journey.id.clone(), journey);
        }
    }
    for invocation in invocations {
        for message in &invocation.messages {
            let id = message.published.as_ref().map_or(&message.id, |published| &published.id);
            let journey = found.entry(id.clone()).or_insert_with(|| Journey {
                id: id.clone(),
                at: message.sent,
                outcome: Outcome::Waiting,
                endpoint: None,
                topic: None,
                branches: Vec::new(),
            });
            journey.topic = message.published.as_ref().map(|published| published.topic.clone());
            journey.add(message, delivery(invocation, message, calls));
        }
    }
    let total = found.len();
    let mut newest: Vec<Journey> = found.into_values().collect();
    newest.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    newest.truncate(limit);
    newest.iter_mut().for_each(Journey::conclude);
    (newest, total)
}

/// The event that a request brought; a message that its function queued continues it.
fn arrival(invocation: &Invocation) -> Journey {
    let lines: Vec<Line> = invocation.lines.iter().map(|line| Line::read(line)).collect();
    let queued = lines.iter().find_map(Line::queued);
    let status = invocation.request.as_ref().and_then(|request| request.status);
    let outcome = match (invocation.ended, &invocation.error, status) {
        (None, ..) => Outcome::AtWork,
        (_, Some(_), _) => Outcome::Crashed,
        (_, _, Some(status)) if status >= 500 => Outcome::Failed,
        (_, _, Some(status)) if status >= 400 => Outcome::Refused,
        _ => Outcome::Done,
    };
    let request = invocation.request.as_ref().map(|request| format!("{} {}", request.method, request.resource));
    Journey {
        id: queued.unwrap_or(&invocation.id).to_owned(),
        at: invocation.began,
        outcome: if queued.is_some() { Outcome::Waiting } else { outcome },
        topic: None,
        branches: Vec::new(),
        endpoint: Some(Step {
            function: invocation.function.clone(),
            request_id: invocation.id.clone(),
            request,
            status,
            delivery: None,
            began: invocation.began,
            ended: invocation.ended,
            outcome,
            lines: with_end(lines, invocation),
            calls: Vec::new(),
        }),
    }
}

/// What one invocation did for one of its messages.
fn delivery(invocation: &Invocation, message: &Delivered, calls: &[Passed]) -> Step {
    let lines: Vec<Line> = invocation.lines.iter().map(|line| Line::read(line)).collect();
    let is_of_it = |line: &&Line| line.word("message_id") == Some(&message.id);
    let told = lines.iter().rev().filter(is_of_it).find_map(Line::outcome);
    let outcome = told.unwrap_or(match (invocation.ended, &invocation.error) {
        (None, _) => Outcome::AtWork,
        (_, Some(_)) => Outcome::Crashed,
        _ => Outcome::Failed,
    });
    // The messages of a batch are handled one after the other, so that a moment belongs to one of them.
    let moments = || lines.iter().filter(is_of_it).filter_map(|line| line.at);
    let ended = invocation.ended.unwrap_or(u64::MAX);
    let from = moments().min().unwrap_or(invocation.began).saturating_sub(SLACK_MILLISECONDS);
    let to = told.and_then(|_| moments().max()).unwrap_or(ended).saturating_add(SLACK_MILLISECONDS);
    let made = |call: &&Passed| Some(call.process) == invocation.process && (from..=to).contains(&call.at);
    let calls = calls.iter().filter(made).cloned().collect();
    let is_shared = |line: &Line| line.word("message_id").is_none_or(|id| id == message.id);
    Step {
        function: invocation.function.clone(),
        request_id: invocation.id.clone(),
        request: None,
        status: None,
        delivery: Some(message.count),
        began: invocation.began,
        ended: invocation.ended,
        outcome,
        calls,
        lines: with_end(lines.into_iter().filter(is_shared).collect(), invocation),
    }
}

/// The lines, and how the function died if none of them says so.
fn with_end(mut lines: Vec<Line>, invocation: &Invocation) -> Vec<Line> {
    if let Some(error) =
        invocation.error.as_ref().filter(|error| !lines.iter().any(|line| line.message.contains(*error)))
    {
        lines.push(Line::of_words(invocation.ended, "error", error));
    }
    lines
}

impl Journey {
    fn add(&mut self, message: &Delivered, step: Step) {
        let is_it = |branch: &Branch| branch.message_id == message.id && branch.queue == message.queue;
        let known = self.branches.iter().position(is_it);
        let place = known.unwrap_or_else(|| {
            self.branches.push(Branch {
                queue: message.queue.clone(),
                message_id: message.id.clone(),
                sent: message.sent,
                outcome: Outcome::Waiting,
                deliveries: Vec::new(),
            });
            self.branches.len() - 1
        });
        self.branches[place].deliveries.push(step);
        if self.endpoint.is_none() {
            self.at = self.at.min(message.sent);
        }
    }

    /// The last word of each branch is its outcome, and the worst of all branches that of the event.
    fn conclude(&mut self) {
        self.branches.sort_by(|a, b| (&a.queue, a.sent).cmp(&(&b.queue, b.sent)));
        for branch in &mut self.branches {
            branch.outcome = branch.deliveries.last().map_or(Outcome::Waiting, |last| last.outcome);
        }
        if let Some(worst) = self.branches.iter().map(|branch| branch.outcome).max() {
            self.outcome = worst;
        }
    }
}
