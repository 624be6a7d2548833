//! The sources of the emulator, which the executable embeds and writes next to the emulator's log.

use crate::error::{Error, Outcome};
use std::path::Path;

/// What Python runs.
pub(super) const LAUNCHER: &str = "launcher.py";

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../emulator/", $name)))),*] };
}

/// The launcher and all that it imports; the tests beside them stay where they are.
const SOURCES: &[(&str, &str)] = embedded![
    "aws/__init__.py",
    "aws/callers.py",
    "aws/change_sets.py",
    "aws/connection_parameters.py",
    "aws/connections.py",
    "aws/handlers.py",
    "aws/http_requests.py",
    "aws/logs.py",
    "aws/machines.py",
    "aws/resources.py",
    "aws/rights.py",
    "aws/scope.py",
    "aws/stacks.py",
    "gaps/__init__.py",
    "gaps/alarms.py",
    "gaps/api_hosts.py",
    "gaps/api_permissions.py",
    "gaps/api_policies.py",
    "gaps/bucket_contents.py",
    "gaps/caller_rights.py",
    "gaps/caught_errors.py",
    "gaps/change_set_lists.py",
    "gaps/change_sets.py",
    "gaps/connection_resources.py",
    "gaps/connection_rights.py",
    "gaps/connections.py",
    "gaps/data_limits.py",
    "gaps/distribution_apis.py",
    "gaps/distribution_defaults.py",
    "gaps/distribution_hosts.py",
    "gaps/expressions.py",
    "gaps/foreign_topics.py",
    "gaps/function_code.py",
    "gaps/function_deaths.py",
    "gaps/http_tasks.py",
    "gaps/listing_rights.py",
    "gaps/late_lines.py",
    "gaps/log_lines.py",
    "gaps/log_pages.py",
    "gaps/log_rights.py",
    "gaps/log_size.py",
    "gaps/loopback_as_tls.py",
    "gaps/machine_keys.py",
    "gaps/message_sizes.py",
    "gaps/policy_variables.py",
    "gaps/polling_rights.py",
    "gaps/repeated_requests.py",
    "gaps/replacements.py",
    "gaps/retries.py",
    "gaps/role_boundaries.py",
    "gaps/rule_associations.py",
    "gaps/schedules.py",
    "gaps/secret_policies.py",
    "gaps/secrets.py",
    "gaps/simulation_rights.py",
    "gaps/simulations.py",
    "gaps/stack_names.py",
    "gaps/starting_rights.py",
    "gaps/state_machines.py",
    "gaps/stopping.py",
    "gaps/tables.py",
    "gaps/task_results.py",
    "gaps/task_rights.py",
    "gaps/template_urls.py",
    "gaps/topic_regions.py",
    "gaps/update_events.py",
    "gaps/upload_parts.py",
    "guard/__init__.py",
    "guard/connections.py",
    "guard/function_keys.py",
    "guard/pages.py",
    "guard/public_doors.py",
    "guard/requests.py",
    "guard/root_key.py",
    "guard/runtime_api.py",
    "guard/signatures.py",
    "journal.py",
    "keeper.py",
    "launcher.py",
    "registry.py",
];
/// The calls of the handlers of resource types, which the emulator demands of the deploying user.
const HANDLERS: (&str, &str) = ("handlers.json", stacks::rights::HANDLERS);

/// All of it, by the names of the files.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().copied().chain([HANDLERS])
}

/// Writes all of it into a folder.
pub(super) fn write(folder: &Path) -> Outcome<()> {
    for (name, text) in all() {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(Error::file("make", parent))?;
        std::fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The modules below a folder that are not for tests alone.
    fn modules(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "testing" {
                modules(&path, root, found);
            } else if name.ends_with(".py") && !name.ends_with("_test.py") && name != "needed.py" {
                found.insert(name);
            }
        }
    }

    #[test]
    fn every_module_of_the_emulator_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator");
        let mut found = BTreeSet::new();
        modules(&root, &root, &mut found);
        let embedded: BTreeSet<String> = SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(embedded, found, "name it in SOURCES");
    }

    #[test]
    fn modules_are_written_into_their_folders() {
        let folder = std::env::temp_dir().join(format!("tsugite-{}-emulator", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        write(&folder).unwrap();
        for name in [LAUNCHER, "gaps/alarms.py", "guard/requests.py", "handlers.json"] {
            assert!(folder.join(name).is_file(), "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
