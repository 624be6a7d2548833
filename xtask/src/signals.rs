//! What tells a command to end: Ctrl-C, and the signals of whoever runs it.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a command; while they are listened to, they do not end the process by themselves.
pub struct Signals {
    /// A person types Ctrl-C; some CI systems send it first.
    interrupt: Signal,
    /// `timeout`, CI systems and service managers send it.
    terminate: Signal,
    /// The terminal was closed.
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one and returns its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }
}
