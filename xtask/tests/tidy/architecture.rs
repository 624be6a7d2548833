//! The table of crates in ARCHITECTURE.md, compared with the manifests.
//!
//! A row of that table has three or more cells. The first names a crate in backticks, by its name or its folder; a
//! folder such as `handlers/<handler>` stands for all crates below it. The last names the crates that it uses.

use super::handlers::is_below_links;
use super::{Package, allowed, check, packages, read};
use std::collections::{BTreeMap, BTreeSet};

/// A row: what stands in backticks in its first and in its last cell.
struct Row {
    crates: String,
    uses: BTreeSet<String>,
}

#[test]
fn the_table_of_crates_is_as_the_manifests() {
    let packages = packages();
    let by_folder: BTreeMap<&str, &str> = packages.iter().map(|p| (p.folder.as_str(), p.name.as_str())).collect();
    let name_of = |text: &str| by_folder.get(text).map_or_else(|| text.to_owned(), |name| (*name).to_owned());
    let names: BTreeSet<&String> = packages.iter().map(|package| &package.name).collect();
    let rows = rows(&read("ARCHITECTURE.md"));
    let mut findings = Vec::new();
    for package in &packages {
        let name = &package.name;
        let exact = rows.iter().find(|row| name_of(&row.crates) == *name);
        let Some(row) = exact.or_else(|| rows.iter().find(|row| stands_for(&row.crates, &package.folder))) else {
            findings.push(format!("ARCHITECTURE.md: no row of a table begins with `{name}`: add one"));
            continue;
        };
        let listed: BTreeSet<String> =
            row.uses.iter().map(|text| name_of(text)).filter(|name| names.contains(name)).collect();
        // The crates of links have a row of their own, and need not be named one by one.
        let needed = package.uses.iter().filter(|name| names.contains(name) && !is_below_links(name, &packages));
        let missing = needed.filter(|name| !listed.contains(*name));
        findings.extend(missing.map(|used| format!("ARCHITECTURE.md: the row of `{name}` lacks `{used}`: add it")));
        let allowed = allowed(package, &packages).unwrap_or_default();
        let wrong = listed.iter().filter(|listed| !allowed.contains(*listed) && *listed != name);
        findings.extend(wrong.map(|listed| format!("ARCHITECTURE.md: `{name}` may not use `{listed}`: remove it")));
    }
    check(findings);
}

/// Whether a folder with a placeholder, such as `handlers/<handler>`, stands for this one.
fn stands_for(pattern: &str, folder: &str) -> bool {
    let parent = pattern.split_once('<').and_then(|(parent, _)| folder.strip_prefix(parent));
    parent.is_some_and(|name| !name.contains('/'))
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
        let crates = in_backticks(cells.first()?).next()?;
        (cells.len() >= 3).then(|| Row { crates, uses: in_backticks(cells.last().unwrap()).collect() })
    };
    text.lines().filter_map(row).collect()
}

fn in_backticks(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(|text| text.trim_end_matches('/').to_owned())
}

/// Words that pure crates use in tests only: input and output, clock, randomness, environment.
const IMPURE: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::process",
    "TcpStream",
    "UdpSocket",
    "SystemTime::now",
    "Instant::now",
    "getrandom",
    "fastrand",
    "std::thread",
];

#[test]
fn pure_crates_have_no_input_no_clock_and_no_randomness() {
    let folders: Vec<Package> = packages().into_iter().filter(|p| super::PURE.contains(&p.name.as_str())).collect();
    assert_eq!(folders.len(), super::PURE.len(), "a pure crate was renamed");
    let mut findings = Vec::new();
    for file in super::files() {
        let is_pure = folders.iter().any(|package| file.starts_with(&format!("{}/src/", package.folder)));
        if !is_pure || !file.ends_with(".rs") || file.split('/').any(|part| part == "tests" || part == "tests.rs") {
            continue;
        }
        let text = read(&file);
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        findings.extend(
            IMPURE.iter().filter(|word| text.contains(**word)).map(|word| {
                format!("{file}: `{word}`: the crate is pure; do this in `deployer`, `runtime` or `xtask`")
            }),
        );
    }
    check(findings);
}
