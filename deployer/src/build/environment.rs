//! The environment in which handlers are built: only what is named here reaches the build.
//!
//! Whatever else is set may change the handler's bytes: compilers and their flags, profiles, targets, wrappers,
//! other toolchains. A list of what may pass also covers variables that are not known here. A compiler cache
//! (`RUSTC_WRAPPER`) does not pass: whether it gives the same bytes cannot be seen from its name.

use crate::error::{Error, Outcome};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Where programs and their settings are, how the network is reached, how much is done at once.
///
/// Source: the Cargo book, "Environment Variables"; the rustup book, "Environment variables".
const PASSED: [&str; 30] = [
    "ALL_PROXY",
    "CARGO_BUILD_JOBS",
    "CARGO_HOME",
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "NIX_SSL_CERT_FILE",
    "NO_PROXY",
    "PATH",
    "RUSTUP_AUTO_INSTALL",
    "RUSTUP_DIST_ROOT",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_HOME",
    "RUSTUP_UPDATE_ROOT",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USER",
];
/// Families of the same kind.
const PASSED_FAMILIES: [&str; 5] = ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "LC_"];
/// Sections of cargo's configuration that say where packages come from, how they are reached, and what a person
/// sees of it.
///
/// Source: the Cargo book, "Configuration".
const SECTIONS: [&str; 12] = [
    "alias",
    "cache",
    "cargo-new",
    "credential-alias",
    "future-incompat-report",
    "http",
    "install",
    "net",
    "registries",
    "registry",
    "source",
    "term",
];
/// What may stay of the section `build`: wrappers are switched off by variables, which spares people who use one a
/// cargo home of its own, and with it another compilation of everything.
const BUILD_KEYS: [&str; 3] = ["jobs", "rustc-wrapper", "rustc-workspace-wrapper"];
/// An empty wrapper is none, whatever the configuration says. Source: the Cargo book, "Environment Variables".
const NO_WRAPPERS: [&str; 2] = ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];

/// Where cargo runs: below no folder with a person's own configuration.
///
/// Source: the Cargo book, "Configuration", "Hierarchical structure": it looks in every folder from here upwards.
pub(super) const FOLDER: &str = "/";

/// What the build of a handler sees.
#[derive(Debug)]
pub(super) struct BuildEnvironment {
    /// All of its environment.
    pub(super) variables: BTreeMap<OsString, OsString>,
    /// Where cargo keeps what it has downloaded.
    pub(super) cargo_home: PathBuf,
}

impl BuildEnvironment {
    /// Takes what may pass from this machine, and pins the toolchain of the sources.
    pub(super) fn of(workspace: &Workspace) -> Outcome<Self> {
        let mut variables: BTreeMap<OsString, OsString> = environment().filter(|(name, _)| passes(name)).collect();
        let own = own_cargo_home(&variables);
        let cargo_home = match kept_of(&own)? {
            None => own,
            Some(kept) => beside(&own, &workspace.target().join("cargo-home"), &kept)?,
        };
        variables.insert("CARGO_HOME".into(), cargo_home.clone().into());
        variables.extend(NO_WRAPPERS.map(|name| (name.into(), OsString::new())));
        // The file with the toolchain is found from the sources upwards, and cargo runs elsewhere.
        if let Some(channel) = channel(workspace)? {
            variables.insert("RUSTUP_TOOLCHAIN".into(), channel.into());
        }
        Ok(Self { variables, cargo_home })
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment of cargo is made of what may pass of this one")]
fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// Whether a variable reaches the build.
fn passes(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    // Proxies are named in lower case as well.
    PASSED.contains(&name.as_ref())
        || (name.ends_with("_proxy") && PASSED.contains(&name.to_uppercase().as_str()))
        || PASSED_FAMILIES.iter().any(|family| name.starts_with(family))
}

fn own_cargo_home(variables: &BTreeMap<OsString, OsString>) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    variables.get(OsStr::new("CARGO_HOME")).map_or_else(home, PathBuf::from)
}

/// What is kept of the configuration in cargo's home; `None` if all of it may stay as it is.
fn kept_of(home: &Path) -> Outcome<Option<Table>> {
    // Cargo reads the older name if both are there.
    let path = [home.join("config"), home.join("config.toml")].into_iter().find(|path| path.is_file());
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let all = text.parse::<Table>().map_err(|error| Error::Program {
        what: format!("`{}` is not a valid cargo configuration: {error}", path.display()),
        hint: "fix the file, then run the command again".into(),
    })?;
    let kept: Table =
        all.iter().filter_map(|(name, section)| Some((name.clone(), kept_section(name, section)?))).collect();
    Ok((kept != all).then_some(kept))
}

/// What is kept of a section; `None` if nothing is.
fn kept_section(name: &str, section: &Value) -> Option<Value> {
    match (name, section) {
        ("build", Value::Table(keys)) => {
            let kept = keys.iter().filter(|(key, _)| BUILD_KEYS.contains(&key.as_str()));
            Some(Value::Table(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        _ => SECTIONS.contains(&name).then(|| section.clone()),
    }
}

/// A home of cargo with the downloads of another one and a configuration of its own.
fn beside(own: &Path, home: &Path, configuration: &Table) -> Outcome<PathBuf> {
    std::fs::create_dir_all(home).map_err(Error::file("make", home))?;
    for name in ["registry", "git"] {
        let folder = own.join(name);
        std::fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
    }
    let entries = std::fs::read_dir(own).map_err(Error::file("read", own))?;
    // Its locks are shared too: two cargos must not unpack into one folder.
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        if ["config", "config.toml", "bin"].map(OsStr::new).contains(&name.as_os_str()) {
            continue;
        }
        let link = home.join(&name);
        if std::fs::read_link(&link).is_ok_and(|target| target == entry.path()) {
            continue;
        }
        let _ = std::fs::remove_file(&link);
        symlink(entry.path(), &link).map_err(Error::file("make", &link))?;
    }
    let path = home.join("config.toml");
    std::fs::write(&path, configuration.to_string()).map_err(Error::file("write", &path))?;
    Ok(home.to_owned())
}

/// The toolchain that the sources are pinned to.
fn channel(workspace: &Workspace) -> Outcome<Option<String>> {
    let path = workspace.root().join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let table = text.parse::<Table>().unwrap_or_default();
    let channel = table.get("toolchain").and_then(|toolchain| toolchain.get("channel")).and_then(Value::as_str);
    Ok(channel.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_may_change_bytes_passes() {
        for name in [
            "CFLAGS",
            "CXXFLAGS",
            "LDFLAGS",
            "CC",
            "CC_x86_64_unknown_linux_gnu",
            "CFLAGS_aarch64-unknown-linux-gnu",
            "AR_aarch64_unknown_linux_gnu",
            "TARGET_CC",
            "HOST_CC",
            "CARGO_PROFILE_LAMBDA_OPT_LEVEL",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_INCREMENTAL",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_UNSTABLE_BUILD_STD",
            "CARGO_LAMBDA_COMPILER_SUBCOMMAND",
            "CARGO_ZIGBUILD_ZIG_PATH",
            "CARGO_PKG_VERSION",
            "RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_BOOTSTRAP",
            "RUSTUP_TOOLCHAIN",
            "SOURCE_DATE_EPOCH",
            "ZIG_GLOBAL_CACHE_DIR",
            "ZIG_LIB_DIR",
            "LIBRARY_PATH",
            "LD_LIBRARY_PATH",
            "LD_PRELOAD",
            "CPATH",
            "AWS_LC_SYS_CFLAGS",
            "RING_PREGENERATE_ASM",
            "NUM_JOBS",
            "a_proxy",
        ] {
            assert!(!passes(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_leads_to_packages_passes() {
        for name in [
            "PATH",
            "HOME",
            "https_proxy",
            "HTTPS_PROXY",
            "no_proxy",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_CAINFO",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "CARGO_REGISTRY_DEFAULT",
            "LC_ALL",
            "TMPDIR",
        ] {
            assert!(passes(OsStr::new(name)), "{name}");
        }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tsugite-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_configuration_keeps_only_where_packages_come_from() {
        let home = scratch("cargo-home");
        assert_eq!(kept_of(&home).unwrap(), None);
        std::fs::write(
            home.join("config.toml"),
            "[net]\nretry = 5\n[registries.mine]\nindex = \"sparse+https://m/\"\n",
        )
        .unwrap();
        assert_eq!(kept_of(&home).unwrap(), None);
        let poison = "[build]\nrustflags = [\"-g\"]\njobs = 1\n[env]\nCFLAGS = \"-g\"\n[profile.lambda]\nopt-level = 0\n[net]\nretry = 5\n[target.x86_64-unknown-linux-gnu]\nlinker = \"no-such-linker\"\n";
        std::fs::write(home.join("config.toml"), poison).unwrap();
        std::fs::write(home.join("credentials.toml"), "[registry]\n").unwrap();
        std::fs::create_dir_all(home.join("bin")).unwrap();
        let kept = kept_of(&home).unwrap().unwrap();
        let made = scratch("made").join("cargo-home");
        for _ in 0..2 {
            assert_eq!(beside(&home, &made, &kept).unwrap(), made);
        }
        assert_eq!(
            std::fs::read_to_string(made.join("config.toml")).unwrap(),
            "[build]\njobs = 1\n\n[net]\nretry = 5\n"
        );
        assert_eq!(std::fs::read_link(made.join("registry")).unwrap(), home.join("registry"));
        assert_eq!(std::fs::read_link(made.join("credentials.toml")).unwrap(), home.join("credentials.toml"));
        assert!(!made.join("bin").exists());
        std::fs::write(home.join("config.toml"), "[build\n").unwrap();
        assert!(kept_of(&home).unwrap_err().to_string().contains("is not a valid cargo configuration"));
    }
}
