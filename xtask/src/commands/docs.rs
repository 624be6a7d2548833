//! `cargo xtask docs`: updates the generated parts of the documents, which stand between markers.

use crate::cli::{Cli, DocsOptions};
use crate::context::root;
use crate::failure::Failure;
use crate::result::print;
use clap::CommandFactory;
use stacks::{Stack, Stage, StageName, idle_costs};
use std::path::Path;

/// The documents that have markers.
const DOCUMENTS: &[&str] = &["README.md", "README.ja.md"];
/// The stage whose stacks are drawn.
const DRAWN: &str = "stacks/stages/local.yaml";
/// The stage file that explains every setting.
const EXPLAINED: &str = "stacks/stages/example.yaml";
/// The end of a generated part, which begins with `<!-- docs: WHAT -->`.
const END: &str = "<!-- end -->";

/// Updates the documents; with `--check`, fails if one is out of date.
pub fn run(options: &DocsOptions) -> Result<(), Failure> {
    let root = root()?;
    let sources = Sources::read(&root)?;
    let mut old = Vec::new();
    for document in DOCUMENTS {
        let path = root.join(document);
        let text = read(&path)?;
        let written = sources.fill(&text).map_err(|what| Failure::nothing_changed(format!("{document}: {what}")))?;
        if written == text {
            continue;
        }
        if options.check {
            old.push(*document);
            continue;
        }
        let wrong = |error: std::io::Error| Failure::nothing_changed(format!("cannot write {document}: {error}"));
        std::fs::write(&path, written).map_err(wrong)?;
        print(&format!("{document}: written\n"));
    }
    match old.as_slice() {
        [] => Ok(()),
        old => Err(Failure::nothing_changed(format!("out of date: {}", old.join(", ")))
            .with_hint("update with: cargo xtask docs")),
    }
}

/// The text of a stage file, and its stacks.
fn stacks_of(root: &Path, file: &str) -> Result<(String, Vec<Stack>), Failure> {
    let path = root.join(file);
    let text = read(&path)?;
    let wrong = |error: String| Failure::nothing_changed(format!("{file}: {error}"));
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let name = StageName::try_from(name.to_owned()).map_err(wrong)?;
    let stage = Stage::parse(name, &text).map_err(|error| wrong(error.to_string()))?;
    Ok((text, stacks::all(&stage)))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::nothing_changed(format!("cannot read {}: {error}", path.display())))
}

/// What the documents are written from.
struct Sources {
    /// The stacks that are drawn.
    stacks: Vec<Stack>,
    /// The stage file that explains every setting, and its stacks.
    explained: String,
    explained_stacks: Vec<Stack>,
}

impl Sources {
    fn read(root: &Path) -> Result<Self, Failure> {
        let (_, stacks) = stacks_of(root, DRAWN)?;
        let (explained, explained_stacks) = stacks_of(root, EXPLAINED)?;
        Ok(Self { stacks, explained, explained_stacks })
    }

    /// The text with its generated parts updated.
    fn fill(&self, text: &str) -> Result<String, String> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("<!-- docs: ") {
            let (what, after) = after.split_once(" -->\n").ok_or("a marker has no end")?;
            let (_, after) = after.split_once(END).ok_or_else(|| format!("no `{END}` follows `docs: {what}`"))?;
            written += &format!("{before}<!-- docs: {what} -->\n{}{END}", self.part(what)?);
            rest = after;
        }
        Ok(written + rest)
    }

    /// The text of a generated part.
    fn part(&self, what: &str) -> Result<String, String> {
        let unknown = || {
            format!(
                "`docs: {what}` is not known; allowed are integrations, commands, costs, picture STACK, settings STACK"
            )
        };
        match what.split_once(' ').unwrap_or((what, "")) {
            ("integrations", "") => Ok(integrations()),
            ("commands", "") => Ok(commands()),
            ("costs", "") => Ok(idle_costs(&self.explained_stacks)),
            ("picture", name) => {
                let stack = self.stacks.iter().find(|stack| stack.name() == name).ok_or_else(unknown)?;
                Ok(format!("```mermaid\n{}```\n", stack.graph()))
            }
            ("settings", name) => {
                let section = section(&self.explained, &name.replace('-', "_")).ok_or_else(unknown)?;
                Ok(format!("```yaml\n{section}```\n"))
            }
            _ => Err(unknown()),
        }
    }
}

/// The table of integrations.
fn integrations() -> String {
    let rows: String = stacks::about().map(|(name, about)| format!("| `{name}` | {about} |\n")).collect();
    format!("| stack | what happens |\n| --- | --- |\n{rows}")
}

/// Every command with its first line of help.
fn commands() -> String {
    let command = Cli::command();
    let shown: Vec<_> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    let width = shown.iter().map(|command| command.get_name().len()).max().unwrap_or(0);
    let line = |command: &&clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:width$}  {about}\n", command.get_name())
    };
    format!("```\n{}```\n", shown.iter().map(line).collect::<String>())
}

/// A section of a stage file with the comments above it.
fn section(text: &str, key: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().position(|line| line.starts_with(&format!("{key}:")))?;
    let first = (0..begin).rev().take_while(|&index| lines[index].starts_with('#')).last().unwrap_or(begin);
    let is_inside = |line: &&&str| line.starts_with(' ');
    let last = begin + lines[begin + 1..].iter().take_while(is_inside).count();
    Some(lines[first..=last].iter().map(|line| format!("{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_the_comments_above_it_and_ends_with_its_last_line() {
        let text = "# The stage.\nregion: a\n\n# Why.\n# How.\none:\n  # Of it.\n  a: 1\n\ntwo: {}\nthree:\n  b: 2\n";
        assert_eq!(section(text, "one").unwrap(), "# Why.\n# How.\none:\n  # Of it.\n  a: 1\n");
        assert_eq!(section(text, "two").unwrap(), "two: {}\n");
        assert_eq!(section(text, "three").unwrap(), "three:\n  b: 2\n");
        assert_eq!(section(text, "four"), None);
    }

    #[test]
    fn what_stands_outside_the_markers_stays_and_a_wrong_marker_is_named() {
        let sources = Sources { stacks: vec![], explained: "one: {}\n".into(), explained_stacks: vec![] };
        let text = "a\n<!-- docs: settings one -->\nold\n<!-- end -->\nb\n";
        let written = "a\n<!-- docs: settings one -->\n```yaml\none: {}\n```\n<!-- end -->\nb\n";
        assert_eq!(sources.fill(text).unwrap(), written);
        assert_eq!(sources.fill(written).unwrap(), written);
        assert!(sources.fill("<!-- docs: all -->\n<!-- end -->").unwrap_err().contains("`docs: all` is not known"));
        assert!(sources.fill("<!-- docs: integrations -->\n").unwrap_err().contains("no `<!-- end -->`"));
    }
}
