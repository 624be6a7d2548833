//! Files that only their owner reads.

use crate::error::{Error, Outcome};
use serde::Serialize;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file that only its owner reads. It is replaced as a whole, because other processes read it.
pub(super) fn write_private(path: &Path, value: &impl Serialize) -> Outcome<()> {
    let text = serde_json::to_vec(value).map_err(|error| Error::file("write", path)(error.into()))?;
    let beside = path.with_extension("new");
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Error::file("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_private_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("tsugite-state-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("state.json");
        write_private(&path, &"first").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // A folder of this name stands for every reason why nothing can be written.
        std::fs::create_dir(path.with_extension("new")).unwrap();
        let error = write_private(&path, &"second").unwrap_err();
        assert!(error.to_string().contains("state.json"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"first\"");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
