//! Checks that the local stage runs and answers, and reports what was lost if it does not.

use super::process::{Background, Part};
use super::state::State;
use crate::error::Error;
use crate::pace::Pace;
use crate::web::loopback_client;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a process that runs may leave questions unanswered until it counts as lost: a machine that
/// compiles on all its cores answers late.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long one question waits for its answer.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// How long it takes until the next question.
const PAUSE: Duration = Duration::from_millis(200);

/// A local stage that was started and does not work any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub(super) part: Part,
    what: &'static str,
    log: PathBuf,
    /// The stacks that were deployed on it.
    stacks: Vec<String>,
}

impl Lost {
    fn new(part: Part, what: &'static str, folder: &Path) -> Self {
        let stacks = match part {
            Part::Emulator => deployed_stacks(folder),
            Part::StandIns => Vec::new(),
        };
        Self { part, what, log: part.log(folder), stacks }
    }

    /// The log as it is called once the process is started again.
    pub(super) fn with_old_log(mut self) -> Self {
        self.log.as_mut_os_string().push(".old");
        self
    }

    /// What was lost, and the log, as one sentence for a command that continues.
    pub(super) fn sentence(&self) -> String {
        format!("{self}; its log is `{}`", self.log.display())
    }

    /// The error of a command that cannot continue.
    pub fn error(&self) -> Error {
        let next = match self.part {
            Part::Emulator => "deploy again with: cargo xtask deploy",
            Part::StandIns => "start them again with: cargo xtask local start",
        };
        Error::Local { what: self.to_string(), hint: format!("read its log, `{}`; then {next}", self.log.display()) }
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, what) = (self.part.name(), self.what);
        match (self.part, self.stacks.as_slice()) {
            (Part::StandIns, _) => {
                write!(formatter, "the {name} {what}; their recorded calls and objects are lost")
            }
            (Part::Emulator, []) => {
                write!(formatter, "the {name} of the local stage {what}; no stack was deployed on it")
            }
            (Part::Emulator, stacks) => {
                write!(
                    formatter,
                    "the {name} of the local stage {what}; these stacks are lost with it: {}",
                    stacks.join(", ")
                )
            }
        }
    }
}

/// What the emulator noted down while it ran.
fn deployed_stacks(folder: &Path) -> Vec<String> {
    let text = std::fs::read(folder.join("stacks.json")).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// The part of the stage that has ended, if any; judged by its process alone.
pub(super) fn ended(state: &State, folder: &Path) -> Option<Lost> {
    let (part, _) = state.parts().into_iter().find(|(_, process)| !process.is_running())?;
    Some(Lost::new(part, "ended unexpectedly", folder))
}

/// Looks until both processes answer; a process that runs is asked again before it counts as lost.
pub(super) async fn check(state: &State, folder: &Path) -> Option<Lost> {
    let is_lost = async |elapsed: Duration| {
        if let Some(lost) = ended(state, folder) {
            return Err(lost);
        }
        match silent(state).await {
            None => Ok(Some(())),
            Some(part) if elapsed > ANSWER_LIMIT => Err(Lost::new(part, "runs, but does not answer", folder)),
            Some(_) => Ok(None),
        }
    };
    Pace::every(PAUSE).until(is_lost).await.err()
}

/// The first process that does not answer.
pub(super) async fn silent(state: &State) -> Option<Part> {
    let emulator = format!("{}/_ministack/health", state.local.emulator_url());
    let stand_ins = format!("{}/_control/health", state.local.stand_ins_url());
    let (emulator, stand_ins) = tokio::join!(answers(&emulator), answers(&stand_ins));
    let parts = [(Part::Emulator, emulator), (Part::StandIns, stand_ins)];
    parts.into_iter().find(|(_, answers)| !answers).map(|(part, _)| part)
}

async fn answers(url: &str) -> bool {
    let Ok(client) = loopback_client() else { return false };
    let answer = client.get(url).timeout(QUESTION_LIMIT).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Why a call to the local stage failed, if a part of the stage has ended since it was found running.
pub fn lost_meanwhile(workspace: &Workspace) -> Option<Error> {
    let folder = workspace.local();
    match State::read(&folder) {
        Some(state) => ended(&state, &folder).map(|lost| lost.error()),
        None => Some(Error::Local {
            what: format!(
                "the local stage was stopped during the command: `{}` was deleted",
                State::file(&folder).display()
            ),
            hint: "deploy again with: cargo xtask deploy".into(),
        }),
    }
}

impl State {
    /// Both processes.
    pub(super) fn parts(&self) -> [(Part, &Background); 2] {
        [(Part::Emulator, &self.emulator), (Part::StandIns, &self.stand_ins)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_stage::LocalStage;
    use std::process::Command;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A process of this kind that is there: the test itself.
    fn present() -> Background {
        Background::of(std::process::id(), "deployer")
    }

    /// A process that has ended.
    fn gone() -> Background {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        Background::of(child.id(), "true")
    }

    fn state(local: LocalStage, emulator: Background, stand_ins: Background) -> State {
        State { version: String::new(), local, emulator, stand_ins }
    }

    /// A server that closes its first connections unanswered, and returns its port.
    async fn answering_after(n_missed: u32) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            for n in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                if n < n_missed {
                    continue;
                }
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            }
        });
        port
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tsugite-health-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[tokio::test]
    async fn a_question_without_an_answer_is_asked_again() {
        let local = LocalStage::new(answering_after(2).await, answering_after(1).await).unwrap();
        assert!(!answers(&format!("{}/_ministack/health", local.emulator_url())).await);
        assert_eq!(check(&state(local, present(), present()), Path::new("nowhere")).await, None);
    }

    #[tokio::test]
    async fn what_ended_is_named_with_its_log_and_what_was_on_it() {
        let folder = folder("ended");
        std::fs::write(folder.join("stacks.json"), r#"["one", "two"]"#).unwrap();
        let local = || LocalStage::new(1, 2).unwrap();
        let lost = check(&state(local(), gone(), present()), &folder).await.unwrap();
        let said = "the emulator of the local stage ended unexpectedly; these stacks are lost with it: one, two";
        assert_eq!(lost.to_string(), said);
        assert!(lost.error().hint().unwrap().contains("emulator.log`; then deploy again"), "{lost:?}");
        assert!(lost.with_old_log().sentence().ends_with("emulator.log.old`"));
        let lost = check(&state(local(), present(), gone()), &folder).await.unwrap();
        assert!(lost.to_string().starts_with("the stand-ins ended unexpectedly"), "{lost}");
        assert!(!lost.to_string().contains("one, two"), "{lost}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_call_that_failed_is_explained_by_what_ended_meanwhile() {
        let root = folder("meanwhile");
        let workspace = Workspace::new(root.clone());
        std::fs::create_dir_all(workspace.local()).unwrap();
        let explained = || lost_meanwhile(&workspace).map(|error| error.to_string());
        assert!(explained().unwrap().contains("was stopped during the command"));
        let write =
            |emulator| state(LocalStage::new(1, 2).unwrap(), emulator, present()).write(&workspace.local()).unwrap();
        write(present());
        assert_eq!(explained(), None);
        write(gone());
        assert!(explained().unwrap().contains("the emulator of the local stage ended unexpectedly"));
        std::fs::remove_dir_all(root).unwrap();
    }
}
