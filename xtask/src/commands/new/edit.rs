//! Adds an integration to the few files that name every integration.

use super::draft::Draft;
use crate::failure::Failure;
use std::path::Path;

const CONTRACTS: &str = "handlers/contracts/src/lib.rs";
const STACKS: &str = "stacks/src/lib.rs";
const STAGES: [&str; 2] = ["stacks/stages/example.yaml", "stacks/stages/local.yaml"];
const STANDINS: &str = "handlers/standins/src/lib.rs";
const READMES: [&str; 2] = ["README.md", "README.ja.md"];
/// Lines of the documents above which pictures and sections of integrations are.
const BELOW_PICTURES: &str = "<!-- new pictures go above this line -->\n";
const BELOW_SECTIONS: &str = "<!-- new sections go above this line -->\n";

/// Every file that changes, with its new text.
pub fn edits(draft: &Draft, root: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path));
        text.map_err(|error| Failure::nothing_changed(format!("cannot read {path}: {error}")))
    };
    let lacks = |path: &str| Failure::nothing_changed(format!("cannot find the place for the integration in {path}"));
    let module = &draft.module;
    let called = draft.called_module();
    let mut contracts = read(CONTRACTS)?;
    for module in [module].into_iter().chain(&called) {
        contracts = with_line(&contracts, "pub mod ", &format!("pub mod {module};")).ok_or_else(|| lacks(CONTRACTS))?;
    }
    let stacks = with_line_below(&read(STACKS)?, "integrations! {", &format!("    {module},"));
    let mut edits = vec![(CONTRACTS, contracts), (STACKS, stacks.ok_or_else(|| lacks(STACKS))?)];
    if let Some(called) = called {
        let stand_ins = with_last_line_below(&read(STANDINS)?, "products::stand_ins! {", &format!("    {called},"));
        edits.push((STANDINS, stand_ins.ok_or_else(|| lacks(STANDINS))?));
    }
    for stage in STAGES {
        edits.push((stage, read(stage)?.trim_end().to_owned() + "\n" + &draft.stage_section()));
    }
    for readme in READMES {
        let mut text = read(readme)?;
        for (mark, added) in [(BELOW_PICTURES, draft.readme_picture()), (BELOW_SECTIONS, draft.readme_section())] {
            let (before, after) = text.split_once(mark).ok_or_else(|| lacks(readme))?;
            text = format!("{before}{added}{mark}{after}");
        }
        edits.push((readme, text));
    }
    Ok(edits)
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

/// The text with one more line at the end of the list that this line opens.
fn with_last_line_below(text: &str, opening: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = 1 + lines.iter().position(|known| *known == opening)?;
    let n_lines = lines[first..].iter().position(|known| *known == "}")?;
    Some(inserted(&lines, first + n_lines, line))
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
}
