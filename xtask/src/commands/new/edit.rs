//! Adds an integration to the few files that name every integration.

use super::draft::Draft;
use crate::failure::Failure;
use std::path::Path;

const CONTRACTS: &str = "handlers/contracts/src/lib.rs";
const STACKS: &str = "stacks/src/lib.rs";
const STAGES: [&str; 2] = ["stacks/stages/example.yaml", "stacks/stages/local.yaml"];
const README: &str = "README.md";
/// Stands in the section of each integration.
const PICTURE: &str = "<!-- docs: picture ";

/// Every file that changes, with its new text.
pub fn edits(draft: &Draft, root: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path));
        text.map_err(|error| Failure::nothing_changed(format!("cannot read {path}: {error}")))
    };
    let lacks = |path: &str| Failure::nothing_changed(format!("cannot find the place for the integration in {path}"));
    let module = &draft.module;
    let contracts = with_line(&read(CONTRACTS)?, "pub mod ", &format!("pub mod {module};"));
    let stacks = with_line_below(&read(STACKS)?, "integrations! {", &format!("    {module},"));
    let mut edits =
        vec![(CONTRACTS, contracts.ok_or_else(|| lacks(CONTRACTS))?), (STACKS, stacks.ok_or_else(|| lacks(STACKS))?)];
    for stage in STAGES {
        edits.push((stage, read(stage)?.trim_end().to_owned() + "\n" + &draft.stage_section()));
    }
    let readme = with_section(&read(README)?, &draft.readme_section()).ok_or_else(|| lacks(README))?;
    edits.push((README, readme));
    Ok(edits)
}

/// The document with one more section after those with a picture; `None` if no heading follows them.
fn with_section(text: &str, section: &str) -> Option<String> {
    let last = text.rfind(PICTURE)?;
    let place = last + text[last..].find("\n## ")? + 1;
    Some(format!("{}{section}{}", &text[..place], &text[place..]))
}

/// The text with one more of the lines that begin with the prefix, in alphabetical order; `None` if no line does.
fn with_line(text: &str, prefix: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let alike = |known: &&str| known.starts_with(prefix);
    let last = lines.iter().rposition(alike)?;
    let place = lines.iter().position(|known| alike(known) && *known > line).unwrap_or(last + 1);
    Some(inserted(&lines, place, line))
}

/// The text with one more line in the list that `opening` opens, in alphabetical order; `None` if there is no list.
fn with_line_below(text: &str, opening: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = 1 + lines.iter().position(|known| *known == opening)?;
    let n_lines = lines[first..].iter().position(|known| *known == "}")?;
    let place = (first..first + n_lines).find(|&index| lines[index] > line).unwrap_or(first + n_lines);
    Some(inserted(&lines, place, line))
}

fn inserted(lines: &[&str], place: usize, line: &str) -> String {
    let (before, after) = lines.split_at(place);
    before.iter().chain([&line]).chain(after).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_added_in_alphabetical_order() {
        let text = "mod a;\n\npub mod b;\npub mod d;\n\npub use x;\n";
        let with = |line| with_line(text, "pub mod ", line).unwrap();
        assert_eq!(with("pub mod c;"), "mod a;\n\npub mod b;\npub mod c;\npub mod d;\n\npub use x;\n");
        assert_eq!(with("pub mod a;"), "mod a;\n\npub mod a;\npub mod b;\npub mod d;\n\npub use x;\n");
        assert_eq!(with("pub mod e;"), "mod a;\n\npub mod b;\npub mod d;\npub mod e;\n\npub use x;\n");
        let list = "list! {\n    a,\n    c,\n}\n";
        assert_eq!(with_line_below(list, "list! {", "    b,").unwrap(), "list! {\n    a,\n    b,\n    c,\n}\n");
        assert_eq!(with_line_below(list, "list! {", "    d,").unwrap(), "list! {\n    a,\n    c,\n    d,\n}\n");
        assert_eq!(with_line_below("none\n", "list! {", "    d,"), None);
    }

    #[test]
    fn a_section_is_added_after_those_with_a_picture() {
        let text = "## All\n\n### `a`\n\n<!-- docs: picture a -->\n<!-- end -->\n\n## Next\n\n## Last\n";
        let expected = text.replace("## Next", "### `b`\n\n## Next");
        assert_eq!(with_section(text, "### `b`\n\n"), Some(expected));
        assert_eq!(with_section("## All\n", "### `b`\n\n"), None);
    }
}
