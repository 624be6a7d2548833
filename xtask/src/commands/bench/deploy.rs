//! First deployment, nothing to do, another code, destruction: this tool and its peers in turn, on one emulator.

use super::measure::{Measured, Meter, median};
use super::peers::{self, Peer, Project};
use super::table::print_table;
use crate::cli::{BenchOptions, Output};
use crate::commands::deploy::handlers_of;
use crate::context::{Context, executable};
use crate::failure::Failure;
use crate::result::print;
use crate::selection;
use deployer::{Profile, is_deployed};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// How often each step is measured, unless the command says otherwise.
const RUNS: u32 = 5;
/// The stack that is compared with the peers': it has all that theirs has, and more.
const SMALL: &str = "backlog-files";

/// The steps, in the order in which they are made.
pub const STEPS: [&str; 4] = ["first deployment", "nothing to do", "other code", "destruction"];

/// What takes part.
struct Contender {
    name: String,
    /// What it deploys.
    what: String,
    /// Medians by step; `None` for a step that it does not have.
    steps: [Option<Measured>; 4],
}

/// Measures this tool with one stack and with all, and each peer that is installed.
pub async fn run(options: &BenchOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    let meter = Meter::new(context).await?;
    let runs = options.runs.unwrap_or(RUNS);
    // Compiles all handlers, and starts the local stage, which is not measured.
    let all = selection::stacks(&stage, &[])?;
    let account = context.connect(&stage).await?;
    for stack in &all {
        if is_deployed(&account, stack).await.map_err(|error| context.failure(&error))? {
            return Err(Failure::nothing_changed(format!("{} is deployed on the local stage", stack.name()))
                .with_hint("a first deployment is measured: destroy the stage with: cargo xtask destroy"));
        }
    }
    let packages: Vec<&str> = handlers_of(&all).into_iter().collect();
    let built = deployer::build(&context.workspace, &packages, Profile::Light, &context.reporter).await;
    let binaries = built.map_err(|error| context.failure(&error))?;
    let small = selection::stacks(&stage, &[SMALL.to_owned()])?;
    let of_small = handlers_of(&small);
    let function = binaries.iter().find(|binary| of_small.contains(binary.package.as_str()));
    let function = function.ok_or_else(|| Failure::nothing_changed("the stack has no function"))?;
    let code = binaries.iter().filter(|binary| of_small.contains(binary.package.as_str()));
    let code = Code::find(code.map(|binary| binary.path.clone()))?;

    let root = context.workspace.root();
    let n_resources = |stacks: &[stacks::Stack]| stacks.iter().map(|stack| stack.n_resources()).sum::<usize>();
    let mut contenders = Vec::new();
    for (stacks, arguments) in [(&small, vec![SMALL]), (&all, vec![])] {
        let what = format!("{}: {} resources", arguments.first().unwrap_or(&"all stacks"), n_resources(stacks));
        let work = async { own(&meter, root, &code, &arguments, runs) };
        let steps = context.reporter.step(&format!("Tsugite, {what}"), work, |_| format!("{runs} runs")).await?;
        contenders.push(Contender { name: "Tsugite".into(), what, steps });
    }
    let bucket = deployer::make_artifact_bucket(&account, &stage).await.map_err(|error| context.failure(&error))?;
    for peer in peers::ALL {
        let Some(found) = peer.find(&meter) else {
            context.reporter.note(format!("{} is not installed; install it with: {}", peer.name, peer.install));
            continue;
        };
        let name = format!("{} {}", peer.name, found.version);
        let project = Project::write(peer, &meter, &stage, &account, function, &bucket)?;
        let work = async { of_peer(peer, &project, &meter, runs) };
        let steps = context.reporter.step(&name, work, |_| format!("{runs} runs")).await?;
        contenders.push(Contender { name, what: "a function, a REST API, a bucket".into(), steps });
    }
    let stopped = deployer::stop_local(&context.workspace, &context.reporter).await;
    stopped.map_err(|error| context.failure(&error))?;
    context.reporter.note("the local stage was stopped, with what the other tools leave in it");
    context.close_display().await;
    match options.output.output {
        Output::Json => print(&format!("{:#}\n", as_json(&contenders, runs))),
        Output::Text => print_tables(&contenders, runs),
    }
    Ok(())
}

/// A part of a binary that can be changed without a compiler: the version in the name under which handlers call a SaaS.
struct Code {
    path: PathBuf,
    original: Vec<u8>,
    at: usize,
}

impl Code {
    fn find(paths: impl Iterator<Item = PathBuf>) -> Result<Self, Failure> {
        const NAME: &[u8] = concat!("tsugite/", env!("CARGO_PKG_VERSION")).as_bytes();
        for path in paths {
            let original = std::fs::read(&path).map_err(Failure::nothing_changed)?;
            let found = original.windows(NAME.len()).position(|part| part == NAME);
            if let Some(at) = found {
                return Ok(Self { path, original, at: at + NAME.len() - 1 });
            }
        }
        Err(Failure::nothing_changed("no handler has a part that can be changed without a compiler"))
    }

    /// Writes the binary with another character in that place.
    fn write(&self, character: u8) -> Result<(), Failure> {
        let mut bytes = self.original.clone();
        bytes[self.at] = character;
        std::fs::write(&self.path, bytes).map_err(Failure::nothing_changed)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // If this fails, cargo builds it again for the next change.
        let _ = std::fs::write(&self.path, &self.original);
    }
}

fn own(meter: &Meter, root: &Path, code: &Code, stacks: &[&str], runs: u32) -> Result<[Option<Measured>; 4], Failure> {
    let tool = executable()?.display().to_string();
    let as_typed = |command: &[&str]| meter.run_well(&[&["cargo", "xtask"], command].concat(), root, &[]);
    let alone = |command: &[&str]| meter.run_well(&[&[tool.as_str()], command].concat(), root, &[]);
    let deploy: Vec<&str> = std::iter::once("deploy").chain(stacks.iter().copied()).collect();
    let destroy: Vec<&str> = std::iter::once("destroy").chain(stacks.iter().copied()).collect();
    let mut samples: [Vec<Measured>; 4] = Default::default();
    for n in 0..runs {
        samples[0].push(as_typed(&deploy)?);
        samples[1].push(as_typed(&deploy)?);
        code.write(b'a' + (n % 26) as u8)?;
        samples[2].push(as_typed(&deploy)?);
        samples[3].push(as_typed(&destroy)?);
    }
    // Cargo has more memory than what it starts, and has ended its own work by then.
    let mut medians = samples.map(median);
    let own = [
        alone(&deploy)?,
        alone(&deploy)?,
        {
            code.write(b'z')?;
            alone(&deploy)?
        },
        alone(&destroy)?,
    ];
    for (median, own) in medians.iter_mut().zip(own) {
        median.iter_mut().for_each(|median| median.peak_kib = own.peak_kib);
    }
    Ok(medians)
}

fn of_peer(peer: &Peer, project: &Project<'_>, meter: &Meter, runs: u32) -> Result<[Option<Measured>; 4], Failure> {
    project.prepare(meter)?;
    let mut samples: [Vec<Measured>; 4] = Default::default();
    for _ in 0..runs {
        // Its bucket keeps archives, and one that it knows is not uploaded again.
        project.change_code()?;
        samples[0].push(project.step(meter, peer.deploy)?);
        samples[1].push(project.step(meter, peer.deploy)?);
        project.change_code()?;
        samples[2].push(project.step(meter, peer.deploy_code)?);
        samples[3].push(project.step(meter, peer.destroy)?);
    }
    project.clean_up()?;
    Ok(samples.map(median))
}

/// How many times faster the first contender is than the fastest peer, for each step.
fn ratios(contenders: &[Contender]) -> [Option<f64>; 4] {
    let own = contenders.first();
    std::array::from_fn(|step| {
        let own = own.and_then(|own| own.steps[step].as_ref())?.wall;
        let peers = contenders.iter().filter(|other| !other.name.starts_with("Tsugite"));
        let fastest = peers.filter_map(|peer| peer.steps[step].as_ref()).map(|run| run.wall).reduce(f64::min)?;
        Some(fastest / own)
    })
}

fn print_tables(contenders: &[Contender], runs: u32) {
    print(&format!("medians of {runs} runs on one emulator; compiled before; this tool as typed, through cargo\n"));
    print("SAM CLI and osls look at a stack every five seconds, this tool more often\n");
    let headings: Vec<&str> = ["", "what"].into_iter().chain(STEPS).collect();
    let table = |title: &str, cell: &dyn Fn(&Measured) -> String| {
        print(&format!("\n{title}\n"));
        let rows = contenders.iter().map(|contender| {
            let cells = contender.steps.iter().map(|run| run.as_ref().map_or_else(|| "-".into(), cell));
            [contender.name.clone(), contender.what.clone()].into_iter().chain(cells).collect()
        });
        print_table(&headings, &rows.collect::<Vec<Vec<String>>>());
    };
    table("wall seconds", &|run| format!("{:.2}", run.wall));
    table("processor seconds", &|run| format!("{:.2}", run.cpu));
    table("peak memory, MiB", &|run| format!("{:.0}", run.peak_kib as f64 / 1024.0));
    let ratios = ratios(contenders);
    if ratios.iter().any(Option::is_some) {
        let words = STEPS.iter().zip(ratios).filter_map(|(step, ratio)| Some(format!("{step} {:.1}", ratio?)));
        print(&format!("\ntimes faster than the fastest of the others: {}\n", words.collect::<Vec<_>>().join(", ")));
    }
}

fn as_json(contenders: &[Contender], runs: u32) -> Json {
    let contenders: Vec<Json> = contenders
        .iter()
        .map(|contender| {
            let steps = STEPS.iter().zip(&contender.steps).map(|(name, run)| {
                let figures =
                    run.as_ref().map(|run| json!({"wall_s": run.wall, "cpu_s": run.cpu, "peak_kib": run.peak_kib}));
                ((*name).to_owned(), json!(figures))
            });
            let steps: serde_json::Map<String, Json> = steps.collect();
            json!({"name": contender.name, "what": contender.what, "steps": steps})
        })
        .collect();
    json!({"runs": runs, "contenders": contenders})
}
