//! Whether a file is the one that it was.

use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file at a time. It differs after a write, and when another file takes its place.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) path: PathBuf,
    n_bytes: u64,
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// The same; the system sets it at every change, of the times as well.
    changed: (i64, i64),
}

impl Stamp {
    /// The file as it is now.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        let file = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            n_bytes: file.len(),
            device: file.dev(),
            inode: file.ino(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }

    /// Whether the file is as it was.
    pub(crate) fn holds(&self) -> bool {
        Self::of(&self.path).is_ok_and(|now| now == *self)
    }

    /// Whether it was changed before a time; `false` if that cannot be told.
    pub(crate) fn is_older_than(&self, time: SystemTime) -> bool {
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(self.changed.0), u32::try_from(self.changed.1)) else {
            return false;
        };
        UNIX_EPOCH + Duration::new(seconds, nanoseconds) < time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_a_file_is_seen() {
        let path = std::env::temp_dir().join(format!("tsugite-stamp-{}", std::process::id()));
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write("one");
        let first = Stamp::of(&path).unwrap();
        assert!(first.holds() && first.is_older_than(SystemTime::now() + Duration::from_secs(1)));
        assert!(!first.is_older_than(UNIX_EPOCH));
        // As long as before, and as old.
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::thread::sleep(Duration::from_millis(20));
        write("two");
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
        assert!(!first.holds());
        let second = Stamp::of(&path).unwrap();
        // The same content in another file.
        std::fs::copy(&path, path.with_extension("other")).unwrap();
        std::fs::rename(path.with_extension("other"), &path).unwrap();
        assert!(!second.holds());
        std::fs::remove_file(&path).unwrap();
        assert!(!second.holds());
    }
}
