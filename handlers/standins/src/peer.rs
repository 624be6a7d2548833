//! Who holds the other end of a connection: the user who started the stand-ins, or another user of this machine.

use crate::answer::refusal;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The kernel's list of connections over IPv4; Linux only, as the whole local stage.
const CONNECTIONS: &str = "/proc/net/tcp";

/// So many sockets are remembered; then all are forgotten, and looked up again as they call.
const KNOWN_SOCKETS: usize = 1_000;

/// The socket at the other end of a request's connection, by the number that the kernel gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Socket(u64);

/// The processes behind sockets. A connection is used for many calls, and looked up once.
#[derive(Default)]
pub(crate) struct Processes {
    known: Mutex<HashMap<Socket, Option<u32>>>,
}

impl Processes {
    /// Returns the number of the process that holds the socket, if it is one of this user.
    pub(crate) async fn of(&self, socket: Socket) -> Option<u32> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = known().get(&socket) {
            return *process;
        }
        // It reads the folder of every process, which takes some milliseconds.
        let process = tokio::task::spawn_blocking(move || holder(socket)).await.ok().flatten();
        let mut known = known();
        if known.len() >= KNOWN_SOCKETS {
            known.clear();
        }
        known.insert(socket, process);
        process
    }
}

fn holder(socket: Socket) -> Option<u32> {
    let (user, wanted) = (rustix::process::getuid().as_raw(), format!("socket:[{}]", socket.0));
    let holds = |folder: &Path| {
        let open = std::fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
        open.into_iter()
            .any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == wanted.as_str()))
    };
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        let is_mine = entry.metadata().is_ok_and(|metadata| metadata.uid() == user);
        (is_mine && holds(&entry.path())).then_some(process)
    })
}

/// Refuses requests of other users of this machine, for the stand-ins hold the secrets of one of them.
///
/// A request that is let in carries its [`Socket`].
pub(crate) async fn refuse_other_users(State(own): State<SocketAddr>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let connections = std::fs::read_to_string(CONNECTIONS).unwrap_or_default();
    let user = rustix::process::getuid().as_raw();
    if let Some(socket) = peer.and_then(|peer| socket_of_user(&connections, peer, own, user)) {
        request.extensions_mut().insert(socket);
        return next.run(request).await;
    }
    refusal(
        StatusCode::FORBIDDEN,
        "these stand-ins serve only the user who started them; this connection belongs to another user",
    )
}

/// The socket at the end `peer`, if a process of this user, or of the machine's administrator, holds it.
///
/// An end that was closed has no owner any more (inode 0) and counts as foreign.
fn socket_of_user(connections: &str, peer: SocketAddr, own: SocketAddr, user: u32) -> Option<Socket> {
    let (peer, own) = (end(peer)?, end(own)?);
    for entry in connections.lines().skip(1) {
        let fields: Vec<&str> = entry.split_whitespace().collect();
        if let [_, local, remote, _, _, _, _, owner, _, inode, ..] = fields.as_slice()
            && (*local, *remote) == (peer.as_str(), own.as_str())
        {
            let is_allowed = owner.parse().is_ok_and(|owner: u32| owner == user || owner == 0);
            return inode.parse().ok().filter(|inode| is_allowed && *inode != 0).map(Socket);
        }
    }
    None
}

/// One end of a connection as the kernel writes it: the address as a number of this machine's byte order.
fn end(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(ip) = address.ip() else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port()))
}

#[cfg(test)]
mod tests {
    use super::{CONNECTIONS, Processes, Socket, end, socket_of_user};
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_process_at_the_other_end_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        // Bash connects by itself, without another program; it runs until its end is read.
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{}; read -r _ <&3", own.port());
        let mut caller = std::process::Command::new("bash").args(["-c", &script]).spawn().unwrap();
        let (mut stream, peer) = listener.accept().unwrap();
        let connections = std::fs::read_to_string(CONNECTIONS).unwrap();
        let user = rustix::process::getuid().as_raw();
        let socket = socket_of_user(&connections, peer, own, user).unwrap();
        let processes = Processes::default();
        assert_eq!(processes.of(socket).await, Some(caller.id()));
        assert_eq!(processes.of(Socket(1)).await, None);
        stream.write_all(b"end\n").unwrap();
        caller.wait().unwrap();
        // One of this very process.
        let mine = TcpStream::connect(own).unwrap();
        let (mut stream, peer) = listener.accept().unwrap();
        let connections = std::fs::read_to_string(CONNECTIONS).unwrap();
        let socket = socket_of_user(&connections, peer, own, user).unwrap();
        assert_eq!(processes.of(socket).await, Some(std::process::id()));
        drop(mine);
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn only_an_open_end_of_this_user_or_of_root_is_let_in() {
        let (peer, own) = ("127.0.0.1:4660".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        let (near, far) = (end(own).unwrap(), end(peer).unwrap());
        let row = |local: &str, remote: &str, user: u32, inode: u32| {
            format!("   1: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {user:5} 0 {inode} 1 x\n")
        };
        let check = |rows: &[String], expected: bool| {
            let connections = format!("  sl  local_address rem_address ...\n{}", rows.concat());
            assert_eq!(socket_of_user(&connections, peer, own, 1000).is_some(), expected, "{connections}");
        };
        check(&[row(&near, &far, 1000, 8), row(&far, &near, 1000, 7)], true);
        check(&[row(&far, &near, 0, 7)], true);
        check(&[row(&far, &near, 1001, 7)], false);
        check(&[row(&far, &near, 1000, 0)], false);
        check(&[row(&far, &near, 0, 0)], false);
        check(&[row(&near, &far, 1000, 8)], false);
        check(&["   1: broken\n".to_owned()], false);
        check(&[], false);
    }
}
