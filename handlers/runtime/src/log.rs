//! Log lines as JSON objects, one a line, so that one event can be followed through the functions.

use contracts::trace::{EventId, Level, Line, Trace};
use serde::Serialize;
use serde_json::Value;
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

/// What happened to an event.
pub(crate) fn trace(event: EventId, trace: Trace) {
    write(&line(trace.level(), trace.message(), event, Some(trace)));
}

/// Something is unexpected, but needs no action now; `fields` is a JSON object without secrets.
pub fn warn(message: &str, fields: Value) {
    remark(Level::Warn, message, EventId::default(), fields);
}

/// Something about an event is unexpected, but needs no action now.
pub(crate) fn warn_of(event: EventId, message: &str, fields: Value) {
    remark(Level::Warn, message, event, fields);
}

/// Something failed and a person should look.
pub(crate) fn error(message: &str, fields: Value) {
    remark(Level::Error, message, EventId::default(), fields);
}

/// Something about an event failed and a person should look.
pub(crate) fn error_of(event: EventId, message: &str, fields: Value) {
    remark(Level::Error, message, event, fields);
}

/// A line that is only for people.
#[derive(Serialize)]
struct Remark {
    #[serde(flatten)]
    line: Line,
    #[serde(flatten)]
    fields: Value,
}

fn remark(level: Level, message: &str, event: EventId, fields: Value) {
    write(&Remark { line: line(level, message, event, None), fields });
}

fn line(level: Level, message: &str, event: EventId, trace: Option<Trace>) -> Line {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let request_id = REQUEST_ID.with_borrow(Clone::clone);
    Line {
        at_ms: u64::try_from(since_1970.as_millis()).unwrap_or_default(),
        level,
        message: message.to_owned(),
        request_id: Some(request_id).filter(|id| !id.is_empty()),
        event,
        trace,
    }
}

fn write(line: &impl Serialize) {
    // A log that cannot be written must not stop the work.
    let Ok(json) = serde_json::to_string(line) else { return };
    let text = one_line(&json) + "\n";
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
