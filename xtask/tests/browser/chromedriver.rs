//! Chromedriver, by which a test drives a browser: the process, and its calls in JSON.

use reqwest::Method;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const NEEDED: &str = "this test needs a browser: install Debian's packages `chromium` and `chromium-driver`, \
    and for pictures in Japanese `fonts-noto-cjk` and `fonts-noto-color-emoji`";
/// How long one call may take; the first starts the browser, on a machine that may be busy building.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a script of a test may take in milliseconds: a busy machine judges a long page slowly.
const SCRIPT_MILLISECONDS: u32 = 110_000;
/// How long the browser may take to end.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often the driver is launched until it has a port.
const LAUNCHES: u32 = 5;

/// A driver with one session.
pub struct Chromedriver {
    process: Child,
    folder: PathBuf,
    address: String,
    session: String,
    client: reqwest::Client,
    tokio: tokio::runtime::Runtime,
}

impl Chromedriver {
    /// Starts the driver on a free port, and a browser with a new profile whose reader wants
    /// these languages, such as `en-US,en`.
    pub fn start(languages: &str) -> Self {
        // A client needs some TLS implementation, even one that only calls the loopback.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = new_folder();
        let (process, port) = launch(&folder);
        let mut driver = Self {
            process,
            folder,
            address: format!("http://127.0.0.1:{port}"),
            session: String::new(),
            client: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            tokio: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": capabilities(languages)}});
        let session = driver
            .send(Method::POST, "/session", Some(&capabilities))
            .unwrap_or_else(|error| panic!("no browser starts ({error}): {NEEDED}"));
        driver.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        driver
    }

    /// Asks for something of the session.
    pub fn get(&self, path: &str) -> Result<Json, String> {
        self.send(Method::GET, &format!("{}{path}", self.session), None)
    }

    /// Has the session do something.
    pub fn post(&self, path: &str, body: &Json) -> Result<Json, String> {
        self.send(Method::POST, &format!("{}{path}", self.session), Some(body))
    }

    /// Calls the browser's own protocol, for what WebDriver has no words.
    pub fn devtools(&self, command: &str, parameters: &Json) -> Json {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters})).unwrap()
    }

    fn send(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, String> {
        self.tokio.block_on(async {
            let mut call = self.client.request(method, format!("{}{path}", self.address));
            if let Some(body) = body {
                call = call.json(body);
            }
            let answer = call.send().await.map_err(|error| error.to_string())?;
            let is_success = answer.status().is_success();
            let mut answer: Json = answer.json().await.map_err(|error| error.to_string())?;
            let value = answer["value"].take();
            if is_success { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
        })
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Ends the browser too.
            let _ = self.send(Method::DELETE, &self.session, None);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The last processes of the browser may still write while they end.
        let began = Instant::now();
        while std::fs::remove_dir_all(&self.folder).is_err() && began.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Launches the driver; gives its port too.
///
/// It wants the same port of IPv4 and of IPv6, and ends if what is free for the one is taken for
/// the other, which can happen on a busy machine.
fn launch(folder: &Path) -> (Child, String) {
    let mut said = String::new();
    for _ in 0..LAUNCHES {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver does not start ({error}): {NEEDED}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let port =
                line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.').into());
            said.push_str(&format!("{line}\n"));
            port
        });
        let mut errors = process.stderr.take().unwrap();
        if let Some(port) = port {
            // Whatever else it says must be read, or it would stop when the pipes are full.
            std::thread::spawn(move || lines.for_each(drop));
            std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
            return (process, port);
        }
        let _ = process.kill();
        let status = process.wait();
        let _ = errors.read_to_string(&mut said);
        said.push_str(&format!("{status:?}\n"));
    }
    panic!("chromedriver ends without a port: {NEEDED}\n{said}")
}

/// An empty folder for the profile, which the browser does not always remove.
///
/// It is not under `target`, because the path of a socket in it has to be short.
fn new_folder() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("tsugite-browser-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn capabilities(languages: &str) -> Json {
    json!({
        "timeouts": {"script": SCRIPT_MILLISECONDS},
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": [
                "--headless",
                // A sandbox needs permissions that build machines do not give; the pages are those of the tests.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-proxy-server",
                // Nothing but the loopback can be reached, so that a request to elsewhere fails and shows.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
                "--window-size=1100,900",
            ],
            "prefs": {"intl.accept_languages": languages, "intl.selected_languages": languages},
        },
    })
}
