//! How long a handler takes from its start to its first request to the Runtime API, and its memory.

use crate::binary::Binary;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::python::{PythonTools, variables_of_python};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a function is compared with: the AWS client that Lambda's own Python runtime brings.
const PYTHON: &str = "\
import os, urllib.request, botocore.session
session = botocore.session.get_session()
for name in ('sqs', 'secretsmanager'):
    session.create_client(name, region_name='us-east-1')
urllib.request.urlopen('http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/next')
";
/// A process that says nothing for so long does not work.
const LIMIT: Duration = Duration::from_secs(20);

/// Medians over several starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// From the start of the process to its first request.
    pub start: Duration,
    /// The most memory that was resident until then, in KiB.
    pub peak_kib: u64,
}

/// Starts a handler `runs` times with these variables.
pub fn measure_binary(binary: &Binary, variables: &BTreeMap<&str, String>, runs: u32) -> Outcome<Measured> {
    repeat(runs, || {
        let mut command = Command::new(&binary.path);
        command.envs(variables);
        command
    })
}

/// Starts a Python function with botocore `runs` times, for comparison.
pub async fn measure_python(workspace: &Workspace, runs: u32, reporter: &Reporter) -> Outcome<Measured> {
    let environment = PythonTools::EMULATOR.install(workspace, reporter).await?;
    repeat(runs, || {
        let mut command = Command::new(environment.join("bin/python"));
        command.args(["-c", PYTHON]);
        for variable in variables_of_python() {
            command.env_remove(variable);
        }
        command
    })
}

fn repeat(runs: u32, command: impl Fn() -> Command) -> Outcome<Measured> {
    // The first start reads the file from the disk; the others show what the program does.
    start_once(command())?;
    let mut samples = (0..runs).map(|_| start_once(command())).collect::<Outcome<Vec<_>>>()?;
    samples.sort_by_key(|sample| sample.start);
    let start = samples[samples.len() / 2].start;
    samples.sort_by_key(|sample| sample.peak_kib);
    Ok(Measured { start, peak_kib: samples[samples.len() / 2].peak_kib })
}

fn start_once(mut command: Command) -> Outcome<Measured> {
    let program = Path::new(command.get_program()).to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(Error::file("listen for", &program))?;
    listener.set_nonblocking(true).map_err(Error::file("listen for", &program))?;
    let address = listener.local_addr().map_err(Error::file("listen for", &program))?;
    command
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().map_err(Error::file("run", &program))?;
    let first_request = wait_for_request(&listener, &mut child, began);
    // Read while the connection is open: a handler whose Runtime API hangs up ends itself, and the
    // memory of a process that has ended cannot be read any more.
    let measured = first_request.and_then(|(start, _open)| Some(Measured { start, peak_kib: peak_of(child.id())? }));
    let _ = child.kill();
    let _ = child.wait();
    measured.ok_or_else(|| Error::Program {
        what: format!("`{}` made no request to the Runtime API", program.display()),
        hint: "deploy it to the local stage and read `cargo xtask local logs`".into(),
    })
}

/// When the first request came, and its connection; nothing if the process ended or stayed silent.
fn wait_for_request(listener: &TcpListener, child: &mut Child, began: Instant) -> Option<(Duration, TcpStream)> {
    loop {
        if let Ok((mut stream, _)) = listener.accept() {
            let is_read = stream.set_nonblocking(false).and_then(|()| stream.read(&mut [0; 64]));
            if is_read.is_ok_and(|n_bytes| n_bytes > 0) {
                return Some((began.elapsed(), stream));
            }
        }
        if began.elapsed() > LIMIT || child.try_wait().is_ok_and(|status| status.is_some()) {
            return None;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// The high-water mark of resident memory in KiB; nothing if the process has ended.
fn peak_of(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell that asks the Runtime API for work and ends as soon as it is hung up on.
    fn hasty(words: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", words]);
        command
    }

    #[test]
    fn measures_a_process_that_ends_when_the_connection_does() {
        let words = "exec 3<>/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\\/}; echo GET >&3; read -r -u 3";
        for _ in 0..50 {
            let measured = start_once(hasty(words)).unwrap();
            assert!(measured.start > Duration::ZERO && measured.peak_kib > 0, "{measured:?}");
        }
    }

    #[test]
    fn refuses_a_process_that_asks_for_nothing() {
        let error = start_once(hasty("exit 0")).unwrap_err();
        assert!(error.to_string().contains("made no request"), "{error}");
    }
}
