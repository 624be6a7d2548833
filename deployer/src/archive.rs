//! Archives as Lambda takes them: the same bytes for the same binary, everywhere and always.
//!
//! They are on the disk, not in memory, and a binary that has not changed is not read again.

use crate::binary::Binary;
use crate::build::Profile;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::stamp::Stamp;
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// A packed handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The package.
    pub package: String,
    /// The archive.
    pub path: PathBuf,
    /// Its size in bytes.
    pub n_bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub digest: String,
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
        let sizes = archives.iter().map(|archive| format!("{} {} kB", archive.package, archive.n_bytes / 1000));
        sizes.collect::<Vec<_>>().join(", ")
    };
    reporter.step("packing", work, summary).await
}

/// What was packed last of a package, beside the archives.
#[derive(Serialize, Deserialize)]
struct Packed {
    of: Stamp,
    n_bytes: u64,
    digest: String,
}

fn pack(binary: &Binary, folder: &Path, profile: Profile) -> Outcome<Archive> {
    let level = level_of(profile);
    let of = Stamp::of(&binary.path).map_err(Error::file("read", &binary.path))?;
    let record = folder.join(format!("{}-{level}.json", binary.package));
    // What cannot be read is made again.
    let before = std::fs::read(&record).ok().and_then(|text| serde_json::from_slice::<Packed>(&text).ok());
    // Two packages may have the same bytes.
    let file_name = |digest: &str| format!("{}-{digest}.zip", binary.package);
    let archive = |n_bytes, digest: String| {
        let path = folder.join(file_name(&digest));
        Archive { package: binary.package.clone(), path, n_bytes, digest }
    };
    if let Some(before) = &before {
        let archive = archive(before.n_bytes, before.digest.clone());
        if before.of == of && std::fs::metadata(&archive.path).is_ok_and(|file| file.len() == archive.n_bytes) {
            return Ok(archive);
        }
    }
    let written = folder.join(format!("{}-{level}-{}.part", binary.package, std::process::id()));
    let (n_bytes, digest) = write_archive(binary, &written, profile).map_err(Error::file("pack", &binary.path))?;
    let archive = archive(n_bytes, digest);
    std::fs::rename(&written, &archive.path).map_err(Error::file("write", &archive.path))?;
    let packed = Packed { of, n_bytes, digest: archive.digest.clone() };
    let text = serde_json::to_vec(&packed).unwrap_or_default();
    std::fs::write(&record, text).map_err(Error::file("write", &record))?;
    if let Some(before) = before.filter(|before| before.digest != archive.digest) {
        // It may be gone already.
        let _ = std::fs::remove_file(folder.join(file_name(&before.digest)));
    }
    Ok(archive)
}

/// How hard to compress, up to 9.
fn level_of(profile: Profile) -> i64 {
    match profile {
        Profile::Light => 1,
        Profile::Release(_) => 9,
    }
}

/// Writes the archive of a program; returns its size in bytes, and its SHA-256 in hexadecimal.
fn write_archive(binary: &Binary, to: &Path, profile: Profile) -> std::io::Result<(u64, String)> {
    let program = match profile {
        Profile::Light => binary.without_symbols()?,
        Profile::Release(_) => binary.whole()?,
    };
    zip_into(BufWriter::new(File::create(to)?), program, level_of(profile))?.into_inner()?;
    digest_of(File::open(to)?)
}

fn digest_of(mut file: File) -> std::io::Result<(u64, String)> {
    let (mut digest, mut n_bytes, mut buffer) = (Sha256::new(), 0, [0; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((n_bytes, hex::encode(digest.finalize()))),
            n => {
                digest.update(&buffer[..n]);
                n_bytes += n as u64;
            }
        }
    }
}

/// One executable file, with a fixed time, system and mode.
fn zip_into<W: Write + Seek>(to: W, mut program: impl Read, level: i64) -> zip::result::ZipResult<W> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(to);
    writer.start_file("bootstrap", options)?;
    std::io::copy(&mut program, &mut writer)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn zipped(program: &[u8]) -> Vec<u8> {
        zip_into(Cursor::new(Vec::new()), program, 9).unwrap().into_inner()
    }

    #[test]
    fn the_same_program_gives_the_same_bytes() {
        assert_eq!(zipped(b"program"), zipped(b"program"));
        assert_ne!(zipped(b"program"), zipped(b"programs"));
    }

    #[test]
    fn it_holds_one_executable_named_bootstrap() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zipped(b"program"))).unwrap();
        assert_eq!(archive.len(), 1);
        let file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
    }

    #[test]
    fn a_program_is_packed_again_when_it_is_another_one() {
        let folder = std::env::temp_dir().join(format!("tsugite-archives-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let binary = Binary { package: "one".into(), path: folder.join("one") };
        let packed = |program: &str| {
            std::fs::write(&binary.path, program).unwrap();
            pack(&binary, &folder, Profile::Light).unwrap()
        };
        let first = packed("program");
        assert_eq!(hex::encode(Sha256::digest(std::fs::read(&first.path).unwrap())), first.digest);
        let again = pack(&binary, &folder, Profile::Light).unwrap();
        assert_eq!(again, first);
        // As long as before.
        let other = packed("Program");
        assert_ne!(other.digest, first.digest);
        assert!(!first.path.exists() && other.path.exists());
        // What was damaged or deleted is made again.
        std::fs::write(&other.path, "").unwrap();
        assert_eq!(pack(&binary, &folder, Profile::Light).unwrap(), other);
        assert_eq!(std::fs::metadata(&other.path).unwrap().len(), other.n_bytes);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
