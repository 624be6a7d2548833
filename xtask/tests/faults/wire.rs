//! A proxy between the deployer and the emulator, which counts calls and misbehaves as planned.
//!
//! It leaves path, `Host` and all that a signature covers as they are.

use super::call::Call;
use super::fault::{Fault, Reply};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Decides the fault of each call.
pub type Plan = Box<dyn FnMut(&Call) -> Fault + Send>;

/// The proxy; it serves as long as the runtime that it was started in.
pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    state: Mutex<State>,
}

struct State {
    plan: Plan,
    calls: Vec<Call>,
    n_faults: usize,
    victim: Option<Pid>,
}

impl Wire {
    /// Starts a proxy to an address of this machine.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { plan: undisturbed(), calls: Vec::new(), n_faults: 0, victim: None };
        let shared = Arc::new(Shared { upstream, state: Mutex::new(state) });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts to count from zero, for another command.
    pub fn begin(&self, plan: Plan) {
        *self.shared.state.lock().unwrap() = State { plan, calls: Vec::new(), n_faults: 0, victim: None };
    }

    /// Names the process that the plan may kill.
    pub fn aim_at(&self, victim: u32) {
        self.shared.state.lock().unwrap().victim = Pid::from_raw(victim.try_into().unwrap());
    }

    /// The calls since the command began, and how many of them were disturbed.
    pub fn seen(&self) -> (Vec<Call>, usize) {
        let state = self.shared.state.lock().unwrap();
        (state.calls.clone(), state.n_faults)
    }
}

/// A plan that disturbs nothing.
pub fn undisturbed() -> Plan {
    Box::new(|_| Fault::None)
}

impl Shared {
    /// Counts a call and returns its fault.
    fn count(&self, head: &Parts, body: &Bytes) -> Fault {
        let mut state = self.state.lock().unwrap();
        let call = Call::read(state.calls.len() + 1, head, body);
        let fault = (state.plan)(&call);
        state.calls.push(call);
        state.n_faults += usize::from(!matches!(fault, Fault::None));
        fault
    }

    /// Kills the command, unless it has ended.
    fn kill(&self) {
        if let Some(victim) = self.state.lock().unwrap().victim {
            let _ = kill_process(victim, Signal::KILL);
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

/// Serves one connection until either side closes it or a plan breaks it.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let stream = stream.into_std()?;
    // A second handle to the socket, which hyper does not hide.
    let socket = Arc::new(TcpStream::from_std(stream.try_clone()?)?);
    let service = service_fn(move |request| answer(request, Arc::clone(&shared), Arc::clone(&socket)));
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(TcpStream::from_std(stream)?), service);
    // An error is a connection that broke, as it was planned.
    let _ = connection.await;
    Ok(())
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>, socket: Arc<TcpStream>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
    let fault = shared.count(&head, &body);
    match &fault {
        Fault::KillBefore => {
            shared.kill();
            return Err(broken());
        }
        Fault::ResetBefore => {
            socket.set_zero_linger()?;
            return Err(broken());
        }
        Fault::Answered(reply) => return Ok(response(reply.clone())),
        Fault::HeldBefore(gate) => gate.pass().await,
        _ => {}
    }
    let reply = forward(shared.upstream, head, body).await?;
    match fault {
        Fault::KillAfter => {
            shared.kill();
            Err(broken())
        }
        Fault::ResetAfter => {
            socket.set_zero_linger()?;
            Err(broken())
        }
        Fault::Truncated => Ok(truncated(reply)),
        Fault::NeverAnswered => std::future::pending().await,
        Fault::HeldAfter(gate) => {
            gate.pass().await;
            Ok(response(reply))
        }
        Fault::Changed(change) => Ok(response(change(reply))),
        _ => Ok(response(reply)),
    }
}

fn broken() -> io::Error {
    io::Error::other("the connection breaks as planned")
}

async fn forward(upstream: SocketAddr, mut head: Parts, body: Bytes) -> io::Result<Reply> {
    let stream = TcpStream::connect(upstream).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    for name in [header::CONNECTION, header::EXPECT, header::TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    let answer = sender.send_request(Request::from_parts(head, Body::from(body))).await.map_err(io::Error::other)?;
    let (head, body) = answer.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
    let mut headers = head.headers;
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONNECTION);
    Ok(Reply { status: head.status, headers, body })
}

fn response(reply: Reply) -> Response<Body> {
    let Reply { status, mut headers, body } = reply;
    // The answer to HEAD holds the length of a body that it does not have.
    if !body.is_empty() {
        headers.remove(header::CONTENT_LENGTH);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// An answer that promises the whole and breaks off in the middle.
fn truncated(reply: Reply) -> Response<Body> {
    let Reply { status, mut headers, body } = reply;
    headers.insert(header::CONTENT_LENGTH, body.len().max(1).into());
    let half = body.slice(..body.len() / 2);
    let parts = futures_util::stream::unfold(0, move |n_sent| {
        let half = half.clone();
        async move {
            match n_sent {
                0 => Some((Ok(half), 1)),
                _ => {
                    // What was given before is on the wire by then.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Some((Err(broken()), 2))
                }
            }
        }
    });
    let mut response = Response::new(Body::from_stream(parts));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
