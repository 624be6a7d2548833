//! From a clean clone to deployed stacks: processor time, wall time and disk.

use super::measure::{Measured, Meter};
use super::table::print_table;
use crate::cli::{BenchOptions, Output};
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print;
use serde_json::json;
use std::path::Path;

/// One clone.
struct Row {
    commit: String,
    measured: Measured,
    disk_bytes: u64,
}

/// Clones this commit and those that it is compared with, one after the other, and deploys in each clone.
pub async fn run(options: &BenchOptions, context: &Context) -> Result<(), Failure> {
    let meter = Meter::new(context).await?;
    let root = context.workspace.root();
    let mut rows = Vec::new();
    for commit in std::iter::once("HEAD").chain(options.against.iter().map(String::as_str)) {
        let folder = meter.folder().join("clone");
        remove(&folder)?;
        let path = folder.display().to_string();
        meter.run_well(&["git", "clone", "--quiet", &root.display().to_string(), &path], root, &[])?;
        meter.run_well(&["git", "checkout", "--quiet", &resolve(&meter, root, commit)?], &folder, &[])?;
        // What is downloaded is on the machine before: a network has no figure.
        let step = format!("downloading the dependencies of {commit}");
        let fetch = async { meter.run_well(&["cargo", "fetch", "--locked"], &folder, &[]) };
        context.reporter.step(&step, fetch, |_| "done".into()).await?;
        let deploy = async { meter.run_well(&["cargo", "xtask", "deploy"], &folder, &[]) };
        let step = format!("compiling and deploying {commit}");
        let measured = context.reporter.step(&step, deploy, |run| format!("{:.0} s", run.wall)).await?;
        let disk_bytes = size_of(&folder.join("target"))?;
        meter.run_well(&["cargo", "xtask", "destroy", "--yes"], &folder, &[])?;
        meter.run_well(&["cargo", "xtask", "local", "stop"], &folder, &[])?;
        remove(&folder)?;
        rows.push(Row { commit: commit.to_owned(), measured, disk_bytes });
    }
    context.close_display().await;
    if options.output.output == Output::Json {
        let clones = rows.iter().map(|row| {
            json!({
                "commit": row.commit, "cpu_s": row.measured.cpu, "wall_s": row.measured.wall,
                "disk_bytes": row.disk_bytes,
            })
        });
        print(&format!("{:#}\n", json!({"clones": clones.collect::<Vec<_>>()})));
        return Ok(());
    }
    print("from a clean clone, its dependencies downloaded, to five deployed stacks\n\n");
    let cells = rows.iter().map(|row| {
        vec![
            row.commit.clone(),
            format!("{:.0}", row.measured.cpu),
            format!("{:.0}", row.measured.wall),
            format!("{:.0}", row.disk_bytes as f64 / 1e6),
        ]
    });
    print_table(&["commit", "CPU s", "wall s", "disk MB"], &cells.collect::<Vec<_>>());
    Ok(())
}

fn resolve(meter: &Meter, root: &Path, commit: &str) -> Result<String, Failure> {
    let found = meter.run_well(&["git", "rev-parse", "--verify", &format!("{commit}^{{commit}}")], root, &[])?;
    Ok(found.output.trim().to_owned())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::nothing_changed(error)),
        _ => Ok(()),
    }
}

/// What the files of a folder hold, in bytes; one with several names counts once.
fn size_of(folder: &Path) -> Result<u64, Failure> {
    use std::os::unix::fs::MetadataExt;
    fn add(folder: &Path, seen: &mut std::collections::BTreeSet<u64>) -> std::io::Result<u64> {
        let mut n_bytes = 0;
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.path().symlink_metadata()?;
            if metadata.is_dir() {
                n_bytes += add(&entry.path(), seen)?;
            } else if seen.insert(metadata.ino()) {
                n_bytes += metadata.len();
            }
        }
        Ok(n_bytes)
    }
    add(folder, &mut std::collections::BTreeSet::new()).map_err(Failure::nothing_changed)
}
