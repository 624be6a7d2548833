//! Where pip fetches from: the index, certificates and proxy that a person set, and nothing else of their settings.

use super::isolated;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use tokio::process::Command;

/// Options that say where packages come from and how they are reached. Which packages are installed,
/// and where to, is not theirs to say.
///
/// Source: pip documentation, "pip install" and "Configuration".
const KEPT: [&str; 13] = [
    "index-url",
    "pypi-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "keyring-provider",
];
/// Prints what pip has read from its files. `-vvv` outweighs a file that makes pip quiet.
const QUESTION: &str = "\
import ast, json, subprocess, sys
command = [sys.executable, '-I', '-m', 'pip', 'config', 'list', '-vvv']
lines = subprocess.run(command, capture_output=True, text=True, errors='replace').stdout.splitlines()
pairs = (line.split('=', 1) for line in lines if line.startswith(('global.', 'install.')) and '=' in line)
print(json.dumps({name: ast.literal_eval(value) for name, value in pairs}))
";

/// The variables with which pip is run in an environment: as set by variable, else as in pip's files.
pub(super) async fn settings_of_pip(python: &Path) -> BTreeMap<OsString, OsString> {
    let mut settings = BTreeMap::from([(OsString::from("PIP_CONFIG_FILE"), OsString::from("/dev/null"))]);
    settings.extend(from_files(&read_files(python).await).map(|(name, value)| (name.into(), value.into())));
    settings.extend(from_environment());
    settings
}

/// What pip reads from its files, by section and option; nothing if it cannot read them.
async fn read_files(python: &Path) -> Json {
    let mut command = Command::new(python);
    isolated(command.args(["-I", "-c", QUESTION]));
    // A file that is named by variable is one of the files.
    command.envs(environment("PIP_CONFIG_FILE"));
    let output = command.stdin(std::process::Stdio::null()).output().await;
    output.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or(Json::Null)
}

/// The options that are kept, as variables; those of the section `install` outweigh those of `global`.
fn from_files(read: &Json) -> impl Iterator<Item = (String, String)> {
    let option = |section: &str, key: &str| read[format!("{section}.{key}")].as_str().map(str::to_owned);
    KEPT.into_iter().filter_map(move |key| {
        let value = option("install", key).or_else(|| option("global", key))?;
        Some((variable(key), value.trim().to_owned()))
    })
}

fn from_environment() -> impl Iterator<Item = (OsString, OsString)> {
    KEPT.into_iter().filter_map(|key| environment(&variable(key)))
}

#[expect(clippy::disallowed_methods, reason = "a person sets pip's index by variable")]
fn environment(name: &str) -> Option<(OsString, OsString)> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(|value| (name.into(), value))
}

/// `index-url` is `PIP_INDEX_URL`.
fn variable(key: &str) -> String {
    format!("PIP_{}", key.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_says_where_packages_come_from_is_kept() {
        let read = json!({
            "global.index-url": "https://mirror.example.com/simple",
            "global.cert": "/etc/ssl/corporate.pem",
            "install.cert": "/etc/ssl/better.pem",
            "install.extra-index-url": "\nhttps://a\nhttps://b",
            "global.target": "/poisoned",
            "install.user": "true",
            "global.no-binary": ":all:",
            "global.require-virtualenv": "true",
        });
        let kept: BTreeMap<String, String> = from_files(&read).collect();
        let expected = [
            ("PIP_CERT", "/etc/ssl/better.pem"),
            ("PIP_EXTRA_INDEX_URL", "https://a\nhttps://b"),
            ("PIP_INDEX_URL", "https://mirror.example.com/simple"),
        ];
        assert_eq!(kept, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
}
