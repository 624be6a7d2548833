//! Finds expressions that read a variable before it is set, which Step Functions finds only when it gets there.

use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

type Names = BTreeSet<String>;

/// Says which state reads a variable that some way to it does not set, if one does.
pub(super) fn unassigned(start: &str, states: &Map<String, Json>) -> Option<String> {
    let known = known_on_entry(start, states);
    for (name, state) in states {
        let nothing = Names::new();
        let known_here = known.get(name.as_str()).unwrap_or(&nothing);
        for (field, value) in state.as_object().into_iter().flatten() {
            if let Some(variable) = variables_in(value).difference(known_here).next() {
                return Some(format!(
                    "state `{name}` reads `${variable}` in `{field}`, but not every way to it sets it"
                ));
            }
        }
        for assign in assignments(state) {
            for (to, what) in assign {
                // The emulator sets one after the other, Step Functions all at once.
                let mut read = variables_in(what).into_iter();
                if let Some(from) = read.find(|variable| variable != to && assign.contains_key(variable)) {
                    return Some(format!("state `{name}` sets `${to}` from `${from}`, which it sets too"));
                }
            }
        }
    }
    None
}

/// For each state that can be reached, the variables that every way to it sets.
fn known_on_entry(start: &str, states: &Map<String, Json>) -> BTreeMap<String, Names> {
    let mut known = BTreeMap::from([(start.to_owned(), Names::new())]);
    let mut changed = vec![start.to_owned()];
    while let Some(name) = changed.pop() {
        let Some(state) = states.get(&name) else { continue };
        let here = known.get(&name).cloned().unwrap_or_default();
        for (next, sets) in ways(state) {
            let mut there: Names = here.union(&sets).cloned().collect();
            if let Some(before) = known.get(&next) {
                there = there.intersection(before).cloned().collect();
                if there == *before {
                    continue;
                }
            }
            known.insert(next.clone(), there);
            changed.push(next);
        }
    }
    known
}

/// The states that follow one, each with what is set on the way.
fn ways(state: &Json) -> Vec<(String, Names)> {
    let set = |holder: &Json| holder["Assign"].as_object().map(|assign| assign.keys().cloned().collect());
    let mut ways = Vec::new();
    for field in ["Next", "Default"] {
        ways.extend(state[field].as_str().map(|next| (next.to_owned(), set(state).unwrap_or_default())));
    }
    for list in ["Catch", "Choices"] {
        for way in state[list].as_array().into_iter().flatten() {
            ways.extend(way["Next"].as_str().map(|next| (next.to_owned(), set(way).unwrap_or_default())));
        }
    }
    ways
}

/// What a state and its ways assign.
fn assignments(state: &Json) -> impl Iterator<Item = &Map<String, Json>> {
    let catches = state["Catch"].as_array().into_iter().flatten();
    std::iter::once(state).chain(catches).filter_map(|holder| holder["Assign"].as_object())
}

/// The variables that the expressions in a value read.
fn variables_in(value: &Json) -> Names {
    match value {
        Json::String(text) => match text.strip_prefix("{%") {
            Some(expression) => read_by(expression),
            None => Names::new(),
        },
        Json::Array(items) => items.iter().flat_map(variables_in).collect(),
        Json::Object(members) => members.values().flat_map(variables_in).collect(),
        _ => Names::new(),
    }
}

/// The names behind `$` that are neither functions nor what Step Functions tells a state.
fn read_by(expression: &str) -> Names {
    let text = without_strings(expression);
    let mut names = Names::new();
    for piece in text.split('$').skip(1) {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        if !name.is_empty() && name != "states" && !rest.starts_with('(') {
            names.insert(name.to_owned());
        }
    }
    names
}

/// An expression with its quoted strings emptied.
fn without_strings(expression: &str) -> String {
    let mut quote = None;
    let mut is_escaped = false;
    let mut kept = String::new();
    for c in expression.chars() {
        match quote {
            None => {
                kept.push(c);
                quote = matches!(c, '"' | '\'').then_some(c);
            }
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(opening) if c == opening => {
                kept.push(c);
                quote = None;
            }
            Some(_) => {}
        }
    }
    kept
}
