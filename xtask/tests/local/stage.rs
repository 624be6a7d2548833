//! A local stage of its own, in a copy of the sources, and independent ways to look at it.

use serde_json::Value as Json;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const REGION: &str = "ap-northeast-1";
/// How long an effect may take that comes by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stage.
pub struct Stage {
    pub root: PathBuf,
    document: RefCell<Json>,
    said: RefCell<String>,
}

/// What a command did.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    code: i32,
}

impl Run {
    pub fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    pub fn fails_with(self, code: i32) -> Self {
        self.ends_with(code)
    }

    fn ends_with(self, code: i32) -> Self {
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

/// An HTTP answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Stage {
    /// Copies what git knows of, keeping the target folder of an earlier run.
    pub fn in_a_copy_of_the_sources() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second-folder");
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
                std::fs::copy(from, to).unwrap();
            }
        }
        let stage = Self { root, document: RefCell::new(Json::Null), said: RefCell::new(String::new()) };
        // An interrupted earlier run may have left its cloud.
        stage.run(&["local", "stop"]).succeeds();
        stage
    }

    /// Runs a command of ours in the copy.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let run = run_in(&self.root, arguments);
        self.said.borrow_mut().push_str(&format!("{}{}", run.stdout, run.stderr));
        run
    }

    /// Runs a command of ours in the copy and presses Ctrl-C while it builds.
    pub fn run_and_interrupt(&self, arguments: &[&str]) -> Run {
        let mut child = command_in(&self.root, arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        self.until("the build begins", || self.command_lines_of("rustc").contains("file_replicator"));
        let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(signal.success());
        let code = child.wait().unwrap().code().unwrap_or(-1);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { stdout: text(output.stdout), stderr: text(output.stderr), code }
    }

    /// Runs a command of ours in the sources themselves.
    pub fn run_in_the_sources(&self, arguments: &[&str]) -> Run {
        run_in(&sources(), arguments)
    }

    /// Remembers what the first deployment said.
    pub fn remember(&self, document: &Json) {
        *self.document.borrow_mut() = document.clone();
    }

    pub fn document(&self) -> Json {
        self.document.borrow().clone()
    }

    pub fn webhook_url(&self) -> String {
        self.document()["stacks"][0]["registrations"][0]["url"].as_str().unwrap().to_owned()
    }

    pub fn bucket(&self) -> String {
        self.document()["stacks"][0]["outputs"]["FilesBucket"].as_str().unwrap().to_owned()
    }

    pub fn stand_ins(&self) -> String {
        self.address("stand_ins")
    }

    fn address(&self, name: &str) -> String {
        let status = run_in(&self.root, &["local", "status", "--output", "json"]).json();
        status[name].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
    }

    /// Looks at the account with botocore.
    pub fn account(&self, command: &str, arguments: &[&str]) -> Json {
        let script = sources().join("xtask/tests/local/account.py");
        let output = Command::new(self.python("emulator"))
            .arg(script)
            .args([&self.address("emulator"), REGION, command])
            .args(arguments)
            .env_remove("AWS_PROFILE")
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Looks at the account with the AWS command line.
    pub fn aws(&self, arguments: &[&str]) -> Json {
        let folder = sources().join("target/tsugite/python");
        let aws = find(&folder, "judges-").join("bin/aws");
        let output = Command::new(aws)
            .args(["--endpoint-url", &self.address("emulator"), "--region", REGION, "--output", "json"])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn python(&self, name: &str) -> PathBuf {
        find(&self.root.join("target/tsugite/python"), &format!("{name}-")).join("bin/python")
    }

    pub fn keys(&self) -> Vec<String> {
        let keys = self.account("keys", &[&self.bucket()]);
        keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    }

    pub fn physical_id(&self, logical_id: &str) -> String {
        let answer = self.aws(&[
            "cloudformation",
            "describe-stack-resource",
            "--stack-name",
            super::super::STACK,
            "--logical-resource-id",
            logical_id,
        ]);
        answer["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned()
    }

    pub fn queue_arn(&self, logical_id: &str) -> String {
        let url = self.physical_id(logical_id);
        format!("arn:aws:sqs:{REGION}:000000000000:{}", url.rsplit('/').next().unwrap())
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
        let call = client().post(url).header("content-type", content_type).body(body.to_vec());
        answer(call)
    }

    pub fn get(&self, url: &str) -> Answer {
        answer(client().get(url))
    }

    /// Calls the control interface of the stand-ins.
    pub fn control(&self, path: &str, body: &Json) -> Answer {
        answer(client().post(format!("{}/_control/{path}", self.stand_ins())).json(body))
    }

    /// A file that holds the test event with some fields changed.
    pub fn event_with(&self, change: Json) -> String {
        let text =
            std::fs::read_to_string(sources().join("handlers/contracts/events/backlog-file-added.json")).unwrap();
        let mut event: Json = serde_json::from_str(&text).unwrap();
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let path = self.root.join("target/event.json");
        std::fs::write(&path, event.to_string()).unwrap();
        path.display().to_string()
    }

    /// Replaces a text in a file of the copy.
    pub fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.root.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} does not hold {old}");
        std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// Compiles one handler without the others and compares it with the one that was deployed.
    pub fn builds_the_same_alone(&self, package: &str) {
        let together =
            find(&self.root.join("target/tsugite/handlers"), "lambda-x86_64").join(package).join("bootstrap");
        let output = self.root.join("target/alone");
        let run = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("__compile")
            .args(["--manifest", &self.root.join("Cargo.toml").display().to_string(), "--profile", "lambda"])
            .args(["--target", "x86_64-unknown-linux-gnu.2.34", "--output", &output.display().to_string(), package])
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("CARGO_ZIGBUILD_ZIG_PATH", self.zig())
            .env("CARGO_ZIGBUILD_CACHE_DIR", self.root.join("target/tsugite/zig-cache"))
            .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(&self.root))
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let read = |path: &Path| std::fs::read(path).unwrap();
        assert!(
            read(&together) == read(&output.join(package).join("bootstrap")),
            "{package} depends on what is built beside it"
        );
    }

    fn zig(&self) -> PathBuf {
        let lib = find(&self.root.join("target/tsugite/python"), "zig-").join("lib");
        find(&lib, "python").join("site-packages/ziglang/zig")
    }

    pub fn folder(&self) -> PathBuf {
        self.root.join("target/tsugite/local")
    }

    /// The key that the deployer made for the stand-in of Backlog.
    pub fn secret_key(&self) -> String {
        let state: Json = serde_json::from_slice(&std::fs::read(self.folder().join("state.json")).unwrap()).unwrap();
        state["local"]["backlog_api_key"].as_str().unwrap().to_owned()
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

    /// All that our commands have printed so far.
    pub fn everything_said(&self) -> String {
        self.said.borrow().clone()
    }
}

pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn command_in(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(arguments)
        .current_dir(root)
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env_remove("CARGO_TARGET_DIR")
        .stdin(std::process::Stdio::null());
    command
}

fn run_in(root: &Path, arguments: &[&str]) -> Run {
    let output = command_in(root, arguments).output().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// The flags that the deployer sets, so that cargo sees the same build.
#[expect(clippy::disallowed_methods, reason = "the deployer looks at the same variable")]
fn rust_flags(root: &Path) -> String {
    let home = std::env::home_dir().unwrap().join(".cargo");
    let home = std::env::var_os("CARGO_HOME").map_or(home, PathBuf::from);
    format!(
        "--remap-path-prefix={}=/cargo\u{1f}--remap-path-prefix={}=/tsugite",
        home.join("registry/src").display(),
        root.display()
    )
}

/// The one folder whose name begins so.
fn find(folder: &Path, prefix: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("there is no {prefix}… in {}", folder.display()))
}

fn client() -> reqwest::Client {
    reqwest::Client::new()
}

fn answer(call: reqwest::RequestBuilder) -> Answer {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let answer = call.send().await.unwrap();
        Answer { status: answer.status().as_u16(), body: answer.text().await.unwrap() }
    })
}
