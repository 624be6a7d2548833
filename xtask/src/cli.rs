//! Commands and options, with the texts of `--help`.

mod integration;

pub use integration::{NewOptions, Scheme, Trigger};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use stacks::AccountId;
use std::path::PathBuf;

/// Joins SaaS products to AWS: handlers in Rust, deployed with their policies and stacks.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    disable_help_subcommand = true,
    after_help = "\
Start with:  cargo xtask deploy
It needs no AWS account: it deploys to the stage `local`, which runs on this machine.

Exit codes:  0 done; 1 failed, the account may have changed; 2 failed, nothing was changed"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the handlers, deploy the stacks, print the URLs to register
    #[command(after_help = "\
Examples:
  cargo xtask deploy                         all stacks, on this machine
  cargo xtask deploy backlog-files           one stack
  cargo xtask deploy backlog-files --watch   again after each save, with a test event
  cargo xtask deploy --stage prod            to AWS: shows the changes and asks first
  cargo xtask deploy --stage prod --dry-run  shows the changes and stops

A secret is read from the environment variable of its name, or from the file that NAME_FILE names.
The command asks for what a new stack lacks; without a value, a stored secret stays unchanged.")]
    Deploy(DeployOptions),
    /// Delete the stacks and everything they left, after listing the data to be deleted
    #[command(after_help = "\
Examples:
  cargo xtask destroy --dry-run                 list what would be deleted, on this machine
  cargo xtask destroy question-form             one stack
  cargo xtask destroy --stage prod --keep-data  a whole stage on AWS, except its data

Retired stacks, whose section is gone from the stage file, are deleted as well. The local stage is
destroyed without confirmation; it holds only test data.")]
    Destroy(DestroyOptions),
    /// Send a real event to a deployed stack and check its effect
    PublishTestEvent(TestOptions),
    /// Print what to register where, and where each secret comes from
    Endpoints(ReadOptions),
    /// Write templates and policies; no network
    Synth(SynthOptions),
    /// Print the least IAM policy that deploys a stage; no network
    #[command(after_help = "\
Examples:
  cargo xtask policy deployer --stage prod --out policies
                      for a person: one file for each document
  cargo xtask policy deployer --stage prod --for github --repository OWNER/NAME
                      for a pipeline: with the trust policy of its role

The policy follows from the stacks of the stage file, so print it again after changing the file.
It covers deploy, destroy, publish-test-event and endpoints. Statements whose name begins with
`Tool` are for the calls of these commands; those whose name begins with `CloudFormation` are for
what CloudFormation does on the caller's behalf, and allow it nowhere else. A managed policy holds
6,144 characters, so attach all documents.

To use a document:
  aws iam create-policy --policy-name tsugite-prod-deployer-1 \\
    --policy-document file://policies/tsugite-prod-deployer-1.json

For a repository with immutable subject claims, write OWNER@ID/NAME@ID.")]
    Policy(PolicyOptions),
    /// Draw stacks from their definitions, as Mermaid flowcharts
    #[command(after_help = "\
GitHub and GitLab draw a flowchart in a Markdown block marked `mermaid`; so does https://mermaid.live.")]
    Graph(GraphOptions),
    /// Start, stop and inspect the local stage
    Local {
        /// What to do with the local stage.
        #[command(subcommand)]
        command: LocalCommand,
    },
    /// Measure deployments, clean builds and handlers, beside other tools
    Bench(BenchOptions),
    /// Create the first version of an integration, ready to deploy
    #[command(after_help = "\
Examples:
  cargo xtask new deploy-notes --trigger webhook                  the URL holds a token
  cargo xtask new deploy-notes --trigger webhook --signed github  each request is signed
  cargo xtask new cost-report --trigger schedule                  the stage file holds the schedule
  cargo xtask new cost-notes --trigger topic --calls chat-tool    posts each event to a SaaS

It writes the contract, the handler with a test, the stack with its test event, the stand-in, and
the sections of the stage files and the README. Then it updates the lock file, the templates and
the documents. The result can be deployed, tested and destroyed at once.")]
    New(NewOptions),
    /// Update the generated parts of the documents
    Docs(DocsOptions),
    /// Run all checks that a change must pass
    Ci(CiOptions),
    /// Serve the stand-ins; used by `local start` on itself
    #[command(name = "__stand-ins", hide = true)]
    StandIns {
        /// File with port and keys.
        settings: PathBuf,
    },
}

/// The option that selects a stage.
#[derive(Args, Clone, Debug)]
pub struct StageOption {
    /// The stage: a file of stacks/stages without its `.yaml`
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub stage: String,
}

/// The format of results on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// The option that selects the format of results.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputOption {
    /// Format of the result on stdout; everything else is printed to stderr
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// Options of commands that change the account.
#[derive(Args, Clone, Debug)]
pub struct ChangeOptions {
    /// Stacks; all if none is named
    #[arg(value_name = "STACK", hide_possible_values = true, value_parser = PossibleValuesParser::new(stacks::NAMES))]
    pub stacks: Vec<String>,
    #[command(flatten)]
    pub stage: StageOption,
    /// Show what would change and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub output: OutputOption,
}

/// Options of `deploy`.
#[derive(Args, Clone, Debug)]
pub struct DeployOptions {
    #[command(flatten)]
    pub change: ChangeOptions,
    /// Build release binaries for the local stage too
    #[arg(long)]
    pub release: bool,
    /// Exit with 3 if there were changes, or with `--dry-run` if there would be
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// End before all resources are ready, and verify the stacks with their test events instead
    #[arg(long, conflicts_with = "dry_run")]
    pub express: bool,
    /// Deploy again whenever a source is saved, and send the test event of each stack that changed
    #[arg(long, conflicts_with_all = ["dry_run", "detailed_exitcode", "output"])]
    pub watch: bool,
}

/// Options of `destroy`.
#[derive(Args, Clone, Debug)]
pub struct DestroyOptions {
    #[command(flatten)]
    pub change: ChangeOptions,
    /// Keep data buckets and data tables; functions' own state tables are deleted
    #[arg(long)]
    pub keep_data: bool,
}

/// Options of `publish-test-event`.
#[derive(Args, Clone, Debug)]
pub struct TestOptions {
    /// The stack
    #[arg(value_name = "STACK", hide_possible_values = true, value_parser = PossibleValuesParser::new(stacks::NAMES))]
    pub stack: String,
    #[command(flatten)]
    pub stage: StageOption,
    /// A file to send instead of the test event; handlers/contracts/events has samples
    #[arg(long, value_name = "PAYLOAD")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputOption,
}

/// Options of commands that only read.
#[derive(Args, Clone, Debug)]
pub struct ReadOptions {
    #[command(flatten)]
    pub stage: StageOption,
    #[command(flatten)]
    pub output: OutputOption,
}

/// Options of `synth`.
#[derive(Args, Clone, Debug)]
pub struct SynthOptions {
    #[command(flatten)]
    pub stage: StageOption,
    /// Folder for one template and one policy file per function; stdout if not given
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Whose permissions are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicySubject {
    /// The user or role that deploys
    Deployer,
}

/// Who deploys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Audience {
    /// A person who signs in
    Person,
    /// A pipeline of GitHub Actions, by OpenID Connect
    Github,
}

/// Options of `policy`.
#[derive(Args, Clone, Debug)]
pub struct PolicyOptions {
    /// Whose permissions
    #[arg(value_enum)]
    pub subject: PolicySubject,
    #[command(flatten)]
    pub stage: StageOption,
    /// Who deploys
    #[arg(long = "for", value_enum, value_name = "WHO", default_value_t = Audience::Person)]
    pub audience: Audience,
    /// The repository of the pipeline
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repository: Option<String>,
    /// The branch that may deploy
    #[arg(long, default_value = "main", value_parser = exact)]
    pub branch: String,
    /// The environment of the repository that may deploy, instead of a branch
    #[arg(long, value_name = "NAME", conflicts_with = "branch", value_parser = exact)]
    pub environment: Option<String>,
    /// The account, if the stage file does not name it
    #[arg(long, value_name = "ID", value_parser = |text: &str| AccountId::try_from(text.to_owned()))]
    pub account: Option<AccountId>,
    /// Folder for one file per document; stdout if not given
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputOption,
}

/// Parses a repository of GitHub: its owner and name.
fn repository(text: &str) -> Result<String, String> {
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    match text.split_once('/') {
        Some((owner, name)) if is_part(owner) && is_part(name) => Ok(text.to_owned()),
        _ => Err("a repository is named by its owner and name, such as `octo-org/octo-repo`".into()),
    }
}

/// Parses a branch or environment; refuses wildcards, which IAM would compare literally.
fn exact(text: &str) -> Result<String, String> {
    match text.is_empty() || text.contains(['*', '?']) {
        true => Err("wildcards match nothing; write a name without `*` and `?`".into()),
        false => Ok(text.to_owned()),
    }
}

/// Options of `graph`.
#[derive(Args, Clone, Debug)]
pub struct GraphOptions {
    /// Stacks; all if none is named
    #[arg(value_name = "STACK", hide_possible_values = true, value_parser = PossibleValuesParser::new(stacks::NAMES))]
    pub stacks: Vec<String>,
    #[command(flatten)]
    pub stage: StageOption,
}

/// Commands of `local`.
#[derive(Debug, Subcommand)]
pub enum LocalCommand {
    /// Start the emulator and the stand-ins, unless they run
    Start(OutputOption),
    /// Stop them; everything deployed on them is lost
    Stop,
    /// Print whether they run, and their addresses
    Status(OutputOption),
    /// Print the variables that point the AWS command line to the local stage, with its root key
    #[command(after_help = "\
Example:
  eval \"$(cargo xtask local env)\" && aws s3 ls

The key works on this machine only, for you only, until the stage is stopped.")]
    Env(OutputOption),
    /// Print what the functions logged
    Logs,
}

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct BenchOptions {
    /// What to measure
    #[arg(value_enum, default_value_t = BenchSubject::Handlers)]
    pub subject: BenchSubject,
    /// Only the handlers of this stack; may be given several times
    #[arg(long = "stack", value_name = "STACK", value_parser = PossibleValuesParser::new(stacks::NAMES))]
    pub stacks: Vec<String>,
    /// Only this handler; may be given several times
    #[arg(long = "handler", value_name = "HANDLER")]
    pub handlers: Vec<String>,
    /// Runs of each, of which the median is reported. Default: 30 starts of a handler, 5 deployments
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: Option<u32>,
    /// With `clean`: a commit to measure as well, after this one; may be given several times
    #[arg(long, value_name = "COMMIT")]
    pub against: Vec<String>,
    #[command(flatten)]
    pub output: OutputOption,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchSubject {
    /// Archive, time from start to first request, and peak memory of each handler
    Handlers,
    /// First deployment, nothing to do, other code, destruction: beside SAM CLI, osls and CDK, where they are installed
    Deploy,
    /// Processor time, wall time and disk of a deployment from a clean clone
    Clean,
}

/// Options of `docs`.
#[derive(Args, Clone, Debug)]
pub struct DocsOptions {
    /// Write nothing; fail if a document is out of date
    #[arg(long)]
    pub check: bool,
}

/// Options of `ci`.
#[derive(Args, Clone, Debug)]
pub struct CiOptions {
    /// Skip the stories, which drive the local stage
    #[arg(long)]
    pub fast: bool,
    /// Try every point at which a call can fail, and thousands of webhooks, instead of a sample
    #[arg(long, conflicts_with = "fast")]
    pub thorough: bool,
}
