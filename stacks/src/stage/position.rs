//! Where in a stage file a key or an item is, as the YAML parser marks it.
//!
//! serde gives a value without its place, and an error with it. So the place of a node is asked for with an error:
//! the parser goes down the path, and the last step refuses what it is given.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The line, counted from 1, of the key or item at a path of keys and indices; of the last one that exists.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    (1..=path.len()).rev().find_map(|n_keys| line_of_occurrence(text, &path[..n_keys], 1))
}

/// The line in which the last key of a path is given for the second time.
pub(super) fn second_line_of(text: &str, path: &[&str]) -> Option<usize> {
    line_of_occurrence(text, path, 2)
}

fn line_of_occurrence(text: &str, path: &[&str], occurrence: usize) -> Option<usize> {
    let step = Step { path, occurrence };
    let error = step.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    // Another error is one of the text before that place.
    let is_found = error.to_string().contains(FOUND);
    error.location().filter(|_| is_found).map(|place| place.line())
}

/// What the last step says; no other error says it, because YAML has no such character.
const FOUND: &str = "\u{0}found";

/// The rest of a path, and which occurrence of its last key is asked for.
#[derive(Clone, Copy)]
struct Step<'a> {
    path: &'a [&'a str],
    occurrence: usize,
}

impl<'a> Step<'a> {
    /// Whether `name` is the next part of the path, and what is left of the path then.
    fn enter(self, name: &str) -> Option<Self> {
        let (first, rest) = self.path.split_first()?;
        (*first == name).then_some(Step { path: rest, ..self })
    }

    fn is_last(self) -> bool {
        self.path.len() == 1
    }
}

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.path {
            [] => from.deserialize_any(Refuse),
            _ => from.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("names with their values, or a list")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(inside) = map.next_key_seed(Key { step: &mut self })? {
            match inside {
                true => map.next_value_seed(Step { path: &self.path[1..], ..self })?,
                false => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let is_left = match self.enter(&index.to_string()) {
                Some(inside) => list.next_element_seed(inside)?.is_some(),
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !is_left {
                break;
            }
        }
        Ok(())
    }
}

/// A key of a map: `true` if the path continues below it. At the end of the path, it is refused.
struct Key<'s, 'a> {
    step: &'s mut Step<'a>,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_, '_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        let is_it = self.step.enter(name).is_some();
        if is_it && self.step.is_last() {
            self.step.occurrence -= 1;
            if self.step.occurrence == 0 {
                return Err(E::custom(FOUND));
            }
            return Ok(false);
        }
        Ok(is_it)
    }
}

/// Refuses whatever it is given, so that the parser says where that is.
struct Refuse;

impl<'de> Visitor<'de> for Refuse {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(FOUND)
    }
}

#[cfg(test)]
mod tests {
    use super::{line_of, second_line_of};

    const TEXT: &str = "\
region: eu-west-1
# tags: {}
'tags' : {team: a, \"list: of\": [one,
  two], last: x}
text: |
  tags:
    team: not a key
senders:
- address: 192.0.2.1

- {address: 192.0.2.2}
more: {team: b, team: c}
team: d
";

    #[test]
    fn a_place_is_where_the_parser_sees_it() {
        for (path, line) in [
            (&["region"][..], Some(1)),
            (&["tags"], Some(3)),
            (&["tags", "team"], Some(3)),
            (&["tags", "list: of", "1"], Some(4)),
            (&["tags", "last"], Some(4)),
            (&["text", "tags"], Some(5)),
            (&["senders", "0"], Some(9)),
            (&["senders", "0", "address"], Some(9)),
            (&["senders", "1", "address"], Some(11)),
            (&["senders", "2"], Some(8)),
            (&["team"], Some(13)),
            (&["absent", "team"], None),
            (&[], None),
        ] {
            assert_eq!(line_of(TEXT, path), line, "{path:?}");
        }
    }

    #[test]
    fn a_second_key_is_one_of_the_same_section() {
        assert_eq!(second_line_of(TEXT, &["more", "team"]), Some(12));
        assert_eq!(second_line_of(TEXT, &["team"]), None);
        assert_eq!(second_line_of("a: 1\nb:\n  a: 2\na: 3\n", &["a"]), Some(4));
    }
}
