//! Templates as YAML that every reader understands alike.

use serde::Serialize;
use serde_json::Value as Json;

/// Stands around a string that must be quoted until the text is written.
const MARK: char = '\u{E000}';

/// Writes a value as YAML.
///
/// CloudFormation reads YAML 1.1, where `2012-10-17` is a date, `on` is true and `12:30` is 750;
/// `serde_yaml` writes YAML 1.2, where all three are text. Such strings are quoted here.
pub(crate) fn write<T: Serialize>(value: &T) -> String {
    let written = serde_json::to_value(value)
        .map_err(|error| error.to_string())
        .and_then(|json| serde_yaml::to_string(&marked(json)).map_err(|error| error.to_string()));
    match written {
        Ok(text) => unmarked(&text),
        Err(error) => panic!("a template does not serialize: {error}"),
    }
}

fn marked(json: Json) -> Json {
    match json {
        Json::String(text) if is_ambiguous(&text) => Json::String(format!("{MARK}{text}{MARK}")),
        Json::Array(items) => items.into_iter().map(marked).collect(),
        Json::Object(fields) => fields.into_iter().map(|(name, value)| (name, marked(value))).collect(),
        other => other,
    }
}

/// Whether a YAML 1.1 reader could take a plain string for something else: anything that
/// begins as a number or a date does, or is one of the words for truth and nothing.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "="];
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_short_and_safe = text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.:_ ".contains(c));
    is_word || is_short_and_safe && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

/// Replaces the marks by quotes; what is between them needs no escape.
fn unmarked(text: &str) -> String {
    // The writer may have quoted a marked string itself.
    let quoted = |quote: char, text: String| {
        text.replace(&format!("{quote}{MARK}"), &MARK.to_string()).replace(&format!("{MARK}{quote}"), &MARK.to_string())
    };
    let text = quoted('\'', quoted('"', text.to_owned()));
    text.replace("\\uE000", "\"").replace(MARK, "\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, expected: &str) {
        assert_eq!(write(&json!({"a": text})), format!("a: {expected}\n"));
    }

    #[test]
    fn what_yaml_1_1_would_retype_is_quoted() {
        for text in ["2012-10-17", "on", "Yes", "12:30:45", "0o17", "1_000", "+1", ".5", "~", "n"] {
            check(text, &format!("\"{text}\""));
        }
    }

    #[test]
    fn other_text_stays_plain() {
        for text in ["AWS::SQS::Queue", "sqs:SendMessage", "yesterday"] {
            check(text, text);
        }
    }

    #[test]
    fn reads_back_as_it_was() {
        for text in ["", "a\nb", "\"", "a: b", "#", "- x", "見積", "1.0 \"x\"", "true"] {
            let value = json!({"a": text, "b": [text]});
            let read: Json = serde_yaml::from_str(&write(&value)).unwrap();
            assert_eq!(read, value);
        }
    }
}
