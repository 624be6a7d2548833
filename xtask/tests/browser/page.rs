//! A browser with one page, as its reader uses it.

#![allow(dead_code, reason = "each test that shares this file uses a part of it")]

use super::chromedriver::Chromedriver;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long something may take that the page does by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// The member by which WebDriver refers to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

// How WebDriver writes the keys that have no character.
const BACKSPACE: &str = "\u{e003}";
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// The browser; it ends when this is dropped.
pub struct Browser {
    driver: Chromedriver,
}

impl Browser {
    /// A browser whose reader wants these languages, such as `en-US,en`.
    pub fn start(languages: &str) -> Self {
        Self { driver: Chromedriver::start(languages) }
    }

    pub fn open(&self, url: &str) {
        self.driver.post("/url", &json!({"url": url})).unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    pub fn reload(&self) {
        self.driver.post("/refresh", &json!({})).unwrap();
    }

    /// Replaces what a field holds.
    ///
    /// The text is inserted as a paste does it, because WebDriver types no characters beyond the
    /// first plane of Unicode, such as emoji.
    pub fn fill(&self, selector: &str, text: &str) {
        self.click(selector);
        self.execute("document.querySelector(arguments[0]).select()", &[json!(selector)]);
        self.press(BACKSPACE);
        if !text.is_empty() {
            self.driver.devtools("Input.insertText", &json!({"text": text}));
        }
        assert_eq!(self.value(selector), text, "{selector} does not hold what was put in");
    }

    /// Presses keys where the focus is.
    pub fn press(&self, keys: &str) {
        let strokes = |key: char| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()}));
        let strokes: Vec<Json> = keys.chars().flat_map(strokes).collect();
        self.act(&json!({"type": "key", "id": "keyboard", "actions": strokes}));
    }

    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.driver
            .post(&format!("/element/{element}/click"), &json!({}))
            .unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks twice as fast as the browser takes it.
    pub fn double_click(&self, selector: &str) {
        let origin = json!({ELEMENT: self.element(selector)});
        let [down, up] = ["pointerDown", "pointerUp"].map(|kind| json!({"type": kind, "button": 0}));
        let to_it = json!({"type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0});
        // What is below the window has to be moved into it first.
        self.execute("document.querySelector(arguments[0]).scrollIntoView()", &[json!(selector)]);
        self.act(&json!({"type": "pointer", "id": "mouse", "actions": [to_it, down, up, down, up]}));
    }

    fn act(&self, source: &Json) {
        self.driver.post("/actions", &json!({"actions": [source]})).unwrap();
    }

    /// What an element shows; nothing if it is hidden.
    pub fn text(&self, selector: &str) -> String {
        loop {
            let element = self.element(selector);
            match self.driver.get(&format!("/element/{element}/text")) {
                Ok(text) => return text.as_str().unwrap().to_owned(),
                // A page that redraws something may do so between the two calls.
                Err(error) if error.to_string().contains("stale element") => {}
                Err(error) => panic!("{selector}: {error}"),
            }
        }
    }

    /// What a field holds.
    pub fn value(&self, selector: &str) -> String {
        let value = self.execute("return document.querySelector(arguments[0]).value", &[json!(selector)]);
        value.as_str().unwrap_or_else(|| panic!("{selector} holds no text")).to_owned()
    }

    /// Whether an element is there and can be seen.
    pub fn is_shown(&self, selector: &str) -> bool {
        let is_there = self.execute("return document.querySelector(arguments[0]) !== null", &[json!(selector)]);
        is_there == json!(true) && {
            let element = self.element(selector);
            self.driver.get(&format!("/element/{element}/displayed")).unwrap() == json!(true)
        }
    }

    /// The `id` of the element that has the focus.
    pub fn focus(&self) -> String {
        self.execute("return document.activeElement.id", &[]).as_str().unwrap().to_owned()
    }

    /// Waits until an element is shown.
    pub fn wait_for(&self, selector: &str) {
        self.wait_until(&format!("{selector} is shown"), || self.is_shown(selector));
    }

    /// Waits for something that comes by itself, and shows the page if it does not.
    pub fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let page = || self.execute("return document.body.innerText", &[]);
            assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}\n{}", page());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a script in the page, which is not bound by the page's policy.
    pub fn execute(&self, script: &str, arguments: &[Json]) -> Json {
        let call = json!({"script": script, "args": arguments});
        self.driver.post("/execute/sync", &call).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script at the beginning of every page that is opened from now on.
    pub fn begin_pages_with(&self, script: &str) {
        self.driver.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": script}));
    }

    pub fn disable_javascript(&self) {
        self.driver.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    pub fn cut_the_network(&self) {
        self.set_offline(true);
    }

    pub fn mend_the_network(&self) {
        self.set_offline(false);
    }

    fn set_offline(&self, is_offline: bool) {
        let conditions = json!({"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.driver.devtools("Network.enable", &json!({}));
        self.driver.devtools("Network.emulateNetworkConditions", &conditions);
    }

    /// Makes the window one of a telephone.
    pub fn narrow_to(&self, width: u32) {
        let metrics = json!({"width": width, "height": 780, "deviceScaleFactor": 2, "mobile": true});
        self.driver.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Lets pages of this site write to the clipboard, as a person who uses it does.
    pub fn allow_the_clipboard(&self, url: &str) {
        let origin = url.trim_end_matches('/');
        let permissions = json!({"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.driver.devtools("Browser.grantPermissions", &permissions);
    }

    pub fn text_on_the_clipboard(&self) -> String {
        let text = self.execute("return navigator.clipboard.readText()", &[]);
        text.as_str().unwrap().to_owned()
    }

    pub fn prefer_dark(&self) {
        self.prefer("dark");
    }

    pub fn prefer_light(&self) {
        self.prefer("light");
    }

    fn prefer(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.driver.devtools("Emulation.setEmulatedMedia", &json!({"features": [feature]}));
    }

    /// Sets the clock of the browser to a zone, such as `Asia/Tokyo`.
    pub fn live_in(&self, zone: &str) {
        self.driver.devtools("Emulation.setTimezoneOverride", &json!({"timezoneId": zone}));
    }

    /// What the console complains about since the last look, violations of the policy among it.
    ///
    /// Calls of this path are left out: a browser notes every refusal, and refusals are wanted here.
    pub fn complaints_but_of(&self, path: &str) -> Vec<String> {
        let entries = self.driver.post("/se/log", &json!({"type": "browser"})).unwrap();
        let entries = entries.as_array().unwrap().iter();
        entries
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
            .map(|entry| format!("{}: {}", entry["source"], entry["message"]))
            .filter(|entry| !(entry.starts_with("\"network\"") && entry.contains(path)))
            .collect()
    }

    /// Writes a picture of the whole page to a folder of `target`; says where.
    pub fn picture(&self, name: &str) -> PathBuf {
        self.try_picture(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn try_picture(&self, name: &str) -> Result<PathBuf, String> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(format!("{name}.png"));
        // By the browser's own command, because it takes what is below the window's edge as well.
        let whole = json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": true}});
        let picture = self.driver.post("/goog/cdp/execute", &whole)?;
        let picture = picture["data"].as_str().and_then(|data| BASE64_STANDARD.decode(data).ok());
        let write = |picture: Vec<u8>| {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            std::fs::write(&path, picture)
        };
        picture.map(write).ok_or("no picture")?.map_err(|error| error.to_string())?;
        Ok(path)
    }

    fn element(&self, selector: &str) -> String {
        let query = json!({"using": "css selector", "value": selector});
        let element = self.driver.post("/element", &query).unwrap_or_else(|error| panic!("{selector}: {error}"));
        element[ELEMENT].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    /// Leaves a picture of what a failed test saw last.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            let _ = self.try_picture(&format!("failed-{test}"));
        }
    }
}
