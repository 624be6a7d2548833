//! Who holds the other end of a connection: the user who started the stand-ins, or somebody else on this machine.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::control::refusal;

/// The kernel's list of connections over IPv4; Linux only, as the whole local stage.
const CONNECTIONS: &str = "/proc/net/tcp";

/// Refuses requests of other users of this machine, for the stand-ins hold the secrets of one of them.
pub(crate) async fn refuse_other_users(State(own): State<SocketAddr>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let connections = std::fs::read_to_string(CONNECTIONS).unwrap_or_default();
    let user = rustix::process::getuid().as_raw();
    if peer.is_some_and(|peer| is_of_user(&connections, peer, own, user)) {
        return next.run(request).await;
    }
    refusal(
        StatusCode::FORBIDDEN,
        "these stand-ins serve the user who started them, and this connection is of somebody else",
    )
}

/// Whether a process of this user, or of the machine's administrator, holds the end `peer`.
///
/// An end that was closed has no owner any more (inode 0) and counts as foreign.
fn is_of_user(connections: &str, peer: SocketAddr, own: SocketAddr, user: u32) -> bool {
    let (Some(peer), Some(own)) = (end(peer), end(own)) else { return false };
    for entry in connections.lines().skip(1) {
        let fields: Vec<&str> = entry.split_whitespace().collect();
        if let [_, local, remote, _, _, _, _, owner, _, inode, ..] = fields.as_slice()
            && (*local, *remote) == (peer.as_str(), own.as_str())
        {
            return *inode != "0" && owner.parse().is_ok_and(|owner: u32| owner == user || owner == 0);
        }
    }
    false
}

/// One end of a connection as the kernel writes it: the address as a number of this machine's byte order.
fn end(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(ip) = address.ip() else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port()))
}

#[cfg(test)]
mod tests {
    use super::{end, is_of_user};

    #[test]
    fn only_an_open_end_of_this_user_or_of_root_is_let_in() {
        let (peer, own) = ("127.0.0.1:4660".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        let (near, far) = (end(own).unwrap(), end(peer).unwrap());
        let row = |local: &str, remote: &str, user: u32, inode: u32| {
            format!("   1: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {user:5} 0 {inode} 1 x\n")
        };
        let check = |rows: &[String], expected: bool| {
            let connections = format!("  sl  local_address rem_address ...\n{}", rows.concat());
            assert_eq!(is_of_user(&connections, peer, own, 1000), expected, "{connections}");
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
