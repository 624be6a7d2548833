//! The tools with which `bench deploy` compares this one, each with a project that deploys the same.

use super::measure::{Measured, Meter};
use crate::failure::Failure;
use deployer::{Account, Binary};
use stacks::Stage;
use std::path::{Path, PathBuf};

/// A tool, and how it is driven: by its own defaults, without questions.
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// How a person installs it.
    pub install: &'static str,
    /// Prints its version.
    version: &'static [&'static str],
    /// The files of the project.
    files: &'static [(&'static str, &'static str)],
    /// Where the executable of the function is.
    bootstrap: &'static str,
    /// What is done once, before anything is measured.
    prepare: &'static [&'static [&'static str]],
    /// Deploys; the first time, and when nothing is to do.
    pub deploy: &'static [&'static str],
    /// Deploys after only the code has changed, by its fastest way.
    pub deploy_code: &'static [&'static str],
    /// Deletes what it has deployed.
    pub destroy: &'static [&'static str],
}

/// No telemetry, no search for newer versions, no colors.
const VARIABLES: [(&str, &str); 8] = [
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true"),
    ("CDK_DISABLE_CLI_TELEMETRY", "1"),
    ("CDK_DISABLE_VERSION_CHECK", "1"),
    ("CI", "true"),
    ("NO_COLOR", "1"),
    ("SAM_CLI_TELEMETRY", "0"),
    ("SLS_NOTIFICATIONS_MODE", "off"),
];

/// All of them.
pub const ALL: [&Peer; 3] = [
    &Peer {
        name: "SAM CLI",
        install: "pip install aws-sam-cli",
        version: &["sam", "--version"],
        files: &[("template.yaml", include_str!("peers/sam.yaml"))],
        bootstrap: "function/bootstrap",
        prepare: &[],
        deploy: SAM_DEPLOY,
        deploy_code: SAM_DEPLOY,
        destroy: &["sam", "delete", "--stack-name", "peer-sam", "--region", "ap-northeast-1", "--no-prompts"],
    },
    &Peer {
        name: "osls",
        install: "npm install --global osls",
        version: &["osls", "--version"],
        files: &[("serverless.yml", include_str!("peers/serverless.yml"))],
        bootstrap: "bootstrap",
        prepare: &[],
        deploy: &["osls", "deploy"],
        deploy_code: &["osls", "deploy", "function", "--function", "hook"],
        destroy: &["osls", "remove"],
    },
    &Peer {
        name: "CDK",
        install: "npm install --global aws-cdk aws-cdk-lib constructs",
        version: &["cdk", "--version"],
        files: &[("app.js", include_str!("peers/app.js")), ("cdk.json", include_str!("peers/cdk.json"))],
        bootstrap: "function/bootstrap",
        prepare: &[&["cdk", "bootstrap", "aws://000000000000/ap-northeast-1", "--no-notices"]],
        deploy: CDK_DEPLOY,
        // Faster here than with `--hotswap`.
        deploy_code: CDK_DEPLOY,
        destroy: &["cdk", "destroy", "--force", "--no-notices"],
    },
];

#[rustfmt::skip]
const SAM_DEPLOY: &[&str] = &[
    "sam", "deploy", "--template-file", "template.yaml", "--stack-name", "peer-sam", "--region", "ap-northeast-1",
    "--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
    "--no-progressbar",
];
/// Stands for the name of a bucket for archives.
const BUCKET: &str = "{bucket}";
const CDK_DEPLOY: &[&str] = &["cdk", "deploy", "--require-approval", "never", "--no-notices"];

/// A tool that is there.
pub struct Found {
    /// Its version, as it says.
    pub version: String,
}

impl Peer {
    /// The tool on the `PATH`; `None` if it is not there.
    pub fn find(&self, meter: &Meter) -> Option<Found> {
        let said = meter.run_well(self.version, meter.folder(), &VARIABLES).ok()?;
        let words = said.output.lines().next()?.split_whitespace();
        let version =
            words.map(|word| word.trim_matches(',')).find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        Some(Found { version: version.unwrap_or_default().to_owned() })
    }
}

/// A project of a peer, with the environment that leads to the emulator.
pub struct Project<'a> {
    peer: &'a Peer,
    folder: PathBuf,
    variables: Vec<(String, String)>,
    bucket: &'a str,
}

impl<'a> Project<'a> {
    /// Writes the project, with a handler as its function.
    pub fn write(
        peer: &'a Peer,
        meter: &Meter,
        stage: &Stage,
        account: &Account,
        handler: &Binary,
        bucket: &'a str,
    ) -> Result<Self, Failure> {
        let (folder, home) = (meter.folder().join("peer"), meter.folder().join("home"));
        if folder.exists() {
            remove(&folder)?;
        }
        for folder in [&folder.join("function"), &home] {
            std::fs::create_dir_all(folder).map_err(Failure::nothing_changed)?;
        }
        for (name, text) in peer.files {
            std::fs::write(folder.join(name), text).map_err(Failure::nothing_changed)?;
        }
        std::fs::copy(&handler.path, folder.join(peer.bootstrap)).map_err(Failure::nothing_changed)?;
        let mut variables: Vec<(String, String)> =
            VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // Neither the person's configuration nor their credentials.
        variables.push(("HOME".into(), home.display().to_string()));
        variables.extend(modules_of(peer.deploy.first()).map(|folder| ("NODE_PATH".to_owned(), folder)));
        if let Some(local) = &account.local {
            let key = local.root_key();
            for (name, value) in [
                ("AWS_ENDPOINT_URL", local.emulator_url()),
                ("AWS_ENDPOINT_URL_S3", local.emulator_url()),
                ("AWS_ACCESS_KEY_ID", key.access_key_id.clone()),
                ("AWS_SECRET_ACCESS_KEY", key.secret_access_key.clone()),
                ("AWS_REGION", stage.region.as_str().to_owned()),
                ("AWS_DEFAULT_REGION", stage.region.as_str().to_owned()),
            ] {
                variables.push((name.to_owned(), value));
            }
        }
        Ok(Self { peer, folder, variables, bucket })
    }

    /// Does what is done once and not measured.
    pub fn prepare(&self, meter: &Meter) -> Result<(), Failure> {
        self.peer.prepare.iter().try_for_each(|command| self.step(meter, command).map(|_| ()))
    }

    /// Runs one command of the tool.
    pub fn step(&self, meter: &Meter, command: &[&str]) -> Result<Measured, Failure> {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let command: Vec<&str> = command.iter().map(|word| if *word == BUCKET { self.bucket } else { *word }).collect();
        meter.run_well(&command, &self.folder, &variables)
    }

    /// Makes the function another one: what follows the last segment of an executable does not matter to it.
    pub fn change_code(&self) -> Result<(), Failure> {
        let path = self.folder.join(self.peer.bootstrap);
        let mut bytes = std::fs::read(&path).map_err(Failure::nothing_changed)?;
        bytes.push(b'x');
        std::fs::write(&path, bytes).map_err(Failure::nothing_changed)
    }

    /// Deletes the project.
    pub fn clean_up(&self) -> Result<(), Failure> {
        remove(&self.folder)
    }
}

/// Where npm has installed a program, and with it the libraries that a project of it needs.
#[expect(clippy::disallowed_methods, reason = "programs are found where a shell finds them")]
fn modules_of(program: Option<&&str>) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).find_map(|folder| folder.join(program?).canonicalize().ok())?;
    let modules = found.ancestors().find(|folder| folder.ends_with("node_modules"))?;
    Some(modules.display().to_string())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    std::fs::remove_dir_all(folder).map_err(Failure::nothing_changed)
}
