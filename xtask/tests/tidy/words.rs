//! Phrases that no text of Tsugite uses, each with what to write instead.
//!
//! The texts are the documents, the stage files, `--help`, the templates of `new`, doc comments and string literals of
//! Rust outside tests, and comments and docstrings of the emulator's Python. Text inside backticks is code.

use super::rust_source::{Kind, Piece, pieces};
use super::{check, files, read};

/// A phrase in lower case, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("is told", "is printed, gets, learns"),
    ("are told", "are printed, get, learn"),
    ("was told", "was printed, got, learned"),
    ("tells of", "reports"),
    ("told of", "reported"),
    ("becomes of", "happens to"),
    ("became of", "happened to"),
    ("all the same", "anyway, still"),
    ("mend", "fix, correct"),
    ("mends", "fixes, corrects"),
    ("mended", "fixed, corrected"),
    ("at work", "running, in progress"),
    ("anew", "again"),
    ("whoever", "the user, the caller, the sender"),
    ("nobody", "no one; no user; say what does not exist"),
    ("somebody", "someone, a person, another process"),
    ("the far side", "the SaaS, the server"),
    ("of ours", "name the thing"),
    ("is ours", "name the thing"),
    ("are ours", "name the thing"),
    ("not ours", "name the thing"),
    ("ours", "name the thing"),
    ("we", "name the thing, or use the imperative"),
    ("us", "name the thing, or use the imperative"),
    ("our", "name the thing, or use the imperative"),
    ("is looked whether", "is checked whether"),
    ("looked whether", "checked whether"),
    ("hears of", "learns about, is notified of"),
    ("hear of", "learn about, be notified of"),
    ("heard of", "known, received"),
    ("goes on", "continues"),
    ("going on", "continuing, in progress"),
    ("went on", "continued"),
    ("go on", "continue"),
    ("begun", "started"),
    ("comes to its end", "finishes, ends"),
    ("came to its end", "finished, ended"),
    ("is there already", "already exists"),
    ("are there already", "already exist"),
    ("turned away", "refused, throttled"),
    ("to be had", "available"),
    ("be it", "whether it is"),
    ("but for", "except"),
    ("type the same command", "run the command"),
    ("local cloud", "local stage"),
    ("former stack", "retired stack"),
    ("former stacks", "retired stacks"),
    ("sixth system", "sixth integration"),
    ("all systems", "all integrations"),
    ("each system", "each integration"),
    ("every system", "every integration"),
];

/// A word in lower case, or a mark that ends a phrase, with its line.
type Word = (String, usize);

#[test]
fn texts_use_no_banned_phrase() {
    let mut findings = Vec::new();
    for file in files() {
        let text = || read(&file);
        let words = match file.rsplit_once('.').unwrap_or_default() {
            _ if is_text(&file) => words(&text(), 1),
            (_, "rs") if is_source(&file) => of_rust(&text()),
            (_, "py") if file.starts_with("deployer/emulator/") => of_python(&text()),
            _ => continue,
        };
        let found = phrases(&words).into_iter();
        findings.extend(found.map(|(line, phrase, better)| format!("{file}:{line}: `{phrase}`: write {better}")));
    }
    check(findings);
}

/// Whether all of a file is text for people.
fn is_text(file: &str) -> bool {
    ["README.md", "README.ja.md", "ARCHITECTURE.md"].contains(&file)
        || file.starts_with(".github/") && file.ends_with(".md")
        || file.starts_with("stacks/stages/")
        || file.ends_with(".txt") && (file.starts_with("xtask/tests/help/") || file.starts_with("xtask/src/"))
}

/// Whether a file of Rust is no test.
fn is_source(file: &str) -> bool {
    !file.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// The phrases in these words: the line, the phrase, what to write; of phrases within another the longest.
fn phrases(words: &[Word]) -> Vec<(usize, &'static str, &'static str)> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < words.len() {
        let is_here = |phrase: &str| {
            let mut rest = words[index..].iter();
            // Most words begin no phrase, and are done with at once.
            phrase.starts_with(words[index].0.as_str())
                && phrase.split(' ').all(|word| rest.next().is_some_and(|(other, _)| other == word))
        };
        let longest = PHRASES.iter().filter(|(phrase, _)| is_here(phrase)).max_by_key(|(phrase, _)| phrase.len());
        match longest {
            Some((phrase, better)) => {
                found.push((words[index].1, *phrase, *better));
                index += phrase.split(' ').count();
            }
            None => index += 1,
        }
    }
    found
}

/// The words of a text that begins at this line. What is inside backticks is none; names such as `us-east-1`,
/// `example.us` and `US` are no words of a phrase.
fn words(text: &str, first_line: usize) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut line, mut is_code) = (first_line, false);
    let mut letters = text.chars().chain(['\n']).peekable();
    while let Some(c) = letters.next() {
        let is_before_letter = letters.peek().is_some_and(|next| next.is_alphanumeric());
        let joins = c == '-' || c == '.' && is_before_letter;
        if !is_code && (c.is_alphanumeric() || c == '_' || !word.is_empty() && joins) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            let is_country = word == "US";
            words.push((if is_country { std::mem::take(&mut word) } else { word.to_lowercase() }, line));
            word.clear();
        }
        if c == '`' {
            is_code = !is_code;
        }
        if !c.is_whitespace() {
            words.push((c.to_string(), line));
        }
        line += usize::from(c == '\n');
    }
    words
}

/// The words of doc comments and string literals, up to the tests of a module.
fn of_rust(text: &str) -> Vec<Word> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    // Texts, each with its first and its last line; phrases may cross the lines of one comment.
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let mut comments: Vec<(String, usize, usize)> = Vec::new();
    for Piece { kind, text, line } in pieces(text) {
        match kind {
            Kind::Comment => {
                let Some(doc) = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")) else { continue };
                match comments.last_mut().filter(|(_, _, last)| *last + 1 == line) {
                    Some((text, _, last)) => (*text, *last) = (format!("{text}\n{doc}"), line),
                    None => comments.push((doc.to_owned(), line, line)),
                }
            }
            // One word in lower case is a value that programs compare.
            Kind::Text | Kind::RawText if text.chars().all(|c| c.is_ascii_lowercase()) => {}
            Kind::Text => found.push((without_escapes(text), line, line)),
            Kind::RawText => found.push((text.to_owned(), line, line)),
            Kind::Character | Kind::Word | Kind::Sign => {}
        }
    }
    found.append(&mut comments);
    found.sort_by_key(|(_, line, _)| *line);
    found
        .into_iter()
        .flat_map(|(text, line, _)| words(&text, line).into_iter().chain([(String::new(), line)]))
        .collect()
}

/// A string as words see it: an escape is no letter, and a line that continues stays a line.
fn without_escapes(text: &str) -> String {
    let mut content = String::new();
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => content.push(if letters.next() == Some('\n') { '\n' } else { ' ' }),
            c => content.push(c),
        }
    }
    content
}

/// The words of comments and of strings in triple quotes.
fn of_python(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let n_bytes = match rest.chars().next().unwrap() {
            '#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                found.extend(words(&rest[1..end], line));
                end
            }
            _ if rest.starts_with("\"\"\"") => {
                let end = rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6);
                found.extend(words(rest[..end].trim_matches('"'), line));
                end
            }
            quote @ ('"' | '\'') => {
                let mut letters = rest.char_indices().skip(1);
                loop {
                    match letters.next() {
                        Some((_, '\\')) => drop(letters.next()),
                        Some((index, c)) if c == quote => break index + 1,
                        Some(_) => {}
                        None => break rest.len(),
                    }
                }
            }
            c => c.len_utf8(),
        };
        line += rest[..n_bytes].matches('\n').count();
        rest = &rest[n_bytes..];
    }
    found
}

#[test]
fn banned_phrases_are_found_in_texts_and_not_in_code() {
    let found =
        |words: Vec<Word>| phrases(&words).into_iter().map(|(line, phrase, _)| (line, phrase)).collect::<Vec<_>>();
    let text = "It goes\non in us-east-1, `for us`.\nNot ours. And WE at zoom.us in the US\n";
    assert_eq!(found(words(text, 1)), [(1, "goes on"), (3, "not ours"), (3, "we")]);
    let rust = "//! For us.\n\n/// It is\n/// told.\nfn us(c: &'static str) -> char {\n    // us\n    \
        let x = (\"is \\\n        told \\\"us\\\"\", r#\"be \"it\" and be it\"#, \"us\");\n    '\"'\n}\n\
        #[cfg(test)]\nmod tests {\n    const X: &str = \"us\";\n}\n";
    let expected = [(1, "us"), (3, "is told"), (7, "is told"), (8, "us"), (8, "be it")];
    assert_eq!(found(of_rust(rust)), expected);
    let python = "\"\"\"For us.\"\"\"\nx = 'us'  # for us\ny = '# us'\n";
    assert_eq!(found(of_python(python)), [(1, "us"), (2, "us")]);
}
