//! The list of calls is compared with the sources.

use super::*;
use std::path::{Path, PathBuf};

/// What others are asked that are called like a client in some places.
const OF_OTHERS: [&str; 5] = ["clone", "get", "insert", "iter", "value"];

/// Files that are compiled for tests only.
const OF_TESTS: [&str; 2] = ["tests.rs", "scripted.rs"];

/// Every source file of the crate with what comes before its tests.
///
/// The file that makes the clients calls none but STS.
fn sources() -> Vec<(PathBuf, String)> {
    fn read(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !OF_TESTS.iter().any(|name| path.ends_with(name))
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 30, "the sources are not there");
    found
}

/// The word at the beginning of a text.
fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// What is asked of a client in a text; white space before a dot does not count.
fn asked_of(text: &str, client: &str) -> BTreeSet<String> {
    let text = text.split('.').map(str::trim_end).collect::<Vec<_>>().join(".");
    let name = format!("{client}.");
    let asked = text.match_indices(&name).filter_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let is_alone = !before.ends_with(|c: char| c.is_alphanumeric() || "._".contains(c));
        let is_client = is_alone || before.ends_with("account.") || before.ends_with("self.");
        let operation = word(after);
        let is_called = !operation.is_empty() && after[operation.len()..].starts_with('(');
        (is_client && is_called && !OF_OTHERS.contains(&operation)).then(|| operation.to_owned())
    });
    asked.collect()
}

fn clients() -> BTreeSet<&'static str> {
    CALLS.iter().map(|call| call.client).filter(|client| *client != "sts").collect()
}

#[test]
fn every_call_of_the_sources_is_listed_and_every_entry_is_called() {
    let mut called = BTreeSet::new();
    for (path, text) in sources() {
        for client in clients() {
            for operation in asked_of(&text, client).into_iter().filter(|_| !path.ends_with("connect.rs")) {
                let is_listed = CALLS.iter().any(|call| (call.client, call.operation) == (client, operation.as_str()));
                assert!(
                    is_listed,
                    "{}: `{client}.{operation}` is not in CALLS of deployer/src/permissions.rs: add the actions that it takes",
                    path.display()
                );
                called.insert((client, operation));
            }
        }
        let is_sts = text.contains(".get_caller_identity()");
        called.extend(is_sts.then(|| ("sts", "get_caller_identity".to_owned())));
    }
    for call in CALLS {
        assert!(
            called.contains(&(call.client, call.operation.to_owned())),
            "`{}.{}` is in CALLS of deployer/src/permissions.rs, and nothing calls it any more",
            call.client,
            call.operation
        );
    }
}

#[test]
fn a_client_that_is_handed_on_keeps_its_name() {
    for (path, text) in sources() {
        for client in clients() {
            let is_handed_on = [",", ")", ";"].iter().any(|end| text.contains(&format!("account.{client}{end}")));
            let is_found = !is_handed_on || !asked_of(&text, client).is_empty();
            assert!(is_found, "{}: call `{client}` where it is, or give it the same name", path.display());
        }
    }
}

#[test]
fn every_action_that_an_error_names_is_one_that_a_call_needs() {
    let needed: BTreeSet<&str> = CALLS.iter().flat_map(|call| call.needs).map(|need| need.action).collect();
    let mut n_found = 0;
    for (path, text) in sources() {
        for (at, start) in text.match_indices("Error::aws(\"") {
            let action = text[at + start.len()..].split('"').next().unwrap();
            n_found += 1;
            // The first takes no right; the second is a right of the user behind the role that deploys.
            let is_known = needed.contains(action) || ["sts:GetCallerIdentity", "sts:AssumeRole"].contains(&action);
            assert!(is_known, "{}: no call in deployer/src/permissions.rs needs `{action}`", path.display());
        }
    }
    assert!(n_found > 30, "the sources are not there");
}

#[test]
fn what_comes_after_the_proposal_is_listed() {
    for (client, operation) in AFTER_PROPOSAL {
        assert!(
            CALLS.iter().any(|call| (call.client, call.operation) == (*client, *operation)),
            "{client}.{operation}"
        );
    }
}
