//! What a binary must be to run on `provided.al2023`.

use crate::error::{Error, Outcome};
use object::read::elf::{ElfFile64, FileHeader};
use object::{Object, ObjectKind};
use stacks::Architecture;
use std::path::{Path, PathBuf};

/// Newest glibc symbol version that Amazon Linux 2023 has.
const GLIBC: (u32, u32) = (2, 34);

/// A handler that is ready to be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Its package.
    pub package: String,
    /// Path of the file.
    pub path: PathBuf,
}

/// The processor of this machine.
pub fn host_architecture() -> Architecture {
    match std::env::consts::ARCH {
        "aarch64" => Architecture::Arm64,
        _ => Architecture::X86_64,
    }
}

/// Rust's name of the target for a processor.
pub fn target_of(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
    }
}

/// Checks that the file runs on Lambda: an executable for `architecture` that needs no newer glibc.
pub(crate) fn check(package: &str, path: &Path, architecture: Architecture) -> Outcome<Binary> {
    let content = std::fs::read(path).map_err(Error::file("read", path))?;
    match problem(&content, architecture) {
        None => Ok(Binary { package: package.to_owned(), path: path.to_owned() }),
        Some(problem) => Err(Error::Binary { package: package.to_owned(), problem }),
    }
}

fn problem(content: &[u8], architecture: Architecture) -> Option<String> {
    let elf = match ElfFile64::<object::Endianness>::parse(content) {
        Ok(elf) => elf,
        Err(error) => return Some(format!("it is not a 64-bit Linux program ({error})")),
    };
    let wanted = match architecture {
        Architecture::X86_64 => object::Architecture::X86_64,
        Architecture::Arm64 => object::Architecture::Aarch64,
    };
    if elf.architecture() != wanted {
        return Some(format!("it is for {:?} but the stage needs {wanted:?}", elf.architecture()));
    }
    if !matches!(elf.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
        return Some(format!("it is a {:?} file, not a program", elf.kind()));
    }
    match newest_glibc(&elf) {
        Ok(Some(version)) if version > GLIBC => Some(format!(
            "it needs GLIBC_{}.{}, but Lambda has only GLIBC_{}.{}",
            version.0, version.1, GLIBC.0, GLIBC.1
        )),
        Ok(_) => None,
        Err(error) => Some(format!("its symbol versions cannot be read ({error})")),
    }
}

/// The newest `GLIBC_x.y` among the versions that the program needs.
fn newest_glibc(elf: &ElfFile64<'_>) -> object::Result<Option<(u32, u32)>> {
    let (endian, data) = (elf.endian(), elf.data());
    let sections = elf.elf_header().sections(endian, data)?;
    let Some((mut libraries, link)) = sections.gnu_verneed(endian, data)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, data, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, strings)?).into_owned();
            newest = newest.max(name.strip_prefix("GLIBC_").and_then(parse_version));
        }
    }
    Ok(newest)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_for_the_stage_is_refused() {
        assert!(problem(b"#!/bin/sh\n", Architecture::X86_64).unwrap().contains("not a 64-bit Linux program"));
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let other = match host_architecture() {
            Architecture::X86_64 => Architecture::Arm64,
            Architecture::Arm64 => Architecture::X86_64,
        };
        assert!(problem(&own, other).unwrap().contains("the stage needs"));
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(parse_version("2.4") < parse_version("2.34"));
        assert!(parse_version("2.38") > Some(GLIBC));
        assert_eq!(parse_version("PRIVATE"), None);
        assert_eq!(parse_version("2.2.5"), Some((2, 2)));
    }

    #[test]
    fn the_newest_version_of_a_real_program_is_found() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let elf = ElfFile64::parse(own.as_slice()).unwrap();
        assert!(newest_glibc(&elf).unwrap() >= Some((2, 14)));
    }
}
