//! The README in two languages says the same, and every source file is formatted.

use super::{check, files, read, root};
use std::process::Command;

/// What both READMEs must have in common, in this order.
#[derive(Debug, PartialEq, Eq)]
struct Skeleton {
    /// Levels of the headings, and the headings that are names.
    headings: Vec<String>,
    /// Blocks of code: commands, transcripts, pictures.
    blocks: Vec<String>,
    /// Generated parts, and marks for `cargo xtask new`.
    marks: Vec<String>,
}

impl Skeleton {
    fn of(text: &str) -> Self {
        let (mut headings, mut blocks, mut marks) = (vec![], vec![], vec![]);
        let mut block: Option<String> = None;
        for line in text.lines() {
            let is_fence = line.trim_start().starts_with("```");
            match &mut block {
                Some(lines) if is_fence => {
                    blocks.push(std::mem::take(lines));
                    block = None;
                }
                Some(lines) => *lines += &format!("{line}\n"),
                None if is_fence => block = Some(String::new()),
                None if line.starts_with('#') => {
                    let (level, name) = line.split_once(' ').unwrap_or((line, ""));
                    headings.push(if name.starts_with('`') { line.to_owned() } else { level.to_owned() });
                }
                None if line.starts_with("<!--") => marks.push(line.to_owned()),
                None => {}
            }
        }
        // Only the English table of integrations is generated.
        marks.retain(|mark| !["<!-- docs: integrations -->", "<!-- end -->"].contains(&mark.as_str()));
        Self { headings, blocks, marks }
    }
}

#[test]
fn both_readmes_have_the_same_sections_commands_and_pictures() {
    let (english, japanese) = (read("README.md"), read("README.ja.md"));
    assert_eq!(Skeleton::of(&japanese), Skeleton::of(&english), "README.ja.md (left) differs from README.md");
    let missing = stacks::NAMES.iter().filter(|name| !japanese.contains(&format!("| `{name}` |")));
    check(missing.map(|name| format!("README.ja.md: add `{name}` to the table of integrations")).collect());
}

#[test]
fn a_skeleton_sees_what_differs() {
    let text = "# A\n## `b`\n```\nx\n```\n<!-- docs: picture b -->\n<!-- end -->\n";
    let same = "# あ\n## `b`\nc\n```\nx\n```\n<!-- docs: picture b -->\n<!-- end -->\n";
    assert_eq!(Skeleton::of(text), Skeleton::of(same));
    for other in [text.replace("`b`", "`c`"), text.replace('x', "y"), text.replace("## ", "### ")] {
        assert_ne!(Skeleton::of(text), Skeleton::of(&other), "{other}");
    }
}

/// `cargo fmt` does not find the modules that a macro declares, such as those of integrations.
#[test]
fn every_source_file_is_formatted() {
    let is_source = |file: &String| file.ends_with(".rs") && !file.contains("/drift/");
    let sources: Vec<String> = files().into_iter().filter(is_source).collect();
    let output = Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--files-with-diff"])
        .args(&sources)
        .current_dir(root())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "run rustfmt --edition 2024 on:\n{said}");
}
