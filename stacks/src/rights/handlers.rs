//! Which actions the handlers of CloudFormation's resource types call.

use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Actions of each resource type and operation, as JSON.
///
/// Source: the resource type schemas of CloudFormation, `handlers.*.permissions`, without the operation
/// `list`, which no stack operation uses. ` if PROPERTY` limits an action to resources that have the
/// property; ` never` marks what is no action of IAM or must not be granted. `also` holds what EventBridge's
/// user guide ("Connections for API targets") demands beyond the schema.
pub const HANDLERS: &str = include_str!("handlers.json");

static TABLE: LazyLock<Map<String, Json>> = LazyLock::new(|| match serde_json::from_str(HANDLERS) {
    Ok(Json::Object(table)) => table,
    other => panic!("handlers.json is no object: {other:?}"),
});

/// What CloudFormation does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// It makes it.
    Create,
    /// It reads it back.
    Read,
    /// It changes it in place.
    Update,
    /// It removes it.
    Delete,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// The actions that some operations on a resource with these properties take.
///
/// None for a type that the table does not have: a test holds it to the types that stacks define, but a
/// stack in an account may have had others.
pub(super) fn actions(kind: &str, properties: &Json, operations: &[Operation]) -> BTreeSet<String> {
    let Some(handlers) = TABLE.get(kind) else { return BTreeSet::new() };
    let entries = operations.iter().flat_map(|operation| {
        let name = operation.name();
        [&handlers[name], &handlers["also"][name]].into_iter().filter_map(Json::as_array).flatten()
    });
    entries.filter_map(Json::as_str).filter_map(|entry| needed(entry, properties)).map(str::to_owned).collect()
}

/// The action of an entry, if a resource with these properties needs it.
fn needed<'a>(entry: &'a str, properties: &Json) -> Option<&'a str> {
    match (entry.strip_suffix(" never"), entry.split_once(" if ")) {
        (Some(_), _) => None,
        (None, Some((action, property))) => has(properties, property).then_some(action),
        (None, None) => Some(entry),
    }
}

/// Whether there is a property of this path; in a list, any element may have it.
fn has(value: &Json, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match value {
        Json::Array(elements) => elements.iter().any(|element| has(element, path)),
        Json::Object(members) => members.get(name).is_some_and(|member| rest.is_none_or(|rest| has(member, rest))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_action_of_a_property_is_needed_with_the_property_only() {
        let properties = json!({"A": {"B": [{"C": 1}, {"D": 1}]}, "E": true});
        for (entry, expected) in [
            ("s3:GetObject", Some("s3:GetObject")),
            ("s3:GetObject if E", Some("s3:GetObject")),
            ("s3:GetObject if A.B.D", Some("s3:GetObject")),
            ("s3:GetObject if A.B.F", None),
            ("s3:GetObject if E.A", None),
            ("s3:GetObject never", None),
        ] {
            assert_eq!(needed(entry, &properties), expected, "{entry}");
        }
    }
}
