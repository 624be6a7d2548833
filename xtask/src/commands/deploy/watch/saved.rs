//! Which sources are saved, as the operating system tells.

use crate::failure::Failure;
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What sources are in, below the root.
const FOLDERS: [&str; 5] = ["deployer", "handlers", "policies", "stacks", "xtask"];
/// Editors write several files for one save, and people save several files at once.
const PAUSE: Duration = Duration::from_millis(20);

/// Listens to saved sources.
pub struct Saved {
    files: UnboundedReceiver<PathBuf>,
    /// It listens as long as it exists.
    _watcher: RecommendedWatcher,
}

impl Saved {
    /// Begins to listen to all sources of a workspace.
    pub fn listen(root: &Path) -> Result<Self, Failure> {
        let failure = |error: notify::Error| {
            Failure::nothing_changed(format!("the sources cannot be watched: {error}")).with_hint(
                "a limit of the system may be reached (Linux: the sysctl fs.inotify.max_user_watches); without --watch, deploy again by hand",
            )
        };
        let (sender, files) = unbounded_channel();
        let tell = move |event: notify::Result<Event>| {
            if let Ok(event) = event
                && is_save(&event.kind)
            {
                for path in event.paths.into_iter().filter(|path| is_source(path)) {
                    // Nobody listens any more when the command ends.
                    let _ = sender.send(path);
                }
            }
        };
        let mut watcher = notify::recommended_watcher(tell).map_err(failure)?;
        for folder in FOLDERS {
            watcher.watch(&root.join(folder), RecursiveMode::Recursive).map_err(failure)?;
        }
        watcher.watch(root, RecursiveMode::NonRecursive).map_err(failure)?;
        Ok(Self { files, _watcher: watcher })
    }

    /// Waits for a save; returns all files that were saved at that time.
    pub async fn next(&mut self) -> BTreeSet<PathBuf> {
        let mut saved = BTreeSet::new();
        match self.files.recv().await {
            Some(file) => saved.insert(file),
            None => std::future::pending().await,
        };
        while let Ok(Some(file)) = tokio::time::timeout(PAUSE, self.files.recv()).await {
            saved.insert(file);
        }
        saved
    }
}

/// Whether an event changes what is read.
fn is_save(kind: &EventKind) -> bool {
    match kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        EventKind::Any | EventKind::Access(_) | EventKind::Other => false,
    }
}

/// Whether a file is one that people write: not hidden, and no copy that an editor keeps beside it.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known = ["css", "html", "js", "json", "lock", "py", "rs", "svg", "toml", "txt", "yaml", "yml"];
    !name.starts_with('.') && known.contains(&ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_saved_source_is_told_once_and_nothing_else() {
        let root = std::env::temp_dir().join(format!("tsugite-saved-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        for folder in FOLDERS {
            std::fs::create_dir_all(root.join(folder).join("src")).unwrap();
        }
        let root = root.canonicalize().unwrap();
        let source = root.join("handlers/src/main.rs");
        std::fs::write(&source, "fn main() {}").unwrap();
        let mut saved = Saved::listen(&root).unwrap();
        // Reading, the copies of editors, and what is outside of the sources.
        std::fs::read(&source).unwrap();
        std::fs::write(root.join("handlers/src/.main.rs.swp"), "").unwrap();
        std::fs::write(root.join("handlers/src/main.rs~"), "").unwrap();
        std::fs::create_dir_all(root.join("target")).unwrap();
        std::fs::write(root.join("target/main.rs"), "").unwrap();
        let nothing = tokio::time::timeout(Duration::from_millis(200), saved.next()).await;
        assert!(nothing.is_err(), "{nothing:?}");
        // In place, and as an editor does that writes another file first.
        std::fs::write(&source, "fn mine() {}").unwrap();
        assert_eq!(saved.next().await, BTreeSet::from([source.clone()]));
        std::fs::write(root.join("handlers/src/4913"), "fn main() {}").unwrap();
        std::fs::rename(root.join("handlers/src/4913"), &source).unwrap();
        std::fs::write(root.join("Cargo.toml"), "[workspace]").unwrap();
        assert_eq!(saved.next().await, BTreeSet::from([source, root.join("Cargo.toml")]));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
