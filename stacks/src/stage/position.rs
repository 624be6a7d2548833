//! Where in a stage file a value stands.

/// The line, counted from 1, of the value at a path of keys and indices.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let mut from = 0;
    let mut found = None;
    for key in path {
        let lines = text.lines().enumerate().skip(from);
        let line = match key.parse::<usize>() {
            Ok(index) => lines.filter(|(_, line)| line.trim_start().starts_with("- ")).nth(index),
            Err(_) => lines.into_iter().find(|(_, line)| is_key(line, key)),
        };
        // An item of a list in one line stands where the list does.
        let Some((index, _)) = line else { break };
        found = Some(index + 1);
        from = index + 1;
    }
    found
}

/// The line in which a key is given for the second time.
pub(super) fn second_line_of(text: &str, key: &str) -> Option<usize> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| is_key(line, key));
    lines.nth(1).map(|(index, _)| index + 1)
}

fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start().trim_start_matches(['"', '\'']);
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
}
