//! JSON as a person reads it: what fits into a line stands in one. A template has room for so many bytes only.

use serde_json::Value as Json;

const WIDTH: usize = 120;

/// The value, broken into lines where it does not fit behind so many spaces.
pub(super) fn laid_out(value: &Json, indent: usize) -> String {
    let whole = value.to_string();
    if indent + whole.len() <= WIDTH {
        return whole;
    }
    let inner = indent + 2;
    let (parts, brackets): (Vec<String>, _) = match value {
        Json::Object(members) => {
            let member = |(name, value)| format!("{}: {}", Json::from(String::clone(name)), laid_out(value, inner));
            (members.iter().map(member).collect(), ('{', '}'))
        }
        Json::Array(items) => (items.iter().map(|item| laid_out(item, inner)).collect(), ('[', ']')),
        _ => return whole,
    };
    in_lines(&parts, indent, brackets)
}

/// The parts, each on a line of its own, between brackets of which the second stands behind so many spaces.
pub(super) fn in_lines(parts: &[String], indent: usize, (opening, closing): (char, char)) -> String {
    let (inner, outer) = (" ".repeat(indent + 2), " ".repeat(indent));
    format!("{opening}\n{inner}{}\n{outer}{closing}", parts.join(&format!(",\n{inner}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_into_a_line_stands_in_one() {
        assert_eq!(laid_out(&json!({"a": [1, {}], "b": "c"}), 4), r#"{"a":[1,{}],"b":"c"}"#);
    }

    #[test]
    fn what_does_not_fit_is_broken_part_by_part() {
        let long = "x".repeat(108);
        let text = laid_out(&json!({"a": [1, 2], "b": [{"c": long}, 3]}), 0);
        assert_eq!(text, format!("{{\n  \"a\": [1,2],\n  \"b\": [\n    {{\"c\":\"{long}\"}},\n    3\n  ]\n}}"));
        assert_eq!(laid_out(&json!("x".repeat(200)), 0).len(), 202);
    }
}
