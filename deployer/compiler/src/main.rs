//! Compiles handlers for Lambda with cargo-lambda-build, in a process of its own.
//!
//! The library ends the process when a compilation fails, and its linker wrappers call the current executable as
//! `<exe> zig cc -- …`. And it brings many packages, which only a release build needs: the deployer builds this
//! executable when it needs one.

// `ci` lints it with a build, which has no option for this.
#![deny(warnings)]

use cargo_lambda_build::Zig;
use cargo_lambda_metadata::cargo::build::{Build, CompilerOptions, OutputFormat};
use cargo_lambda_metadata::cargo::load_metadata;
use clap::Parser;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let result = run_as_zig(&arguments).unwrap_or_else(|| compile(&Compilation::parse()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no one left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// What to compile, and how.
#[derive(Parser)]
struct Compilation {
    /// Manifest of the workspace.
    #[arg(long)]
    manifest: PathBuf,
    /// Profile of that manifest.
    #[arg(long)]
    profile: String,
    /// Rust's name of the target, followed by the glibc to link against: `x86_64-unknown-linux-gnu.2.34`.
    #[arg(long)]
    target: String,
    /// Where the binaries go, each into a folder of its name.
    #[arg(long)]
    output: PathBuf,
    /// Packages; each has a binary of the same name.
    #[arg(required = true)]
    packages: Vec<String>,
}

/// Compiles; does not return if cargo fails.
///
/// The error is for a person: what failed, in one or more lines.
fn compile(compilation: &Compilation) -> Result<(), String> {
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
        compiler: Some(CompilerOptions::CargoZigbuild),
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
fn run_as_zig(arguments: &[OsString]) -> Option<Result<(), String>> {
    let name = arguments.first().map(Path::new).and_then(Path::file_stem)?;
    let zig = if name == "ar" || name == "lib" {
        let rest = arguments.get(1..)?.iter().map(|argument| argument.to_string_lossy().into_owned());
        Zig::Ar { args: rest.collect() }
    } else if arguments.get(1).is_some_and(|word| word == "zig") {
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
