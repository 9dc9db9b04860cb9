//! Takes connections from the kernel, and goes on doing so whatever it says.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

/// Connections that wait to be accepted. Beyond them the kernel lets clients try again, a second later and later still: in a storm of
/// reconnects the usual 128 are full at once.
const BACKLOG: u32 = 1024;

/// Without it, running out of file descriptors would be told by a busy loop. The end of a connection cuts it short.
const BACK_OFF: Duration = Duration::from_millis(200);

/// A peer that vanished is asked after by the kernel: HTTP/1.1 has no other way.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15)).with_retries(4);

/// Listens on an address, with room for a crowd.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The port of a service that was just stopped can be listened on again.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// The next connection. Nothing is lost when the wait for it is given up.
pub(super) async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, addr)) => {
                if let Err(error) = tune(&stream) {
                    tracing::debug!(peer = %addr, %error, "cannot set the options of a connection");
                }
                return (stream, addr);
            }
            Err(error) if is_the_peers(&error) => tracing::debug!(%error, "a connection ended before it was accepted"),
            Err(error) => {
                tracing::warn!(%error, again_in = ?BACK_OFF, "cannot accept connections");
                sleep(BACK_OFF).await;
            }
        }
    }
}

/// Answers are sent whole: nothing is gained by waiting for more to send.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_keepalive(&KEEPALIVE)
}

/// Whether the error tells of one connection, not of the listener.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
