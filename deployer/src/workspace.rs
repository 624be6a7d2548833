//! The workspace that is deployed, and the folders that the deployer keeps in it.

use std::path::{Path, PathBuf};

/// The root of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace with this root.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder for everything that the deployer creates or installs.
    pub fn target(&self) -> PathBuf {
        self.root.join("target").join("tsugite")
    }

    /// Everything of the local stage.
    pub(crate) fn local(&self) -> PathBuf {
        self.target().join("local")
    }
}
