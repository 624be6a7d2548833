//! Whether a disk is what a program failed of, which programs seldom say.

use rustix::fs::{StatVfsMountFlags, statvfs};
use std::io::ErrorKind;
use std::path::Path;

/// Less room than this, in bytes, is none: what failed wanted more.
const ROOM: u64 = 1024 * 1024;
/// What programs say of a full disk.
const FULL: [&str; 3] = ["No space left on device", "Disk quota exceeded", "os error 28"];
/// What programs say of a disk that cannot be written to.
const READ_ONLY: [&str; 2] = ["Read-only file system", "os error 30"];

/// Why a disk takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskTrouble {
    /// There is no room, or the user has used up the quota.
    Full,
    /// It is mounted for reading only.
    ReadOnly,
}

impl DiskTrouble {
    /// The trouble that an error of the system is about.
    pub(crate) fn of_error(kind: ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Self::Full),
            ErrorKind::ReadOnlyFilesystem => Some(Self::ReadOnly),
            _ => None,
        }
    }

    /// The trouble that a program reports.
    pub(crate) fn of_words(said: &str) -> Option<Self> {
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        match (says(&FULL), says(&READ_ONLY)) {
            (true, _) => Some(Self::Full),
            (_, true) => Some(Self::ReadOnly),
            _ => None,
        }
    }

    /// The trouble of the disk that holds a path, after an operation there failed without a reason.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let disk = path.ancestors().find_map(|folder| statvfs(folder).ok())?;
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Some(Self::ReadOnly);
        }
        (disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM || disk.f_favail == 0 && disk.f_files > 0)
            .then_some(Self::Full)
    }

    /// The next step.
    pub(crate) fn hint(self, path: &Path) -> String {
        match self {
            Self::Full => {
                format!("the disk is full; free some space where `{}` is, then run the command again", path.display())
            }
            Self::ReadOnly => format!(
                "the disk of `{}` is mounted read-only; work in a copy of the checkout elsewhere, or mount the disk for writing",
                path.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_met_the_disk_is_understood() {
        for (said, expected) in [
            ("OSError: [Errno 28] No space left on device: 'x'", Some(DiskTrouble::Full)),
            ("error: could not write output: Disk quota exceeded (os error 122)", Some(DiskTrouble::Full)),
            ("mkdir: Read-only file system", Some(DiskTrouble::ReadOnly)),
            ("error[E0308]: mismatched types", None),
        ] {
            assert_eq!(DiskTrouble::of_words(said), expected, "{said}");
        }
    }

    #[test]
    fn the_disk_itself_is_asked_where_a_program_says_nothing() {
        assert_eq!(DiskTrouble::at(Path::new("/proc/self/not-there/x")), Some(DiskTrouble::Full), "it has no blocks");
        assert_eq!(DiskTrouble::at(&std::env::temp_dir()), None);
    }
}
