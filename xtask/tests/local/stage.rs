//! A local stage of its own, in a copy of the sources, and independent ways to look at it.

mod edits;
mod http;

pub use http::{Answer, post};

use deployer::{PythonTools, Reporter, Workspace};
use http::{answer, client};
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const REGION: &str = "ap-northeast-1";
/// How long an effect may take that comes by itself, or a build begin that waits for that of another story.
const PATIENCE: Duration = Duration::from_secs(600);

/// The stage.
pub struct Stage {
    pub root: PathBuf,
    document: RefCell<Json>,
    said: RefCell<String>,
    has_own_tool: Cell<bool>,
    /// What was in the account before anything was deployed.
    empty: RefCell<Json>,
    /// Files that the chapter has edited, as they were before.
    edited: RefCell<BTreeMap<PathBuf, String>>,
}

/// What a command did.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    code: i32,
}

impl Run {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }

    pub fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    pub fn fails_with(self, code: i32) -> Self {
        self.ends_with(code)
    }

    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// stderr holds these words.
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "`{words}` is missing in:\n{}", self.stderr);
        self
    }

    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Lets cargo find the dependencies that were compiled for the sources, which are the same in a copy.
///
/// Cargo would also take the crates of a copy for those of the sources, because it names them by their path in the
/// workspace: see `own_crates`.
pub fn shares_what_is_compiled(command: &mut Command) {
    let compiled = Path::new(env!("CARGO_BIN_EXE_xtask")).ancestors().nth(2).unwrap();
    command.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_BUILD_DIR", compiled);
}

/// Gives the crates of a copy another setting than those of the sources and of the other copies have, so that cargo
/// does not take the one for the other.
fn own_crates(manifest: &Path, copy: &str) {
    const OF_THE_SOURCES: &str = "\n[profile.dev]\ndebug = \"line-tables-only\"\n";
    const OF_COPIES: [(&str, &str); 3] =
        [("all-integrations", "none"), ("new-integrations", "line-directives-only"), ("second-folder", "limited")];
    let (_, level) = OF_COPIES.iter().find(|(name, _)| *name == copy).unwrap();
    let text = std::fs::read_to_string(manifest).unwrap();
    let own = text.replace(OF_THE_SOURCES, &format!("\n[profile.dev]\ndebug = \"{level}\"\n"));
    assert_ne!(own, text, "the profile of the sources is another one");
    std::fs::write(manifest, own).unwrap();
}

impl Stage {
    fn at(root: PathBuf) -> Self {
        Self {
            root,
            document: RefCell::default(),
            said: RefCell::default(),
            has_own_tool: Cell::default(),
            empty: RefCell::default(),
            edited: RefCell::default(),
        }
    }

    /// Copies what git knows of into a folder of this name, keeping its target folder of an earlier run.
    #[allow(dead_code, reason = "not every story builds")]
    pub fn in_a_copy_of_the_sources(name: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&root).unwrap();
        for entry in std::fs::read_dir(&root).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("target") => {}
                true => std::fs::remove_dir_all(path).unwrap(),
                false => std::fs::remove_file(path).unwrap(),
            }
        }
        let list = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(sources())
            .output()
            .unwrap();
        for file in String::from_utf8(list.stdout).unwrap().split('\0').filter(|file| !file.is_empty()) {
            let (from, to) = (sources().join(file), root.join(file));
            if from.exists() {
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                let modified = std::fs::metadata(&from).unwrap().modified().unwrap();
                std::fs::copy(from, &to).unwrap();
                // Cargo compiles again what is newer than its last build.
                std::fs::File::options().append(true).open(to).unwrap().set_modified(modified).unwrap();
            }
        }
        own_crates(&root.join("Cargo.toml"), name);
        let stage = Self::at(root);
        // An interrupted run may have left its emulator.
        stage.run(&["local", "stop"]).succeeds();
        stage
    }

    /// A folder with the stage files of the sources and nothing to build, with the tools that these have installed.
    #[allow(dead_code, reason = "the stories stand on a copy of the sources")]
    pub fn beside_the_sources(name: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let stage = Self::at(root);
        for folder in [&stage.root.join("stacks/stages"), &stage.root.join("xtask")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::copy(sources().join("stacks/stages/local.yaml"), stage.root.join("stacks/stages/local.yaml")).unwrap();
        stage.shares_tools();
        stage.run(&["local", "stop"]).succeeds();
        stage
    }

    /// Gives the stage the tools that the sources have installed.
    #[allow(dead_code, reason = "one story installs them itself")]
    pub fn shares_tools(&self) {
        let tools = self.root.join("target/tsugite");
        std::fs::create_dir_all(&tools).unwrap();
        let installed = install(PythonTools::EMULATOR).parent().unwrap().to_owned();
        if !tools.join("python").exists() {
            std::os::unix::fs::symlink(installed, tools.join("python")).unwrap();
        }
    }

    /// Runs a command in the copy.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.finish(&mut self.command(arguments))
    }

    /// A command in the copy, before it runs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let own = self.root.join("target/debug/xtask");
        let program = if self.has_own_tool.get() { own } else { env!("CARGO_BIN_EXE_xtask").into() };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).stdin(std::process::Stdio::null());
        command.env("CARGO_MANIFEST_DIR", self.root.join("xtask"));
        shares_what_is_compiled(&mut command);
        command
    }

    /// From now on, commands are those of the tool that was built in the copy.
    #[allow(dead_code, reason = "one story changes the sources of the tool")]
    pub fn uses_its_own_tool(&self) {
        self.has_own_tool.set(true);
    }

    /// Runs a command to its end.
    pub fn finish(&self, command: &mut Command) -> Run {
        let run = Run::of(command.output().unwrap());
        self.said.borrow_mut().push_str(&format!("{}{}", run.stdout, run.stderr));
        run
    }

    /// Remembers what the first deployment said.
    pub fn remember(&self, document: &Json) {
        *self.document.borrow_mut() = document.clone();
    }

    pub fn document(&self) -> Json {
        self.document.borrow().clone()
    }

    pub fn stand_ins(&self) -> String {
        self.address("stand_ins")
    }

    pub fn address(&self, name: &str) -> String {
        let status = Run::of(self.command(&["local", "status", "--output", "json"]).output().unwrap()).json();
        status[name].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
    }

    /// What `local env` prints for the AWS command line and SDKs; it holds the stage's root key.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let output = self.command(&["local", "env", "--output", "json"]).output().unwrap();
        serde_json::from_value(Run::of(output).succeeds().json()).unwrap()
    }

    /// Looks at the account with botocore.
    pub fn account(&self, command: &str, arguments: &[&str]) -> Json {
        let script = sources().join("xtask/tests/local/account.py");
        let output = Command::new(self.python("emulator"))
            .arg(script)
            .args([REGION, command])
            .args(arguments)
            .env_remove("AWS_PROFILE")
            .envs(self.variables())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Looks at the account with the AWS command line.
    pub fn aws(&self, arguments: &[&str]) -> Json {
        let output = Command::new(judges().join("bin/aws"))
            .args(["--output", "json"])
            .args(arguments)
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .envs(self.variables())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() { Json::Null } else { serde_json::from_slice(&output.stdout).unwrap() }
    }

    pub fn python(&self, name: &str) -> PathBuf {
        find(&self.root.join("target/tsugite/python"), &format!("{name}-")).join("bin/python")
    }

    /// What the deployment that was remembered said of a stack.
    fn stack(&self, name: &str) -> Json {
        let document = self.document();
        let stacks = document["stacks"].as_array().unwrap();
        stacks.iter().find(|stack| stack["name"] == name).unwrap_or_else(|| panic!("{document:#}")).clone()
    }

    /// The first URL or ARN of a stack that has to be registered.
    pub fn registered(&self, stack: &str) -> String {
        self.stack(stack)["registrations"][0]["url"].as_str().unwrap().to_owned()
    }

    pub fn output(&self, stack: &str, name: &str) -> String {
        self.stack(stack)["outputs"][name].as_str().unwrap().to_owned()
    }

    /// What AWS calls the resources of a stack of the local stage, by their logical ids.
    pub fn resources(&self, stack: &str) -> BTreeMap<String, String> {
        serde_json::from_value(self.account("resources", &[&format!("tsugite-local-{stack}")])).unwrap()
    }

    /// Every role may do what its row says and nothing else; a row is role, action, resource, decision.
    pub fn decides(&self, rows: &[(String, &str, String, &str)]) {
        let questions: Vec<_> = rows.iter().map(|(role, action, resource, _)| (role, action, resource)).collect();
        let decisions = self.account("decisions", &[&serde_json::to_string(&questions).unwrap()]);
        for (row, decision) in rows.iter().zip(decisions.as_array().unwrap()) {
            assert_eq!(decision, row.3, "{row:?}");
        }
    }

    pub fn logs(&self) -> String {
        self.run(&["local", "logs"]).succeeds().stdout
    }

    /// Waits for something that comes by itself.
    pub fn until(&self, what: &str, is_there: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_there() {
            assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Answer {
        post(url, content_type, body)
    }

    pub fn get(&self, url: &str) -> Answer {
        answer(client(url).get(url))
    }

    /// Calls the control interface of the stand-ins.
    pub fn control(&self, path: &str, body: &Json) -> Answer {
        let url = format!("{}/_control/{path}", self.stand_ins());
        answer(client(&url).post(url).header("x-control-token", self.control_token()).json(body))
    }

    /// Reads from the control interface of the stand-ins.
    pub fn controlled(&self, path: &str) -> Answer {
        let url = format!("{}/_control/{path}", self.stand_ins());
        answer(client(&url).get(url).header("x-control-token", self.control_token()))
    }

    fn control_token(&self) -> String {
        self.remembered("control_token")
    }

    /// The values of the secrets that the stand-ins take, by their names.
    pub fn secrets(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.controlled("secrets").body).unwrap()
    }

    /// The secret part of each secret, which for an address is its end.
    #[allow(dead_code, reason = "one story looks for all of them")]
    pub fn secret_words(&self) -> Vec<String> {
        const N_CHARS: usize = 32;
        let ends = self.secrets().into_values().map(|value| value[value.len() - N_CHARS..].to_owned());
        ends.inspect(|end| assert!(end.chars().all(|c| c.is_ascii_hexdigit()), "not a secret's end")).collect()
    }

    /// The word that all these secrets follow from.
    pub fn seed(&self) -> String {
        self.remembered("seed")
    }

    fn remembered(&self, name: &str) -> String {
        self.state()["local"][name].as_str().unwrap().to_owned()
    }

    /// What the commands remember of the running stage.
    pub fn state(&self) -> Json {
        serde_json::from_slice(&std::fs::read(self.folder().join("state.json")).unwrap()).unwrap()
    }

    pub fn folder(&self) -> PathBuf {
        self.root.join("target/tsugite/local")
    }

    /// Names of the files of the local stage that hold a word.
    pub fn files_that_hold(&self, word: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder())
            .unwrap()
            .filter_map(|entry| {
                let path = entry.unwrap().path();
                let content = std::fs::read(&path).ok()?;
                let holds = content.windows(word.len()).any(|window| window == word.as_bytes());
                holds.then(|| path.file_name().unwrap().to_string_lossy().into_owned())
            })
            .collect();
        names.sort();
        names
    }

    /// Everything that the commands have printed so far.
    pub fn everything_said(&self) -> String {
        self.said.borrow().clone()
    }
}

pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Where the judges of CI are, which this installs unless they are there.
fn judges() -> PathBuf {
    install(PythonTools { name: "judges", requirements: include_str!("../../ci/requirements.txt") })
}

/// Installs tools for the sources, unless they are there.
fn install(tools: PythonTools) -> PathBuf {
    let (reporter, _events) = Reporter::new();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(tools.install(&Workspace::new(sources()), &reporter)).unwrap()
}

/// The one folder whose name begins so.
pub fn find(folder: &Path, prefix: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("there is no {prefix}… in {}", folder.display()))
}
