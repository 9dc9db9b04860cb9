//! How HTTP is spoken, and the bounds that its libraries keep to.

use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

/// Idle HTTP/2 connections are asked for a sign of life this often, and closed without one: a browser that vanished holds no socket.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Calls at once on one connection.
const MAX_STREAMS: u32 = 200;

/// The headers of one request by HTTP/2. It is told to the peer, and what is larger is refused.
const MAX_HEADERS: u32 = 16 * 1024;

/// The head of one request by HTTP/1.1, and what is read of a body at a time. hyper reads at most 100 headers of it.
const MAX_BUFFER: usize = 32 * 1024;

/// What a peer may send of a body before somebody reads it: a call's share and the connection's. The largest request comes in
/// eight parts.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;

/// What one answer may hold back while its peer is slow.
const MAX_SEND_BUFFER: usize = 64 * 1024;

/// Streams that a peer opens and resets before they were looked at (CVE-2023-44487); more end the connection.
const MAX_PENDING_RESETS: usize = 20;

/// Streams that were reset because the peer broke the protocol on them; more end the connection.
const MAX_ERROR_RESETS: usize = 1024;

/// Tells the protocols apart by the first bytes: HTTP/2 begins with its preface, whether TLS agreed on it or not.
pub(super) fn either() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // hyper's timer runs between requests too; `Activity` tells a request that is slow from one that has not begun.
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(MAX_SEND_BUFFER)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS);
    builder
}
