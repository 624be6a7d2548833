//! Questions to the person at the terminal.

use crate::cli::ChangeOptions;
use crate::failure::Failure;
use deployer::ReadCode;
use futures_util::future::BoxFuture;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use stacks::Stage;
use std::io::{IsTerminal, Write};

/// The person at the terminal, who reads codes off an MFA device.
#[derive(Debug)]
pub struct Typist;

impl ReadCode for Typist {
    fn read_code<'a>(&'a self, device: &'a str) -> BoxFuture<'a, std::io::Result<Option<String>>> {
        Box::pin(async move {
            if !can_ask() {
                return Ok(None);
            }
            let question = format!("MFA code for {device}: ");
            let code = prompt_hidden(question).await?;
            Ok(Some(code.trim().to_owned()))
        })
    }
}

/// Asks for a line that is not shown while it is typed.
pub async fn prompt_hidden(question: String) -> std::io::Result<String> {
    answer(move || rpassword::prompt_password(question)).await
}

/// Whether the person has to agree first; on AWS somebody must be there to be asked.
pub fn must_ask(stage: &Stage, options: &ChangeOptions) -> Result<bool, Failure> {
    let must_ask = !stage.is_local() && !options.yes && !options.dry_run;
    if must_ask && !can_ask() {
        let message = format!("stage `{}` is on AWS, and there is no terminal to ask on", stage.name);
        return Err(Failure::nothing_changed(message).with_hint("look with --dry-run, then decide with --yes"));
    }
    Ok(must_ask)
}

/// Asks for a yes; anything else is a no.
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

/// Waits for a person in a thread of its own, so that Ctrl-C is heard in the meantime; it leaves the
/// terminal as it was.
///
/// Not in one of tokio's threads: these are waited for at the end.
async fn answer(ask: impl FnOnce() -> std::io::Result<String> + Send + 'static) -> std::io::Result<String> {
    let _terminal = Terminal::remember();
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(ask()));
    match told.await {
        // Ctrl-C was typed where it is read and not heard; the signal is on its way, and has the word.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => std::future::pending().await,
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::other("the question was given up")),
    }
}

/// How the terminal was before a question, which may hide what is typed.
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

/// Whether there is somebody to answer.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
