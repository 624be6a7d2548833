//! Archives as Lambda takes them: the same bytes for the same binary, everywhere and always.

use crate::binary::Binary;
use crate::error::{Error, Outcome};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
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
    /// Where the archive lies in the artifact bucket: named by what it holds.
    pub fn key(&self) -> String {
        format!("{}/{}.zip", self.package, self.digest)
    }
}

/// Packs a binary as `bootstrap`.
pub fn pack(binary: &Binary) -> Outcome<Archive> {
    let program = std::fs::read(&binary.path).map_err(Error::file("read", &binary.path))?;
    let content = zipped(&program)
        .map_err(|error| Error::File { doing: "pack", path: binary.path.clone(), source: error.into() })?;
    let mut digest = String::new();
    for byte in Sha256::digest(&content) {
        // Writing to a string does not fail.
        let _ = write!(digest, "{byte:02x}");
    }
    Ok(Archive { package: binary.package.clone(), content, digest })
}

/// One executable file, with a fixed time, system, mode and level.
fn zipped(program: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
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
        assert_eq!(zipped(b"program").unwrap(), zipped(b"program").unwrap());
        assert_ne!(zipped(b"program").unwrap(), zipped(b"programs").unwrap());
    }

    #[test]
    fn it_holds_one_executable_named_bootstrap() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zipped(b"program").unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
    }
}
