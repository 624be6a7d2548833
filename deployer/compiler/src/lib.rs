//! Compiles handlers for Lambda with cargo-lambda-build, in a child process of this executable.
//!
//! The library ends the process when a compilation fails, and its linker wrappers call the
//! current executable as `<exe> zig cc -- …`: hence the two hidden commands that are here.

use cargo_lambda_build::Zig;
use cargo_lambda_metadata::cargo::build::{Build, CargoCompilerOptions, CompilerOptions, OutputFormat};
use cargo_lambda_metadata::cargo::load_metadata;
use clap::{Args, Parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Name of the hidden command that compiles.
pub const COMPILE: &str = "__compile";
/// Name of the hidden command that the linker wrappers call.
pub const ZIG: &str = "zig";

/// What to compile, and how.
#[derive(Args, Clone, Debug)]
pub struct Compilation {
    /// Manifest of the workspace.
    #[arg(long)]
    pub manifest: PathBuf,
    /// Profile of that manifest.
    #[arg(long)]
    pub profile: String,
    /// Rust's name of the target; with `.2.34` behind it, zig links against that glibc.
    #[arg(long)]
    pub target: String,
    /// Link with the system's own linker.
    #[arg(long)]
    pub native: bool,
    /// Where the binaries go, each into a folder of its name.
    #[arg(long)]
    pub output: PathBuf,
    /// Packages; each has a binary of the same name.
    #[arg(required = true)]
    pub packages: Vec<String>,
}

/// Compiles; does not return if cargo fails.
///
/// The error is for a person: what failed, in one or more lines.
pub fn compile(compilation: &Compilation) -> Result<(), String> {
    let tokio =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    tokio.block_on(async {
        let metadata = load_metadata(&compilation.manifest, None).map_err(|error| format!("{error:?}"))?;
        let mut build = build_of(compilation);
        cargo_lambda_build::run(&mut build, &metadata).await.map_err(|error| format!("{error:?}"))
    })
}

fn build_of(compilation: &Compilation) -> Build {
    let mut build = Build {
        output_format: Some(OutputFormat::Binary),
        lambda_dir: Some(compilation.output.clone()),
        // The toolchain is the user's; a missing target was reported before.
        skip_target_check: true,
        // Our profiles say how to optimize.
        disable_optimizations: true,
        compiler: Some(match compilation.native {
            true => CompilerOptions::Cargo(CargoCompilerOptions::default()),
            false => CompilerOptions::CargoZigbuild,
        }),
        ..Build::default()
    };
    let options = &mut build.cargo_opts;
    options.manifest_path = Some(compilation.manifest.clone());
    options.common.profile = Some(compilation.profile.clone());
    options.common.target = vec![compilation.target.clone()];
    options.packages = compilation.packages.clone();
    // Without it, binaries of earlier compilations would be taken for ours.
    options.bin = compilation.packages.clone();
    build
}

/// A command line of this executable that is meant for zig: as `zig …`, or through a link named `ar`.
///
/// Returns `None` if it is not one of these, else the result.
pub fn run_as_zig(arguments: &[OsString]) -> Option<Result<(), String>> {
    let name = arguments.first().map(Path::new).and_then(Path::file_stem)?;
    let zig = if name == "ar" || name == "lib" {
        let rest = arguments.get(1..)?.iter().map(|argument| argument.to_string_lossy().into_owned());
        Zig::Ar { args: rest.collect() }
    } else if arguments.get(1).is_some_and(|word| word == ZIG) {
        match ZigCommand::try_parse_from(arguments.get(1..)?) {
            Ok(command) => command.zig,
            Err(error) => return Some(Err(error.to_string())),
        }
    } else {
        return None;
    };
    Some(zig.execute().map_err(|error| format!("{error:#}")))
}

#[derive(Parser)]
#[command(name = "zig")]
struct ZigCommand {
    #[command(subcommand)]
    zig: Zig,
}
