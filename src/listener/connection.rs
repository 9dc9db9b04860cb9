//! One connection, from its first byte to its end.

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Overdue};
use super::call::Calls;
use super::watched::Watched;
use super::{Times, protocol};
use crate::peer::Peer;

/// When a connection is to end that might go on.
pub(super) struct Ending {
    pub(super) age: Option<Duration>,
    pub(super) closing: CancellationToken,
}

/// Serves one connection. Past its age it is asked to end, and is dropped when it has not after a grace; at the closing it is
/// asked too, and waited for.
pub(super) async fn serve<I>(io: I, app: Router, peer: Peer, times: Times, ending: Ending)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let addr = peer.addr;
    let activity = Activity::new(times);
    let io = TokioIo::new(Watched::new(io, Arc::clone(&activity)));
    let protocol = protocol::either();
    let mut connection = pin!(protocol.serve_connection(io, Calls { app, peer, activity: Arc::clone(&activity) }));
    let mut overdue = pin!(Overdue::new(activity));

    // The connection is polled first: it tells the others what to wait for, and reads what had come before it was asked to end.
    let aged = tokio::select! {
        biased;
        ended = &mut connection => return tell(addr, &ended),
        () = &mut overdue => return tracing::debug!(peer = %addr, "a peer was too slow"),
        () = ending.closing.cancelled() => false,
        () = after(ending.age) => true,
    };
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        ended = &mut connection => tell(addr, &ended),
        () = &mut overdue => tracing::debug!(peer = %addr, "a peer was too slow"),
        () = sleep(times.grace), if aged => tracing::debug!(peer = %addr, "calls outlasted their connection"),
    }
}

async fn after(age: Option<Duration>) {
    match age {
        Some(age) => sleep(age).await,
        None => std::future::pending().await,
    }
}

fn tell<E: std::fmt::Display>(peer: std::net::SocketAddr, ended: &Result<(), E>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended");
    }
}
