//! No circle of imports between the files of a crate: each can be read after those that it uses.
//!
//! An arrow runs from a file to the file of each module that it names, in a `use` or in any other path: both
//! `use crate::account::Account;` and `crate::account::describe_status(status)` name `account.rs`. A re-export leads on to the
//! file that has the thing. What is compiled for tests alone has no arrows, and neither has the crate's root.
//!
//! A parent and its descendants may use each other: `mod` already ties them. Every other circle counts, and so does
//! one of descendants alone.

use super::rust_source::{Kind, Piece, pieces};
use super::{check, files, packages, read};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The path of a module below its crate's root; the root itself is empty.
type Module = Vec<String>;

/// What one file says of modules.
#[derive(Default)]
struct Source {
    /// Paths in the code, each with the module in which it stands.
    paths: Vec<(Module, Vec<String>)>,
    /// What each module imports, by the name that it has there.
    imports: BTreeMap<Module, Vec<String>>,
    /// Modules within the file.
    inline: Vec<Module>,
    /// Modules that are compiled for tests alone.
    only_tests: Vec<Module>,
}

/// Reads what a file says, as the file of a module.
fn source(module: &Module, text: &str) -> Source {
    let is_code = |piece: &Piece<'_>| matches!(piece.kind, Kind::Word | Kind::Sign);
    let tokens: Vec<String> = pieces(text).iter().filter(|piece| is_code(piece)).map(|p| p.text.to_owned()).collect();
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut source = Source::default();
    let mut module = module.clone();
    // For each open brace, whether it is the one of a module.
    let mut braces = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match token(at) {
            "#" if (at..at + 7).map(token).eq(["#", "[", "cfg", "(", "test", ")", "]"]) => {
                let end = end_of_item(&tokens, at + 7);
                if let Some(name) = (at..end).find(|at| token(*at) == "mod").map(|at| token(at + 1)) {
                    source.only_tests.push(below(&module, name));
                }
                at = end;
                continue;
            }
            "mod" if token(at + 2) == "{" => {
                module.push(token(at + 1).to_owned());
                source.inline.push(module.clone());
                braces.push(true);
                at += 2;
            }
            "{" => braces.push(false),
            "}" if braces.pop() == Some(true) => {
                module.pop();
            }
            "use" if token(at + 1) != "<" => {
                let mut paths = Vec::new();
                at = use_tree(&tokens, at + 1, vec![], &mut paths);
                for (name, path) in paths {
                    source.paths.push((module.clone(), path.clone()));
                    source.imports.insert(below(&module, &name), path);
                }
            }
            word if token(at + 1) == "::" && !(at > 0 && matches!(token(at - 1), "::" | "$")) => {
                let mut path = vec![word.to_owned()];
                while token(at + 1) == "::" && token(at + 2).starts_with(|sign: char| sign.is_alphabetic()) {
                    path.push(token(at + 2).to_owned());
                    at += 2;
                }
                source.paths.push((module.clone(), path));
            }
            _ => {}
        }
        at += 1;
    }
    source
}

/// Where the item that begins here has ended, its attributes included.
fn end_of_item(tokens: &[String], begin: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(begin) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth <= 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Reads a tree of imports into paths, each with the name that it gets; returns where it has ended.
fn use_tree(tokens: &[String], begin: usize, mut path: Vec<String>, paths: &mut Vec<(String, Vec<String>)>) -> usize {
    let mut at = begin;
    let mut alias = None;
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = use_tree(tokens, at, path.clone(), paths);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            "," | "}" | ";" => break,
            "as" => {
                alias = tokens.get(at + 1).cloned();
                at += 2;
            }
            "self" if !path.is_empty() => at += 1,
            name => {
                path.push(name.to_owned());
                at += 1;
            }
        }
    }
    if let Some(name) = alias.or_else(|| path.last().cloned()) {
        paths.push((name, path));
    }
    at
}

fn below(module: &Module, name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The files of a crate, and which modules they are.
struct Tree {
    /// By the module's path; modules within a file have that file.
    files: BTreeMap<Module, String>,
    sources: BTreeMap<Module, Source>,
    imports: BTreeMap<Module, Vec<String>>,
}

impl Tree {
    fn of(folder: &str, files: &[String]) -> Self {
        let start = format!("{folder}/src/");
        let mut tree = Self { files: BTreeMap::new(), sources: BTreeMap::new(), imports: BTreeMap::new() };
        for file in files {
            let Some(path) = file.strip_prefix(&start).and_then(|file| file.strip_suffix(".rs")) else { continue };
            let module: Module = match path {
                "lib" | "main" => vec![],
                path => path.split('/').map(str::to_owned).collect(),
            };
            let source = source(&module, &read(file));
            tree.files.insert(module.clone(), file.clone());
            tree.imports.extend(source.imports.clone());
            tree.files.extend(source.inline.iter().map(|inline| (inline.clone(), file.clone())));
            tree.sources.insert(module, source);
        }
        let only_tests: Vec<Module> = tree.sources.values().flat_map(|source| source.only_tests.clone()).collect();
        let is_real = |module: &Module| !only_tests.iter().any(|only_tests| module.starts_with(only_tests));
        tree.files.retain(|module, _| is_real(module));
        tree.sources.retain(|module, _| is_real(module));
        tree
    }

    /// The module that has what a path names; none for another crate's.
    fn named(&self, at: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let mut module = match first.as_str() {
            "crate" => vec![],
            "self" => at.clone(),
            "super" => at.split_last()?.1.to_vec(),
            name => Some(below(at, name)).filter(|module| self.files.contains_key(module))?,
        };
        for name in rest {
            let child = below(&module, name);
            match name.as_str() {
                "super" => drop(module.pop()),
                _ if self.files.contains_key(&child) => module = child,
                "*" => break,
                _ => {
                    let import = self.imports.get(&child).and_then(|import| self.named(&module, import));
                    return import.or(Some(module));
                }
            }
        }
        Some(module)
    }

    /// Every arrow but those of the root.
    fn arrows(&self) -> BTreeSet<(Module, Module)> {
        let mut arrows = BTreeSet::new();
        for (from, source) in &self.sources {
            for (at, path) in &source.paths {
                let Some(mut to) = self.named(at, path) else { continue };
                while !to.is_empty() && !self.sources.contains_key(&to) {
                    to.pop();
                }
                if !from.is_empty() && !to.is_empty() && to != *from {
                    arrows.insert((from.clone(), to));
                }
            }
        }
        arrows
    }

    /// Every circle that counts, as the files in the order of its arrows.
    fn circles(&self) -> BTreeSet<Vec<&String>> {
        let all = self.arrows();
        let down = all.iter().filter(|(from, to)| !from.starts_with(to)).cloned().collect();
        let wide = shortest_circles(&all);
        let wide = wide
            .into_iter()
            .filter(|circle| !circle.iter().any(|ancestor| circle.iter().all(|module| module.starts_with(ancestor))));
        let circles = wide.chain(shortest_circles(&down));
        circles.map(|circle| circle.iter().map(|module| &self.files[module]).collect()).collect()
    }
}

/// The shortest circle through each arrow that is in one; each begins with its first module by name.
fn shortest_circles(arrows: &BTreeSet<(Module, Module)>) -> BTreeSet<Vec<Module>> {
    let mut next = BTreeMap::<&Module, Vec<&Module>>::new();
    arrows.iter().for_each(|(from, to)| next.entry(from).or_default().push(to));
    let mut circles = BTreeSet::new();
    for (goal, begin) in arrows {
        let mut came_from = BTreeMap::from([(begin, None)]);
        let mut open = VecDeque::from([begin]);
        while let Some(at) = open.pop_front() {
            for to in next.get(at).into_iter().flatten() {
                if !came_from.contains_key(to) {
                    came_from.insert(to, Some(at));
                    open.push_back(to);
                }
            }
        }
        if came_from.contains_key(goal) {
            let mut circle: Vec<Module> = std::iter::successors(Some(goal), |at| came_from[*at]).cloned().collect();
            circle.reverse();
            let first = circle.iter().enumerate().min_by_key(|(_, module)| *module).map_or(0, |(at, _)| at);
            circle.rotate_left(first);
            circles.insert(circle);
        }
    }
    circles
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let files = files();
    let mut findings = Vec::new();
    for package in packages() {
        let tree = Tree::of(&package.folder, &files);
        assert!(!tree.sources.is_empty(), "{}: there are no sources", package.folder);
        findings.extend(tree.circles().into_iter().map(|circle| {
            let arrows: Vec<&str> = circle.iter().chain(circle.first()).map(|file| file.as_str()).collect();
            format!("{}: move what they share to a file that uses none of them", arrows.join("\n  -> "))
        }));
    }
    check(findings);
}

#[test]
fn paths_are_read_as_the_compiler_reads_them() {
    let text = r##"
        //! use crate::comment;
        use crate::{a::{self, B as C}, d::*};
        use super::e::f;
        mod inner { use super::g::H; }
        fn f<'a>(x: &'a str) -> char { crate::i::j(r#"use crate::string;"#); '"' }
        pub use k::{l, m::N};
        #[cfg(test)]
        #[allow(unused)]
        mod tests { use crate::only_in_tests; }
        #[cfg(test)]
        pub(crate) mod scripted;
    "##;
    let source = source(&vec!["here".into()], text);
    let paths: Vec<String> =
        source.paths.iter().map(|(at, path)| format!("{}: {}", at.join("::"), path.join("::"))).collect();
    assert_eq!(
        paths,
        [
            "here: crate::a",
            "here: crate::a::B",
            "here: crate::d::*",
            "here: super::e::f",
            "here::inner: super::g::H",
            "here: crate::i::j",
            "here: k::l",
            "here: k::m::N",
        ]
    );
    assert_eq!(source.only_tests, [["here", "tests"], ["here", "scripted"]]);
}

#[test]
fn a_circle_is_named_in_the_order_of_its_arrows() {
    let module = |path: &str| -> Module { path.split('/').map(str::to_owned).collect() };
    let circles = |arrows: &[(&str, &str)]| {
        let arrows = arrows.iter().map(|(from, to)| (module(from), module(to))).collect();
        let names = |circle: &Vec<Module>| circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" ");
        shortest_circles(&arrows).iter().map(names).collect::<Vec<_>>()
    };
    assert_eq!(circles(&[("b", "c"), ("c", "a"), ("a", "b"), ("a", "d")]), ["a b c"]);
    assert_eq!(circles(&[("a", "b"), ("a", "c"), ("b", "c")]), [""; 0]);
}
