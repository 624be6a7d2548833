//! What the README shows, compared with what a command has said.

use super::stage::{Run, sources};

impl Run {
    /// stderr and stdout are what the README shows under this name, except numbers and names of the run.
    pub fn is_as_in_the_readme(&self, name: &str) {
        let readme = std::fs::read_to_string(sources().join("README.md")).unwrap();
        let mark = format!("<!-- transcript: {name} -->\n```console\n");
        let shown = readme.split(&mark).nth(1).unwrap_or_else(|| panic!("README.md has no transcript {name}"));
        let shown = shown.split("```").next().unwrap().split_once('\n').unwrap().1;
        let (results, shown) = (without_numbers(&self.stdout), without_numbers(shown));
        // A person sees the results where they were printed, and the steps before and after them.
        let (before, after) = shown.split_once(&results).unwrap_or_else(|| panic!("{shown}\nholds not\n{results}"));
        let steps = format!("{before}{}", after.strip_prefix('\n').unwrap_or(after));
        assert_eq!(without_numbers(&self.stderr), steps.trim_end());
    }
}

/// What only a release does; the README shows a light build.
const OF_A_RELEASE: &str = "building cargo-lambda-build: ";

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
    let lines = text.lines().filter(|line| !line.starts_with("still ") && !line.starts_with(OF_A_RELEASE));
    lines.map(line).collect::<Vec<_>>().join("\n")
}
