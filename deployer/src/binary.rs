//! What a binary must be to run on `provided.al2023`.

use crate::error::{Error, Outcome};
use object::elf::FileHeader64;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Object, ObjectKind};
use stacks::Architecture;
use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::Range;
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

impl Binary {
    /// The program as it is.
    pub(crate) fn whole(&self) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(&self.path)?))
    }

    /// The program without symbols and line numbers, which are half of a light build.
    ///
    /// When a program starts, its segments are loaded. What follows them is read by linkers and debuggers, who find it
    /// by the table of sections. Source: elf(5).
    pub(crate) fn without_symbols(&self) -> std::io::Result<Box<dyn Read>> {
        let mut file = File::open(&self.path)?;
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(START).read_to_end(&mut start)?;
        let Some(end) = end_of_segments(&start).filter(|end| *end > START) else { return self.whole() };
        start[SECTIONS_OFFSET].fill(0);
        start[SECTIONS_COUNT_AND_NAMES].fill(0);
        let rest = file.take(end - START);
        Ok(Box::new(Cursor::new(start).chain(rest)))
    }
}

/// More than the headers of a program take.
const START: u64 = 64 * 1024;
/// Where the header of a 64-bit program says at which offset the table of sections begins. Source: elf(5).
const SECTIONS_OFFSET: Range<usize> = 0x28..0x30;
/// The same for how many sections there are, and which of them has their names.
const SECTIONS_COUNT_AND_NAMES: Range<usize> = 0x3c..0x40;

/// Where in the file the last segment ends; `None` if this is not the start of a 64-bit program.
fn end_of_segments(start: &[u8]) -> Option<u64> {
    let header = FileHeader64::<object::Endianness>::parse(start).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, start).ok()?;
    segments.iter().map(|segment| segment.p_offset(endian).checked_add(segment.p_filesz(endian))).max()?
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
    fn a_program_runs_without_its_symbols() {
        use std::os::unix::fs::PermissionsExt;
        let own = Binary { package: "own".into(), path: std::env::current_exe().unwrap() };
        let mut content = Vec::new();
        own.without_symbols().unwrap().read_to_end(&mut content).unwrap();
        let size = std::fs::metadata(&own.path).unwrap().len();
        assert!((content.len() as u64) < size * 9 / 10, "{} of {size}", content.len());
        let path = std::env::temp_dir().join(format!("tsugite-program-{}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = std::process::Command::new(&path).args(["--list", "versions_compare"]).output().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("versions_compare_by_number"), "{output:?}");
    }

    #[test]
    fn what_is_no_program_stays_whole() {
        let path = std::env::temp_dir().join(format!("tsugite-script-{}", std::process::id()));
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        let mut content = String::new();
        let script = Binary { package: "script".into(), path: path.clone() };
        script.without_symbols().unwrap().read_to_string(&mut content).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(content, "#!/bin/sh\n");
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
