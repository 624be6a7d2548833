//! Questions to the person at the terminal.

use crate::cli::ChangeOptions;
use crate::failure::Failure;
use deployer::ReadCode;
use futures_util::future::BoxFuture;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use stacks::Stage;
use std::io::{IsTerminal, Write};

/// Asks the person at the terminal for the code of an MFA device.
#[derive(Debug)]
pub struct MfaPrompt;

impl ReadCode for MfaPrompt {
    fn read_code<'a>(&'a self, device: &'a str) -> BoxFuture<'a, std::io::Result<Option<String>>> {
        Box::pin(async move {
            if !can_ask() {
                return Ok(None);
            }
            let question = format!("MFA code for {device}: ");
            let code = read_hidden(question).await?;
            Ok(Some(code.trim().to_owned()))
        })
    }
}

/// Whether the person has to confirm first. Fails if so and there is no terminal.
pub fn must_ask(stage: &Stage, options: &ChangeOptions) -> Result<bool, Failure> {
    let must_ask = !stage.is_local() && !options.yes && !options.dry_run;
    if must_ask && !can_ask() {
        let message = format!("stage `{}` is on AWS, and there is no terminal to ask on", stage.name);
        return Err(
            Failure::nothing_changed(message).with_hint("preview the changes with --dry-run, then confirm with --yes")
        );
    }
    Ok(must_ask)
}

/// Asks a yes-or-no question. Any answer but `y` and `yes` is a no.
pub async fn agrees(question: &str) -> bool {
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let line = answer(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    line.await.is_ok_and(|line| matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line that the terminal does not show.
pub async fn read_hidden(question: String) -> std::io::Result<String> {
    answer(move || rpassword::prompt_password(question)).await
}

/// Waits for an answer in a thread of its own, so that Ctrl-C still works; restores the terminal.
///
/// The thread is not one of tokio's, because the runtime waits for those at the end.
async fn answer(ask: impl FnOnce() -> std::io::Result<String> + Send + 'static) -> std::io::Result<String> {
    let _terminal = Terminal::remember();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(ask()));
    match receiver.await {
        // The question read Ctrl-C itself; the signal follows, and ends the command.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => std::future::pending().await,
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::other("the question was canceled")),
    }
}

/// The state of the terminal before a question, which may hide what is typed.
struct Terminal(Option<Termios>);

impl Terminal {
    fn remember() -> Self {
        Self(tcgetattr(std::io::stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// Whether a person can answer at a terminal.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
