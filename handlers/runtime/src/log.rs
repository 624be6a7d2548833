//! Log lines as JSON objects, one a line, so that one event can be followed through the functions.

use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::io::Write;
use std::time::SystemTime;

thread_local! {
    static REQUEST_ID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Names the invocation that the following lines belong to.
pub(crate) fn begin_invocation(request_id: &str) {
    REQUEST_ID.with_borrow_mut(|current| request_id.clone_into(current));
}

/// Something went as it should; `fields` is a JSON object without secrets.
pub fn info(message: &str, fields: Value) {
    write("info", message, fields);
}

/// Something is odd and needs no action now.
pub fn warn(message: &str, fields: Value) {
    write("warn", message, fields);
}

/// Something failed and a person should look.
pub fn error(message: &str, fields: Value) {
    write("error", message, fields);
}

fn write(level: &str, message: &str, fields: Value) {
    let request_id = REQUEST_ID.with_borrow(Clone::clone);
    let mut line = Map::new();
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    line.insert("at_ms".into(), json!(u64::try_from(since_1970.as_millis()).unwrap_or_default()));
    line.insert("level".into(), json!(level));
    line.insert("message".into(), json!(message));
    if !request_id.is_empty() {
        line.insert("request_id".into(), json!(request_id));
    }
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    let mut text = one_line(&Value::Object(line).to_string());
    text.push('\n');
    // A log that cannot be written must not stop the work.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// JSON without what some reader of lines would take for the end of one. Inside a string of JSON, where
/// alone they can stand, they are the same as their escapes.
fn one_line(json: &str) -> String {
    json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use serde_json::{Value, json};

    #[test]
    fn a_record_is_one_line_for_every_reader_and_says_the_same() {
        let record = json!({"message": "a\u{2028}b\u{2029}c\u{85}d\ne\rf\u{b}g\u{1c}h 資料"});
        let line = one_line(&record.to_string());
        let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
        assert!(!line.contains(ends), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), record);
    }
}
