//! What serde says of a wrong value, in the words of a stage file.

/// Turns `invalid type: FOUND, expected WANTED` into the form of all messages; others stay as they are.
pub(super) fn of_stage_file(message: &str) -> String {
    let parts = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match parts.and_then(|parts| parts.rsplit_once(", expected ")) {
        Some((found, wanted)) => format!("found {}; allowed is {}", value(found), kind(wanted)),
        None => message.to_owned(),
    }
}

/// A value without the name of its type in Rust or YAML.
fn value(found: &str) -> &str {
    const TYPES: [&str; 4] = ["string ", "integer ", "floating point ", "boolean "];
    match found {
        "unit value" | "Option value" => "nothing",
        "sequence" => "a list",
        "map" => "a section",
        _ => TYPES.iter().find_map(|name| found.strip_prefix(name)).unwrap_or(found),
    }
}

fn kind(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "a sequence" => "a list, such as `[one, another]`",
        "a map" => "names with their values",
        "a string" => "a text",
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::of_stage_file;

    #[test]
    fn types_are_called_as_a_person_calls_them() {
        for (theirs, own) in [
            (r#"invalid type: string "week", expected u32"#, r#"found "week"; allowed is a whole number"#),
            ("invalid type: floating point `1.5`, expected u32", "found `1.5`; allowed is a whole number"),
            ("invalid value: integer `-1`, expected u32", "found `-1`; allowed is a whole number"),
            ("invalid type: sequence, expected a string", "found a list; allowed is a text"),
            ("invalid type: unit value, expected a map", "found nothing; allowed is names with their values"),
            ("missing field `host`", "missing field `host`"),
        ] {
            assert_eq!(of_stage_file(theirs), own);
        }
    }

    #[test]
    fn what_was_found_may_look_like_our_marks() {
        let theirs = r#"invalid type: string "a, expected b", expected u32"#;
        assert_eq!(of_stage_file(theirs), r#"found "a, expected b"; allowed is a whole number"#);
    }
}
