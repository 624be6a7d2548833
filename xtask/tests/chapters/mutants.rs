//! Events that no SaaS sends, made of ones that it does: the same seed makes the same.

use fastrand::Rng;
use serde_json::{Map, Value as Json, json};

/// Texts that programs have taken for something else.
const TEXTS: [&str; 34] = [
    "",
    " ",
    "\u{3000}",
    "\0",
    "a\0b",
    "a\nb\r\nc",
    "\u{2028}x\u{2029}",
    "\u{85}",
    "\u{feff}",
    "\u{fffe}\u{ffff}",
    "\u{10ffff}",
    "\u{202e}gnp.exe",
    "e\u{301}",
    "か\u{3099}",
    "👩‍💻",
    "..",
    ".",
    "../../etc/passwd",
    "/",
    "\\",
    "%2e%2e%2f",
    "null",
    "true",
    "8",
    "1e5",
    "<!channel>",
    "<script>alert(1)</script>",
    "[x](javascript:1)",
    "{code}x{/code}",
    "#image(http://127.0.0.1/x)",
    "a\nAlert ID: 2bj\nb",
    "\u{1b}[31mred",
    "CON",
    "a.",
];
/// Names of members that mean something to a handler, and some that mean something to a parser.
const NAMES: [&str; 16] = [
    "id",
    "type",
    "event",
    "alert",
    "content",
    "project",
    "projectKey",
    "name",
    "dir",
    "size",
    "status",
    "isOpen",
    "",
    "ID",
    "__proto__",
    "$serde_json::private::Number",
];

/// An event with one to three changes, as bytes that are mostly, but not always, JSON.
pub fn mutant(random: &mut Rng, mut event: Json) -> Vec<u8> {
    for _ in 0..random.usize(1..4) {
        change(random, &mut event);
    }
    spoil(random, event.to_string().into_bytes())
}

/// Changes one member anywhere in the event.
fn change(random: &mut Rng, event: &mut Json) {
    let mut paths = Vec::new();
    find_members(event, "", &mut paths);
    let Some((parent, name)) = random.choice(&paths) else { return };
    let elsewhere = random.choice(&paths).map(|(parent, name)| event.pointer(parent).unwrap()[name].clone());
    let Some(Json::Object(members)) = event.pointer_mut(parent) else { return };
    let value = members.remove(name).unwrap();
    match random.u8(..20) {
        0..4 => {}
        4..17 => drop(members.insert(name.clone(), other_than(random, value))),
        17 => drop(members.insert((*random.choice(&NAMES).unwrap()).to_owned(), value)),
        18 => {
            members.insert((*random.choice(&NAMES).unwrap()).to_owned(), other_than(random, Json::Null));
            members.insert(name.clone(), value);
        }
        _ => drop(members.insert(name.clone(), elsewhere.unwrap_or_default())),
    }
}

/// Every member of every object, as the pointer to the object and the name.
fn find_members(value: &Json, pointer: &str, paths: &mut Vec<(String, String)>) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                paths.push((pointer.to_owned(), name.clone()));
                find_members(member, &format!("{pointer}/{}", escaped(name)), paths);
            }
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| find_members(item, &format!("{pointer}/{index}"), paths));
        }
        _ => {}
    }
}

/// A name as it stands in a JSON pointer.
///
/// Source: RFC 6901.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn other_than(random: &mut Rng, value: Json) -> Json {
    match random.u8(..20) {
        0..2 => Json::Null,
        2 => json!(random.bool()),
        3..8 => number(random),
        8..13 => json!(random.choice(&TEXTS).unwrap()),
        13 => json!([]),
        14 => Json::Object(Map::new()),
        15 => json!([value]),
        16 => json!({"value": value}),
        17 => json!(value.to_string()),
        18 => nested(random.usize(2..120)),
        _ => match value {
            Json::String(text) => json!(format!("{text}{}", random.choice(&TEXTS).unwrap())),
            _ => json!("x".repeat(random.usize(1..30_000))),
        },
    }
}

fn number(random: &mut Rng) -> Json {
    let whole =
        [0, -1, 1, 8, 9, 10, 1 << 31, -(1 << 31), (1 << 53) + 1, i64::MAX, i64::MIN, 253_402_300_800, 1_764_217_500];
    let broken = [-0.0, 8.0, 1.5, 1e15, 1e22, 1e300, -1e300, 5e-324, 0.1 + 0.2];
    match random.u8(..3) {
        0 => json!(random.choice(&broken).unwrap()),
        1 => json!(u64::MAX - random.u64(..2)),
        _ => json!(random.choice(&whole).unwrap()),
    }
}

fn nested(depth: usize) -> Json {
    (0..depth).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
}

/// Of a hundred texts some are no JSON any more, or have a name twice.
fn spoil(random: &mut Rng, mut text: Vec<u8>) -> Vec<u8> {
    let place = random.usize(..text.len());
    match random.u8(..100) {
        0..2 => text[place] = random.u8(..),
        2 => text.truncate(place),
        3 => text.extend_from_slice(random.choice(&[&b"\0"[..], b"{}", b"\xef\xbb\xbf"]).unwrap()),
        4..7 => {
            let name = random.choice(&NAMES).unwrap();
            drop(text.splice(1..1, format!("{}:null,", json!(name)).into_bytes()));
        }
        7..9 => drop(text.splice(1..1, *b"\"lone\":\"\\ud800\",")),
        _ => {}
    }
    text
}

/// Something in place of a token; never the token itself, nor one with a slash behind it, which is the same path.
pub fn forged_token(random: &mut Rng, token: &str) -> String {
    let letter = |random: &mut Rng| random.alphanumeric();
    let mut letters: Vec<char> = token.chars().collect();
    let place = random.usize(..letters.len());
    match random.u8(..8) {
        0 => letters.truncate(place),
        1 => letters.insert(place, letter(random)),
        2 => letters.reverse(),
        3 => letters.iter_mut().for_each(|each| *each = each.to_ascii_lowercase()),
        4 => letters.extend(token.chars()),
        5 => return format!("{token}{}", random.choice(&["%00", "%20", "%0a", "%09", "%e2%80%8b"]).unwrap()),
        6 => letters = (0..letters.len()).map(|_| letter(random)).collect(),
        _ => letters[place] = letter(random),
    }
    let forged: String = letters.into_iter().collect();
    if forged == token { "TOKEN".to_owned() } else { forged }
}
