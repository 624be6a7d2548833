//! Names of change sets, which say which process created them: one of a killed process is deleted early.

use sha2::{Digest, Sha256};

/// The prefix of all change sets of this tool.
const PREFIX: &str = "tsugite-";

/// The name of a change set that is asked for at this time, in milliseconds since 1970; `word` is one that no other has.
pub(super) fn choose(since_1970: u128, word: &str) -> String {
    match Process::this() {
        Some(Process { machine, id, start }) => format!("{PREFIX}{since_1970}-{word}-{machine}-{id}-{start}"),
        None => format!("{PREFIX}{since_1970}-{word}"),
    }
}

/// Whether this tool chose the name.
pub(super) fn is_of_this_tool(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Whether the process that made a change set ran on this machine and has ended; `false` if that is unknown.
pub(super) fn creator_has_ended(name: &str) -> bool {
    let parts: Vec<&str> = name.strip_prefix(PREFIX).unwrap_or_default().split('-').collect();
    let [_, _, machine, id, start] = parts[..] else { return false };
    let Some(this) = Process::this() else { return false };
    let Ok(number) = id.parse() else { return false };
    machine == this.machine && Process::start_of(number).as_deref() != Some(start)
}

/// A process, distinguished from all others before and after it.
struct Process {
    /// The machine since it was started, and what it calls by numbers of its own, as containers do.
    machine: String,
    id: u32,
    /// When it began, in ticks since the machine was started.
    start: String,
}

impl Process {
    /// This one; `None` on systems without `/proc`.
    fn this() -> Option<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let numbers = std::fs::read_link("/proc/self/ns/pid").ok()?;
        let digest = Sha256::digest(format!("{boot}{}", numbers.display()));
        let machine = hex::encode(&digest[..4]);
        let id = std::process::id();
        Some(Self { machine, id, start: Self::start_of(id)? })
    }

    /// When the process with this number began; `None` if there is none.
    fn start_of(id: u32) -> Option<String> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // After the name in parentheses comes the third field; the start is the twenty-second.
        stat.rsplit(") ").next()?.split(' ').nth(22 - 3).map(str::to_owned)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// The name that another process would have chosen.
    fn named(machine: &str, id: u32, start: &str) -> String {
        format!("{PREFIX}1700000000000-abcdef01-{machine}-{id}-{start}")
    }

    #[test]
    fn only_a_process_of_this_machine_is_known_to_have_ended() {
        let Process { machine, id, start } = Process::this().unwrap();
        let own = choose(1_700_000_000_000, "abcdef01");
        assert_eq!(own, named(&machine, id, &start));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = named(&machine, child.id(), &Process::start_of(child.id()).unwrap());
        child.wait().unwrap();
        for (name, expected) in [
            (own.as_str(), false),
            (&ended, true),
            // Another process has got the number of one that ended.
            (&named(&machine, id, "1"), true),
            (&named("00000000", child.id(), "1"), false),
            (&named(&machine, id, &start).replace(PREFIX, "other-"), false),
            ("tsugite-1700000000000-abcdef01", false),
            ("tsugite-1700000000000", false),
            ("", false),
        ] {
            assert_eq!(creator_has_ended(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_one_that_cloudformation_takes() {
        let name = choose(u128::from(u64::MAX), "abcdef01");
        assert!(is_of_this_tool(&name) && name.len() <= 128, "{name}");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
    }
}
