//! Where something stands in a message, written in one line.
//!
//! `build-status` is a member of an event's detail, `phases/*/phase-type` one of every item of a list,
//! `findings/0/Title` one of the first. `/resources/0` begins at the outside of the message. After `|` stands
//! which part is meant: `build-id|/` is what comes after the last slash, `arn|:` after the last colon,
//! `arn|1/` the part after the first slash, `text|lines` the text with `\n` as it is written in it made a line. Of
//! several places with ` or ` between them the first that says something counts.

use crate::json::Json;
use contracts::text::is_blank;

/// A message, and the part of it that places begin at: the detail of an event, or all of it.
#[derive(Clone, Copy)]
pub(super) struct Whole<'m> {
    pub(super) outside: &'m Json<'m>,
    pub(super) body: &'m Json<'m>,
}

impl Whole<'_> {
    /// What stands at a place, in words; `None` if there is nothing to be seen.
    pub(super) fn said(&self, places: &str) -> Option<String> {
        places.split(" or ").find_map(|place| {
            let (path, part) = place.split_once('|').unwrap_or((place, ""));
            let lines: Vec<String> = self.all(path).into_iter().filter_map(Json::words).collect();
            let words = lines.iter().filter_map(|words| part_of(words, part)).collect::<Vec<_>>().join("\n");
            Some(words).filter(|words| !is_blank(words))
        })
    }

    /// All values at a path.
    pub(super) fn all(&self, path: &str) -> Vec<&Json<'_>> {
        let (begin, path) = path.strip_prefix('/').map_or((self.body, path), |path| (self.outside, path));
        path.split('/')
            .filter(|step| !step.is_empty())
            .fold(vec![begin], |values, step| values.into_iter().flat_map(|value| inside(value, step)).collect())
    }

    /// The text at a path.
    pub(super) fn seen(&self, path: &str) -> Option<&str> {
        self.all(path).into_iter().find_map(Json::seen)
    }
}

fn inside<'v, 'm>(value: &'v Json<'m>, step: &str) -> Vec<&'v Json<'m>> {
    match step {
        "*" => value.items().iter().collect(),
        _ => match step.parse::<usize>() {
            Ok(place) => value.items().get(place).into_iter().collect(),
            Err(_) => value.get(step).into_iter().collect(),
        },
    }
}

fn part_of(words: &str, part: &str) -> Option<String> {
    let text = match part {
        "" => words.to_owned(),
        "/" | ":" => words.rsplit(part).next()?.to_owned(),
        // AWS Health escapes what it describes once more than JSON does.
        "lines" => words.replace("\\r\\n", "\n").replace("\\n", "\n"),
        _ => {
            let (number, separator) = part.split_at_checked(1)?;
            words.split(separator).nth(number.parse().ok()?)?.to_owned()
        }
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_and_its_part_taken() {
        let outside = Json::read(
            r#"{"resources": ["arn:aws:ecs:r:1:service/web/api"], "detail": {"a": " ", "b": 5.0, "c": [{"d": "x"}, {}, {"d": "y"}],
                "e": "one\\ntwo", "f": null, "g": {"HIGH": 1, "LOW": 2}, "h": []}}"#,
        )
        .unwrap();
        let whole = Whole { outside: &outside, body: &outside["detail"] };
        for (place, said) in [
            ("b", Some("5")),
            ("a", None),
            ("a or b", Some("5")),
            ("c/*/d", Some("x\ny")),
            ("c/2/d", Some("y")),
            ("c/3/d", None),
            ("e|lines", Some("one\ntwo")),
            ("f", None),
            ("g", Some("HIGH 1, LOW 2")),
            ("h", None),
            ("/resources/0|/", Some("api")),
            ("/resources/0|:", Some("service/web/api")),
            ("/resources/0|1/", Some("web")),
            ("/resources/0|7/", None),
            ("nothing/at/all", None),
        ] {
            assert_eq!(whole.said(place).as_deref(), said, "{place}");
        }
    }
}
