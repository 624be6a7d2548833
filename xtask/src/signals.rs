//! The signals that end a command.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a command. While they are listened to, they do not end the process by themselves.
pub struct Signals {
    /// Ctrl-C; some CI services send it first.
    interrupt: Signal,
    /// `timeout`, CI services and service managers send it.
    terminate: Signal,
    /// The terminal was closed. `None` if the process was started with it ignored, as by `nohup`.
    hang_up: Option<Signal>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> std::io::Result<Self> {
        let hang_up = match is_ignored(SignalKind::hangup()) {
            Some(false) => Some(signal(SignalKind::hangup())?),
            // Where this is unknown, the signal keeps its default effect.
            Some(true) | None => None,
        };
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hang_up })
    }

    /// Waits for the next one and returns its name.
    pub async fn next(&mut self) -> &'static str {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = hang_up => "SIGHUP",
        }
    }
}

/// Whether this process was started with a signal ignored; `None` if the operating system does not say.
fn is_ignored(kind: SignalKind) -> Option<bool> {
    ignores(&std::fs::read_to_string("/proc/self/status").ok()?, kind.as_raw_value())
}

/// Reads it from the status of a process on Linux: one bit for each signal, the first for number 1.
fn ignores(status: &str, number: i32) -> Option<bool> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (number - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};

    #[tokio::test]
    async fn a_signal_that_ends_a_command_is_received() {
        let mut signals = Signals::listen().unwrap();
        for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "Ctrl-C")] {
            kill_process(getpid(), signal).unwrap();
            assert_eq!(signals.next().await, name);
        }
    }

    #[test]
    fn a_signal_that_nohup_ignores_stays_ignored() {
        for (mask, ignored) in [("0000000000000001", true), ("0000000000001000", false), ("0000000000001001", true)] {
            let status = format!("Name:\txtask\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\nSigCgt:\t0\n");
            assert_eq!(ignores(&status, 1), Some(ignored), "{mask}");
        }
        assert_eq!(ignores("Name:\txtask\n", 1), None);
    }
}
