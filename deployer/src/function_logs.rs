//! What the functions of the local stage logged.

use crate::account::{Account, WantedEvents};
use crate::error::Outcome;

/// All lines of every function of the local stage, oldest first; one line for each record.
pub async fn local_logs(account: &Account, prefix: &str) -> Outcome<Vec<(String, String)>> {
    let mut lines = Vec::new();
    for group in account.logs.describe_log_groups(prefix).await? {
        let name = group.log_group_name;
        let function = name.rsplit('/').next().unwrap_or(&name);
        let events = account.logs.filter_log_events(&name, WantedEvents::default()).await?;
        lines.extend(events.iter().map(|event| (event.timestamp, function.to_owned(), one_line(&event.message))));
    }
    lines.sort_by_key(|(at, ..)| *at);
    Ok(lines.into_iter().map(|(_, function, message)| (function, message)).collect())
}

/// A record without what some program would take for the end of a line.
///
/// Unicode knows more ends of a line than a terminal does: NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR.
fn one_line(record: &str) -> String {
    let mut line = String::with_capacity(record.len());
    for character in record.trim_end().chars() {
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                line.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => line.push(other),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_record_is_one_line_whatever_is_in_it() {
        assert_eq!(
            one_line("a\u{2028}b\u{2029}c\u{85}d\ne\rf\u{b}g\u{c}h\u{1e}\n"),
            "a\\u2028b\\u2029c\\u0085d\\ne\\rf\\u000bg\\u000ch\\u001e"
        );
        assert_eq!(one_line("資料\t{\"a\": 1}\n"), "資料\t{\"a\": 1}");
    }
}
