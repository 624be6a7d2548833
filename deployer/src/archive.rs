//! Archives as Lambda takes them: the same bytes for the same binary, everywhere and always.

use crate::binary::Binary;
use crate::build::Profile;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::workspace::Workspace;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// A packed handler.
#[derive(Clone, PartialEq, Eq)]
pub struct Archive {
    /// The package.
    pub package: String,
    /// The archive.
    pub content: Vec<u8>,
    /// SHA-256 of the archive, in hexadecimal.
    pub digest: String,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Archive({}, {} bytes, {})", self.package, self.content.len(), self.digest)
    }
}

impl Archive {
    /// Key of the archive in the artifact bucket: the digest of its content.
    pub fn key(&self) -> String {
        format!("{}/{}.zip", self.package, self.digest)
    }
}

/// Packs each binary as `bootstrap`; one that was packed before is taken from the folder of archives.
pub async fn pack_all(
    workspace: &Workspace,
    binaries: Vec<Binary>,
    profile: Profile,
    reporter: &Reporter,
) -> Outcome<Vec<Archive>> {
    let folder = workspace.target().join("archives");
    let work = async {
        std::fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
        let folder = folder.clone();
        let pack = move || binaries.iter().map(|binary| pack(binary, &folder, profile)).collect();
        tokio::task::spawn_blocking(pack).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    };
    let summary = |archives: &Vec<Archive>| {
        let sizes = archives.iter().map(|archive| format!("{} {} kB", archive.package, archive.content.len() / 1000));
        sizes.collect::<Vec<_>>().join(", ")
    };
    reporter.step("packing", work, summary).await
}

fn pack(binary: &Binary, folder: &Path, profile: Profile) -> Outcome<Archive> {
    let program = std::fs::read(&binary.path).map_err(Error::file("read", &binary.path))?;
    let level = match profile {
        Profile::Light => 1,
        Profile::Release => 9,
    };
    let packed = folder.join(format!("{}-{level}.zip", hex::encode(Sha256::digest(&program))));
    let content = match std::fs::read(&packed) {
        Ok(content) if is_complete(&content) => content,
        _ => {
            let content = zipped(&program, level).map_err(|error| Error::File {
                doing: "pack",
                path: binary.path.clone(),
                source: error.into(),
            })?;
            std::fs::write(&packed, &content).map_err(Error::file("write", &packed))?;
            content
        }
    };
    let digest = hex::encode(Sha256::digest(&content));
    Ok(Archive { package: binary.package.clone(), content, digest })
}

/// Whether a stored archive is complete: the directory comes last.
fn is_complete(content: &[u8]) -> bool {
    zip::ZipArchive::new(Cursor::new(content)).is_ok_and(|archive| archive.len() == 1)
}

/// One executable file, with a fixed time, system and mode.
fn zipped(program: &[u8], level: i64) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(program)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_gives_the_same_bytes() {
        assert_eq!(zipped(b"program", 9).unwrap(), zipped(b"program", 9).unwrap());
        assert_ne!(zipped(b"program", 9).unwrap(), zipped(b"programs", 9).unwrap());
    }

    #[test]
    fn it_holds_one_executable_named_bootstrap() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zipped(b"program", 9).unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
    }
}
