//! JSON as it was written, and as much of it as there is room for.

use super::*;
use crate::text::code_length;

/// The document on one line, as it was written.
fn flat(text: &str) -> String {
    Json::read(text).map(|value| shown::flat(&value)).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn digits_order_and_repeated_members_are_kept() {
    for text in [
        r#"{"wei":1234567890123456789012,"price":10.50,"ratio":0.1000000000000000055511151231257827,"id":18446744073709551616}"#,
        r#"{"zeta":1,"alpha":2,"zeta":3,"":{"":[]}}"#,
        r#"[1E+2,-0,-0.0,1e400,0.10,true,false,null]"#,
        r#"{"a/b":"c\/d","e":"\t\r\n\\\"","f":"\u0000\u001f\u202e"}"#,
        "[[[]],{}]",
    ] {
        assert_eq!(flat(text), text);
    }
}

#[test]
fn white_space_between_the_parts_is_nobodys() {
    assert_eq!(flat(" { \"a\" :\t[ 1 ,\r\n2 ] , \"b\" : { } } \n"), r#"{"a":[1,2],"b":{}}"#);
    assert_eq!(Json::read("[1,\u{a0}2]"), None);
}

#[test]
fn escapes_of_what_a_person_can_read_are_read() {
    assert_eq!(
        flat(r#"["\u3042\u00e9 \ud83e\udd80 \u003cb\u003e","\u0022\u005c\u0020\u200b","\\u3042"]"#),
        r#"["あé 🦀 <b>","\u0022\u005c\u0020\u200b","\\u3042"]"#
    );
}

#[test]
fn what_is_no_json_is_none() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:2}",
        "[1 2]",
        "[1]]",
        "nul",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "0x1",
        "1e",
        "\"",
        "\"a",
        "'a'",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "{\"a\":1}{\"b\":2}",
        "[tr\"ue]",
        "\u{feff}{}",
    ] {
        assert_eq!(Json::read(text), None, "{text}");
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(Json::read(&nested(127)).is_some());
    for n in [128, 1_000_000] {
        assert_eq!(Json::read(&nested(n)), None);
    }
}

#[test]
fn serde_json_reads_the_same_documents() {
    // The judge of what is JSON; the values are compared where it loses nothing.
    for text in [r#"{"a":[1,2.5,{"b":null}],"c":"\u00e9\n"}"#, "[]", "{}", "\"x\"", "-1.5e3", " [ true ] "] {
        let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&flat(text)).unwrap(), theirs);
    }
    // Changed by one character at each place, it is JSON for both or for neither.
    let document = r#"{"a":[1,-2.5e3,"\u00e9\\"],"b":{"c":null,"d":true}}"#;
    for at in 0..document.len() {
        for c in ["", " ", "\"", "\\", ",", ":", "{", "}", "[", "]", "0", "e", "x", "-", "."] {
            let changed = format!("{}{c}{}", &document[..at], &document[at + 1..]);
            let theirs = serde_json::from_str::<serde_json::Value>(&changed).is_ok();
            assert_eq!(Json::read(&changed).is_some(), theirs, "{changed}");
        }
    }
}

#[test]
fn the_last_of_several_members_counts_when_one_is_looked_up() {
    let value = Json::read(r#"{"a":1,"b":{"c":"x"},"a":2}"#).unwrap();
    assert_eq!(value["a"].count(), Some(2));
    assert_eq!(value["b"]["c"].seen(), Some("x"));
    assert_eq!(value["none"]["c"], Json::Literal("null"));
}

#[test]
fn a_number_loses_no_digit_but_those_that_say_nothing() {
    for (written, said) in [
        ("5", "5"),
        ("5.0", "5"),
        ("-5.00", "-5"),
        ("0.10", "0.10"),
        ("1e3", "1e3"),
        ("1.0e3", "1.0e3"),
        ("1234567890123456789012.0", "1234567890123456789012"),
        ("0.1000000000000000055", "0.1000000000000000055"),
    ] {
        assert_eq!(Json::read(written).unwrap().number(), Some(said));
    }
    for other in ["true", "null", "\"5\"", "[]"] {
        assert_eq!(Json::read(other).unwrap().number(), None);
    }
}

#[test]
fn lines_are_given_up_before_anything_is() {
    let show = |text: &str, limit| shown(&Json::read(text).unwrap(), limit);
    let text = r#"{"a":[1,2],"b":{"c":"x"}}"#;
    assert_eq!(show(text, 99), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {\n    \"c\": \"x\"\n  }\n}");
    assert_eq!(show(text, 40), "{\"a\": [1, 2], \"b\": {\"c\": \"x\"}}");
    assert_eq!(show(text, 25), text);
    let long = format!("[{}]", vec![r#"{"k":{"a":{"b":0}}}"#; 20].join(","));
    assert_eq!(show(&long, 999).lines().nth(1), Some(r#"  {"k": {"a": {"b": 0}}},"#));
    assert_eq!(show(&long, 420), long);
}

/// How many characters the last line says are missing.
fn n_missing(text: &str) -> usize {
    text.rsplit_once("\n… (").unwrap().1.strip_suffix(" more characters)").unwrap().parse().unwrap()
}

#[test]
fn what_is_short_or_telling_is_kept_in_its_order_and_the_rest_counted() {
    let long = "x".repeat(500);
    let text = format!(
        r#"{{"blob":["{long}","{long}","{long}"],"errorMessage":"{long}","id":7,"deep":{{"er":{{"build-status":"FAILED","y":"{long}"}}}},"last":true}}"#
    );
    let show = shown(&Json::read(&text).unwrap(), 700);
    let (kept, _) = show.rsplit_once("\n… (").unwrap();
    let message = format!("\"errorMessage\": \"{}…\"", "x".repeat(299));
    let expected = format!(
        "{{\n  {message},\n  \"id\": 7,\n  \"deep\": {{\n    \"er\": {{\n      \"build-status\": \"FAILED\"\n      …\n    }}\n  }},\n  \"last\": true\n  …\n}}"
    );
    assert_eq!(kept, expected);
    // On one line, what is shown has these characters.
    let n_shown = format!(
        r#"{{"errorMessage":"{}","id":7,"deep":{{"er":{{"build-status":"FAILED"}}}},"last":true}}"#,
        "x".repeat(298)
    )
    .len();
    assert_eq!(n_missing(&show), text.len() - n_shown);
}

#[test]
fn every_telling_name_survives_beside_members_that_fill_the_message() {
    let filling: Vec<String> = (0..40).map(|n| format!(r#""a{n:02}":"{}""#, "y".repeat(61))).collect();
    let show = |name: &str, value: &str| {
        let text = format!(r#"{{{},"{name}":{value}}}"#, filling.join(","));
        shown(&Json::read(&text).unwrap(), 2000)
    };
    let long = format!("\"{}\"", "w".repeat(61));
    for name in ["state", "status", "severity", "title", "reason", "message", "name"] {
        let (capital, rest) = name.split_at(1);
        let capital = format!("{}{rest}", capital.to_uppercase());
        for name in [
            name,
            &capital,
            &name.to_uppercase(),
            &format!("job{capital}"),
            &format!("build-{name}"),
            &format!("last_{name}"),
        ] {
            assert!(show(name, &long).contains(&format!("\"{name}\": {long}")), "{name}");
        }
    }
    for name in ["estate", "names", "titled", "STATES", "tombstone"] {
        assert!(!show(name, &long).contains(name), "{name}");
        assert!(show(name, "8.0").contains(&format!("\"{name}\": 8.0")), "{name}");
    }
}

#[test]
fn the_first_of_many_alike_are_kept() {
    let items: Vec<String> = (0..1000).map(|n| format!(r#"{{"name":"n{n}","size":{n}}}"#)).collect();
    let show = shown(&Json::read(&format!("[{}]", items.join(","))).unwrap(), 1000);
    assert!(
        show.starts_with("[\n  {\n    \"name\": \"n0\",\n    \"size\": 0\n  },\n  {\n    \"name\": \"n1\","),
        "{show}"
    );
    assert!(show.contains("\n  …\n]\n… ("), "{show}");
}

#[test]
fn nothing_is_longer_than_its_room_and_every_character_is_shown_or_counted() {
    let texts = [
        format!("[{}]", vec!["1"; 5000].join(",")),
        format!(r#"{{"あ":"{}"}}"#, "🦀".repeat(60_000)),
        format!(r#"{{"a":"{}","b":"{}"}}"#, "&<>".repeat(2000), "`".repeat(5000)),
        format!(r#"["{}"]"#, r"\n\\\u202e".repeat(2000)),
        format!(r#"{}"{}"{}"#, r#"{"k":"#.repeat(120), "deep".repeat(2000), "}".repeat(120)),
        format!("[{}]", vec![format!("{}{}", "[".repeat(100), "]".repeat(100)); 50].join(",")),
        format!(r#"{{"{}":1}}"#, "long name ".repeat(1000)),
        format!("{{{}}}", (0..3000).map(|n| format!(r#""k{n}":[]"#)).collect::<Vec<_>>().join(",")),
    ];
    for text in texts {
        for limit in [200, 700, 2992] {
            let show = shown(&Json::read(&text).unwrap(), limit);
            assert!(code_length(&show) <= limit, "{limit}: {show}");
            assert!(n_missing(&show) <= text.chars().count());
        }
    }
}
