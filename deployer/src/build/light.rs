//! The build for the local stage: as cargo builds this tool.

use super::cargo::{build_as_this_tool, executables, run};
use super::record::Record;
use super::{STEP, names_of, no_executable, take_turn};
use crate::binary::Binary;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::workspace::Workspace;
use std::time::SystemTime;

/// The package of this tool. With it in the selection, cargo gives the crates that it shares with the handlers the
/// features that they had when the tool was built: they are not compiled again. Nothing of it is built here.
const TOOL: &str = "xtask";

pub(super) async fn build(workspace: &Workspace, packages: &[&str], reporter: &Reporter) -> Outcome<Vec<Binary>> {
    let step = reporter.begin(STEP);
    let work = async {
        let _lock = take_turn(workspace, &step).await?;
        let binary = |package: &str, path| Binary { package: package.to_owned(), path };
        if let Some(record) = Record::read(workspace)
            && let Some(paths) = record.paths(packages)
        {
            return Ok(packages.iter().zip(paths).map(|(package, path)| binary(package, path)).collect());
        }
        let began = SystemTime::now();
        let mut command = build_as_this_tool(workspace);
        command.args(["--package", TOOL]);
        for package in packages {
            command.args(["--package", package, "--bin", package]);
        }
        let messages = run(command, &step, reporter).await?;
        let mut paths = executables(&messages);
        let of = |package: &&str| Ok(binary(package, paths.remove(*package).ok_or_else(|| no_executable(package))?));
        let binaries = packages.iter().map(of).collect::<Outcome<Vec<_>>>()?;
        Record::write(workspace, &binaries, began);
        Ok(binaries)
    };
    step.run(work, |binaries| names_of(binaries)).await
}

/// Builds this tool, as the cargo did that started it.
pub async fn rebuild_tool(workspace: &Workspace, reporter: &Reporter) -> Outcome<()> {
    let step = reporter.begin("building this tool");
    let work = async {
        let _lock = take_turn(workspace, &step).await?;
        let mut command = build_as_this_tool(workspace);
        command.args(["--package", TOOL]);
        run(command, &step, reporter).await
    };
    let in_words = |error| match error {
        Error::Compilation { output } => Error::Program {
            what: format!("the definitions do not compile\n\n{output}"),
            hint: "correct them; they are built again after the next save".into(),
        },
        error => error,
    };
    step.run(work, |_| "built".into()).await.map(|_| ()).map_err(in_words)
}
