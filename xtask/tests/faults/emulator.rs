//! An emulator of AWS of a test's own, whose stacks take as long as the test wants.

use deployer::{PythonTools, Reporter, Workspace};
use serde_json::json;
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long the emulator may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running emulator; it ends when this is dropped, and when this process ends.
pub struct Emulator {
    process: Child,
    /// Where it reads how long operations take.
    pace: ChildStdin,
    address: SocketAddr,
    python: PathBuf,
    /// The secret of its root user.
    secret: String,
}

impl Emulator {
    /// Starts one; its files are in `folder`.
    pub fn start(folder: &Path) -> Self {
        let python = python();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
        let temporary = folder.join("tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        let log = File::create(folder.join("emulator.log")).unwrap();
        let address = free_address();
        let mut process = Command::new(&python)
            .arg(tests.join("slow_emulator.py"))
            .arg(sources().join("deployer/emulator/launcher.py"))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &temporary)
            .env("TMPDIR", &temporary)
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("MINISTACK_REGION", super::lane::REGION)
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("AUTH", "true")
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pace = process.stdin.take().unwrap();
        let secret = std::iter::repeat_with(fastrand::alphanumeric).take(40).collect();
        let mut emulator = Self { process, pace, address, python, secret };
        let [(_, id), (_, secret)] = emulator.credentials();
        emulator.tell(&json!({"access_key_id": id, "secret_access_key": secret}));
        emulator.wait_until_healthy(folder);
        emulator
    }

    fn wait_until_healthy(&mut self, folder: &Path) {
        let began = Instant::now();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/_ministack/health", self.url());
        while !tokio.block_on(client.get(&url).send()).is_ok_and(|answer| answer.status().is_success()) {
            let has_ended = self.process.try_wait().unwrap().is_some();
            let log = std::fs::read_to_string(folder.join("emulator.log")).unwrap_or_default();
            assert!(!has_ended && began.elapsed() < START_LIMIT, "the emulator does not start\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// From now on each operation on a stack takes so long.
    pub fn slow_down(&mut self, duration: Duration) {
        self.tell(&duration.as_secs_f64());
    }

    /// The next change of a resource is throttled, which fails its stack.
    pub fn throttle(&mut self) {
        self.tell(&json!({"throttled": 1}));
    }

    fn tell(&mut self, line: &dyn Display) {
        writeln!(self.pace, "{line}").unwrap();
    }

    /// How the SDKs sign as its root user.
    pub fn credentials(&self) -> [(&'static str, String); 2] {
        [("AWS_ACCESS_KEY_ID", "TSUGITEFAULTS".into()), ("AWS_SECRET_ACCESS_KEY", self.secret.clone())]
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The Python that the emulator runs on, which has botocore as well.
    pub fn python(&self) -> &Path {
        &self.python
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The root of the sources.
pub fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Installs what the emulator is made of, unless it is there.
fn python() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // Fails only if it is chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (reporter, _events) = Reporter::new();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(PythonTools::EMULATOR.install(&Workspace::new(sources()), &reporter)).unwrap()
    });
    folder.join("bin/python")
}

fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
