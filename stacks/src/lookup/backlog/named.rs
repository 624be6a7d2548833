//! Which of several things of Backlog the stage file means, or what it could have meant.

use super::BacklogLookup;
use crate::lookup::{NoValue, Refusal};
use crate::stage::NameOrId;
use serde::Deserialize;

/// Something of Backlog with a number and a name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    pub(super) id: u64,
    #[serde(default)]
    name: String,
    /// What a user signs in with; users of Nulab accounts have none.
    #[serde(default)]
    user_id: Option<String>,
    /// What the issues of a project are called after.
    #[serde(default)]
    project_key: Option<String>,
}

impl Named {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || [&self.user_id, &self.project_key].into_iter().any(|other| other.as_deref() == Some(name))
    }

    /// The name with what is unique.
    fn shown(&self) -> String {
        match &self.project_key {
            Some(key) => format!("{key} ({})", self.name),
            None => format!("{} ({})", self.name, self.id),
        }
    }
}

/// The number of the one that is wanted; a number that nothing has may be a name, and a name a number.
pub(super) fn find_named(lookup: &BacklogLookup, things: &[Named]) -> Result<u64, NoValue> {
    let wanted = lookup.wanted();
    let name = wanted.to_string();
    let with_number = things.iter().find(|thing| matches!(wanted, NameOrId::Id(id) if thing.id == *id));
    let mut found: Vec<&Named> = match with_number {
        Some(thing) => vec![thing],
        None => things.iter().filter(|thing| thing.is_called(&name)).collect(),
    };
    if found.is_empty() {
        // A number in quotes.
        found.extend(things.iter().filter(|thing| thing.id.to_string() == name));
    }
    let refused = |what: String, hint: String| Err(NoValue::Refused(vec![Refusal { below: vec![], what, hint }]));
    match (&found[..], lookup) {
        ([thing], _) => Ok(thing.id),
        ([], BacklogLookup::Project(_)) if things.is_empty() => refused(
            format!("Backlog has no {lookup} that the owner of the API key can see, nor any other"),
            "make the key's owner a member of the project".into(),
        ),
        ([], BacklogLookup::Project(_)) => refused(
            format!("Backlog has no {lookup} that the owner of the API key can see"),
            format!("write the key of one of these there: {}", listed(things.iter())),
        ),
        ([], _) if things.is_empty() => refused(
            format!("Backlog has no {lookup}, nor any other"),
            "make one in Backlog, or take the line out of the stage file".into(),
        ),
        ([], _) => refused(
            format!("Backlog has no {lookup}"),
            format!("write one of these there, by name or number: {}", listed(things.iter())),
        ),
        _ => refused(
            format!("Backlog has more than one {lookup}"),
            format!("write one of these there: {}", listed(found.iter().copied())),
        ),
    }
}

/// Names with their numbers, as many as a person reads.
fn listed<'a>(things: impl Iterator<Item = &'a Named>) -> String {
    const LONGEST: usize = 40;
    let mut words: Vec<String> = things.map(Named::shown).collect();
    let n_more = words.len().saturating_sub(LONGEST);
    words.truncate(LONGEST);
    if n_more > 0 {
        words.push(format!("and {n_more} more"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"id": 3, "name": "Sato", "userId": "sato", "roleType": 2},
        {"id": 4, "name": "Suzuki", "userId": null},
        {"id": 5, "name": "Suzuki"},
        {"id": 6, "name": "2026", "userId": "3"}
    ]"#;

    /// Looks for something in a list and expects a number, or an error that says all the words.
    fn check_in(list: &str, lookup: &BacklogLookup, expected: Result<u64, &[&str]>) {
        let things: Vec<Named> = serde_json::from_str(list).unwrap();
        match (find_named(lookup, &things), expected) {
            (Ok(number), Ok(expected)) => assert_eq!(number, expected),
            (Err(NoValue::Refused(refusals)), Err(words)) => {
                let text = format!("{} {}", refusals[0].what, refusals[0].hint);
                words.iter().for_each(|word| assert!(text.contains(word), "`{word}` is missing in: {text}"));
            }
            (found, expected) => panic!("{lookup}: {found:?}, not {expected:?}"),
        }
    }

    fn name(name: &str) -> NameOrId {
        NameOrId::Name(name.into())
    }

    fn check(wanted: NameOrId, expected: Result<u64, &[&str]>) {
        check_in(LIST, &BacklogLookup::Member { project: name("SUB"), wanted }, expected);
    }

    #[test]
    fn finds_by_name_user_id_and_number() {
        check(name("Sato"), Ok(3));
        check(name("sato"), Ok(3));
        check(NameOrId::Id(5), Ok(5));
    }

    #[test]
    fn a_number_is_a_number_first_and_a_name_otherwise() {
        check(NameOrId::Id(3), Ok(3));
        check(NameOrId::Id(2026), Ok(6));
        check(name("3"), Ok(6));
        check(name("5"), Ok(5));
    }

    #[test]
    fn a_name_that_several_have_is_refused_with_their_numbers() {
        let words = ["more than one member `Suzuki` of project `SUB`", "Suzuki (4), Suzuki (5)"];
        check(name("Suzuki"), Err(&words));
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_exist() {
        let words = ["no member `Tanaka`", "Sato (3), Suzuki (4), Suzuki (5), 2026 (6)"];
        check(name("Tanaka"), Err(&words));
        check(NameOrId::Id(7), Err(&["no member `7`"]));
    }

    #[test]
    fn an_empty_list_is_said_to_be_empty() {
        let milestone = BacklogLookup::Milestone { project: name("SUB"), wanted: name("v1") };
        check_in("[]", &milestone, Err(&["no milestone `v1` of project `SUB`, nor any other", "make one in Backlog"]));
        check_in("[]", &BacklogLookup::Project(name("SUB")), Err(&["nor any other", "a member of the project"]));
    }

    #[test]
    fn a_project_is_found_by_name_and_shown_with_its_key() {
        let list = r#"[{"id": 92, "name": "受講者対応", "projectKey": "SUB"}, {"id": 93, "name": "Ops", "projectKey": "OPS"}]"#;
        check_in(list, &BacklogLookup::Project(name("受講者対応")), Ok(92));
        check_in(list, &BacklogLookup::Project(name("OPS")), Ok(93));
        check_in(
            list,
            &BacklogLookup::Project(name("Dev")),
            Err(&["project `Dev` that the owner", "SUB (受講者対応), OPS (Ops)"]),
        );
    }
}
