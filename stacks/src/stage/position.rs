//! Where in a stage file a value stands.

/// The line, counted from 1, of the value at a path of keys and indices.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let mut block: Vec<(usize, &str)> = text.lines().enumerate().collect();
    let mut found = None;
    for key in path {
        let mut lines = block.iter().copied();
        let line = match key.parse::<usize>() {
            Ok(index) => lines.filter(|(_, line)| is_item(line)).nth(index),
            Err(_) => lines.find(|(_, line)| is_key(line, key)),
        };
        // What is written in one line stands where it begins.
        let Some((index, line)) = line else { break };
        found = Some(index + 1);
        let below = text.lines().enumerate().skip(index + 1);
        block = below.take_while(|(_, other)| is_inside(line, other)).collect();
    }
    found
}

/// Whether a line belongs to what another one begins; a list may stand as far left as its key.
fn is_inside(line: &str, other: &str) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let is_blank = other.trim_start().is_empty() || other.trim_start().starts_with('#');
    is_blank || depth(other) > depth(line) || (depth(other) == depth(line) && is_item(other) && !is_item(line))
}

fn is_item(line: &str) -> bool {
    line.trim_start().starts_with("- ")
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
