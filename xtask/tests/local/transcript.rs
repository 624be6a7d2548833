//! What the README shows, compared with what a command has said.

use super::stage::{Run, sources};

impl Run {
    /// stderr and stdout are what the README shows under this name, except numbers and names of the run.
    pub fn is_as_in_the_readme(&self, name: &str) {
        let readme = std::fs::read_to_string(sources().join("README.md")).unwrap();
        let mark = format!("<!-- transcript: {name} -->\n```console\n");
        let shown = readme.split(&mark).nth(1).unwrap_or_else(|| panic!("README.md has no transcript {name}"));
        let shown = shown.split("```").next().unwrap().split_once('\n').unwrap().1;
        assert_eq!(without_numbers(&format!("{}{}", self.stderr, self.stdout)), without_numbers(shown));
    }
}

/// A transcript without what differs from run to run: numbers, durations, ids, addresses.
fn without_numbers(text: &str) -> String {
    let word = |word: &str| {
        let letters: String = word.chars().filter(|c| !"(),…".contains(*c)).collect();
        let is_hex = letters.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if word.starts_with("http://") {
            "URL".to_owned()
        } else if is_hex && letters.len() >= 12 {
            "ID".to_owned()
        } else {
            let mut digits_as_one = String::new();
            for c in word.chars() {
                match c.is_ascii_digit() {
                    true if digits_as_one.ends_with('N') => {}
                    true => digits_as_one.push('N'),
                    false => digits_as_one.push(c),
                }
            }
            digits_as_one
        }
    };
    let line = |line: &str| {
        // The time that a step took stands last, in brackets.
        let line = match line.rsplit_once(" (") {
            Some((before, time)) if time.starts_with(|c: char| c.is_ascii_digit()) => before,
            _ => line,
        };
        line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    };
    let lines = text.lines().filter(|line| !line.starts_with("still "));
    lines.map(line).collect::<Vec<_>>().join("\n")
}
