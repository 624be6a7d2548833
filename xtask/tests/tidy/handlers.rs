//! What the manifests and sources of handlers must say: rules, so that a new handler stands in no list.

use super::{Package, check, files, local_stacks, packages, read, root};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What is in the folder `handlers` and is no handler.
const BASES: [&str; 5] = ["backlog-client", "contracts", "runtime", "standins", "testing"];
/// What a handler may use beside the crates of its links.
const HANDLER_MAY_USE: [&str; 4] = ["backlog-client", "contracts", "runtime", "web"];
/// What only its tests may use.
const TESTS_MAY_USE: [&str; 2] = ["standins", "testing"];
/// Where the crates of links are; `aws` among them is what they share.
const LINKS: &str = "handlers/runtime/links/";
const SHARED: &str = "aws";
/// What cargo resolves features for: the processors that functions run on.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Whether a crate opens links to a service.
pub fn is_link(package: &Package) -> bool {
    package.folder.starts_with(LINKS) && package.name != SHARED
}

/// Whether a crate of this name is one of those that links are made of.
pub fn is_below_links(name: &str, packages: &[Package]) -> bool {
    packages.iter().any(|package| package.name == name && package.folder.starts_with(LINKS))
}

fn is_handler(package: &Package) -> bool {
    let name = package.folder.strip_prefix("handlers/");
    name.is_some_and(|name| !name.contains('/') && !BASES.contains(&name))
}

/// Which crates of the workspace a handler or the crate of a link may use; `None` for any other crate.
pub fn may_use(package: &Package, packages: &[Package]) -> Option<BTreeSet<String>> {
    if is_link(package) {
        return Some(["contracts", "runtime", "testing", SHARED].map(str::to_owned).into());
    }
    let links = packages.iter().filter(|package| is_link(package)).map(|link| link.name.clone());
    let others = HANDLER_MAY_USE.iter().chain(&TESTS_MAY_USE).map(|name| (*name).to_owned());
    is_handler(package).then(|| others.chain(links).collect())
}

#[test]
fn what_is_for_tests_is_in_no_archive() {
    let packages = packages();
    let is_shipped =
        |package: &&Package| package.folder.starts_with("handlers/") && !TESTS_MAY_USE.contains(&package.name.as_str());
    let shipped = packages.iter().filter(is_shipped);
    let wrong = shipped.flat_map(|package| {
        let tools = package.uses.iter().filter(|name| TESTS_MAY_USE.contains(&name.as_str()));
        tools.map(|name| format!("{}: `{name}` is for its tests: a dev-dependency", package.name))
    });
    check(wrong.collect());
}

#[test]
fn a_handler_compiles_the_clients_of_its_links_and_no_other() {
    let packages = packages();
    let links: BTreeSet<&str> =
        packages.iter().filter(|package| is_link(package)).map(|package| package.name.as_str()).collect();
    let services = services_of_functions();
    let mut findings = Vec::new();
    for handler in packages.iter().filter(|package| is_handler(package)) {
        let Some(services) = services.get(&handler.name) else {
            findings.push(format!("{}: no stack of the local stage has such a function", handler.folder));
            continue;
        };
        let used: BTreeSet<&str> =
            handler.uses.iter().map(String::as_str).filter(|name| links.contains(name)).collect();
        let needed: BTreeSet<&str> = services.iter().map(String::as_str).filter(|name| links.contains(name)).collect();
        findings.extend(used.difference(&needed).map(|name| format!("{}: no link needs `{name}`", handler.folder)));
        findings.extend(needed.difference(&used).map(|name| format!("{}: a link needs `{name}`", handler.folder)));
    }
    check(findings);
}

/// Which services the policies of each package's functions name.
fn services_of_functions() -> BTreeMap<String, BTreeSet<String>> {
    let mut services = BTreeMap::<String, BTreeSet<String>>::new();
    for stack in local_stacks() {
        let policies = stack.policy_files();
        for function in stack.functions() {
            let policy: Json = serde_json::from_str(&policies[function.logical_id]).unwrap();
            let statements = policy["Statement"].as_array().unwrap().iter();
            let actions = statements.flat_map(|statement| match &statement["Action"] {
                Json::Array(actions) => actions.clone(),
                action => vec![action.clone()],
            });
            let of_function = actions.map(|action| action.as_str().unwrap().split(':').next().unwrap().to_owned());
            services.entry(function.package.to_owned()).or_default().extend(of_function);
        }
    }
    services
}

#[test]
fn a_handler_is_built_of_the_same_code_whatever_is_built_beside_it() {
    let packages = packages();
    let handlers: Vec<&str> =
        packages.iter().filter(|package| is_handler(package)).map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for target in TARGETS {
        let together = features(&handlers, target);
        for handler in &handlers {
            for (package, alone) in features(&[handler], target) {
                let together = &together[&package];
                if alone != *together {
                    findings.push(format!(
                        "{package} has {alone:?} in {handler} built alone, and {together:?} beside others ({target}): \
                         add what is missing to handlers/runtime/Cargo.toml or {LINKS}{SHARED}/Cargo.toml"
                    ));
                }
            }
        }
    }
    findings.sort();
    findings.dedup();
    check(findings);
}

/// Cargo compiles a crate once for each set of features: what the tool does without, a test or a handler of the local
/// stage would compile again, with all that stands on it. Not for `compiler`, which is only built for a release.
#[test]
fn the_tool_the_tests_and_the_handlers_are_built_of_the_same_crates() {
    const TOOL: &str = "xtask";
    let [target, ..] = TARGETS;
    let everything = ["--workspace", "--exclude", "compiler", "--edges", "normal,build,dev"];
    let together = features_of(&everything, target);
    let mut findings = Vec::new();
    for (package, alone) in features(&[TOOL], target) {
        let together = &together[&package];
        if alone != *together {
            findings.push(format!(
                "{package} has {alone:?} in {TOOL} and {together:?} in a build of everything: add what is missing to \
                 {TOOL}/Cargo.toml"
            ));
        }
    }
    check(findings);
}

/// A crate that is a C library too makes cargo compile all that it stands on in another way of LTO, which changes the
/// bytes of every handler that shares some of that; no feature shows it.
#[test]
fn a_c_library_is_in_the_tree_of_every_handler_or_of_none() {
    let [target, ..] = TARGETS;
    let output = Command::new("cargo")
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", target])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    let is_of_c = |package: &&Json| {
        let targets = package["targets"].as_array().unwrap().iter();
        let kinds = targets.flat_map(|target| target["crate_types"].as_array().unwrap());
        kinds.into_iter().any(|kind| ["cdylib", "dylib", "staticlib"].contains(&kind.as_str().unwrap()))
    };
    let name =
        |package: &Json| format!("{} v{}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
    let of_c: BTreeSet<String> = metadata["packages"].as_array().unwrap().iter().filter(is_of_c).map(name).collect();
    let found = of_c.iter().any(|name| name.starts_with("rustls-platform-verifier "));
    assert!(found, "the check finds nothing: {of_c:?}");
    let packages = packages();
    let trees: Vec<(&String, BTreeSet<String>)> = packages
        .iter()
        .filter(|package| is_handler(package))
        .map(|handler| (&handler.name, features(&[&handler.name], target).into_keys().collect()))
        .collect();
    let needed = |library: &&String| trees.iter().any(|(_, tree)| tree.contains(*library));
    let mut findings = Vec::new();
    for library in of_c.iter().filter(needed) {
        let without = trees.iter().filter(|(_, tree)| !tree.contains(library));
        findings.extend(without.map(|(handler, _)| {
            format!("{handler} does not use {library}, which is a C library: add it to {LINKS}{SHARED}/Cargo.toml")
        }));
    }
    check(findings);
}

/// The features of every crate of a build of these packages; of one that is built twice, for build scripts, both.
fn features(packages: &[&str], target: &str) -> BTreeMap<String, BTreeSet<String>> {
    let selection = packages.iter().flat_map(|package| ["--package", package]);
    features_of(&["--edges", "normal,build"].into_iter().chain(selection).collect::<Vec<_>>(), target)
}

/// The same for a selection of packages and dependencies, as options of `cargo tree`.
fn features_of(selection: &[&str], target: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut command = Command::new("cargo");
    command.args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}"]);
    command.args(["--target", target]).args(selection);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut features = BTreeMap::<String, BTreeSet<String>>::new();
    // A blank line stands between two of the packages.
    for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()) {
        let (package, of_package) = line.trim_end_matches(" (*)").split_once('|').unwrap();
        features.entry(package.to_owned()).or_default().insert(of_package.to_owned());
    }
    features
}

#[test]
fn handlers_reach_nothing_but_their_links() {
    let mut findings = Vec::new();
    for file in files() {
        let parts: Vec<&str> = file.split('/').collect();
        let is_handler = matches!(parts.as_slice(), ["handlers", name, "src", ..] if !BASES.contains(name));
        if !is_handler || file.ends_with("tests.rs") || file.contains("/tests/") {
            continue;
        }
        let text = read(&file);
        for word in ["std::env", "aws_sdk", "aws_config", "std::fs", "std::process::Command"] {
            if text.contains(word) {
                findings.push(format!("{file}: `{word}`: declare a link in the contract"));
            }
        }
    }
    check(findings);
}
