//! A listener whose connections a handler can reset: how upstream's sudden silence is played.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// A handle on the connection that a request came by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection {
    severed: Arc<AtomicBool>,
}

/// Accepts connections that can be severed.
#[derive(Debug)]
pub(crate) struct SeverableListener {
    tcp: TcpListener,
}

/// A TCP stream that refuses all writing, and resets its peer, once it is severed.
#[derive(Debug)]
pub(crate) struct SeverableStream {
    tcp: TcpStream,
    connection: Connection,
}

// === impl Connection ===

impl Connection {
    /// Resets the connection as soon as anything is written to it: whatever the handler answers is never sent.
    pub(crate) fn sever(&self) {
        self.severed.store(true, Ordering::Release);
    }

    fn is_severed(&self) -> bool {
        self.severed.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, SeverableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, SeverableListener>) -> Self {
        stream.io().connection.clone()
    }
}

// === impl SeverableListener ===

impl SeverableListener {
    pub(crate) fn new(tcp: TcpListener) -> Self {
        Self { tcp }
    }
}

impl Listener for SeverableListener {
    type Io = SeverableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (tcp, addr) = Listener::accept(&mut self.tcp).await;
        // Without it small answers wait for the peer's delayed acknowledgement; if it fails they are merely slower.
        let _ = tcp.set_nodelay(true);
        (SeverableStream { tcp, connection: Connection::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

// === impl SeverableStream ===

impl SeverableStream {
    /// With zero linger, closing sends RST instead of FIN; the server closes a connection whose write fails.
    fn check(&self) -> io::Result<()> {
        if self.connection.is_severed() {
            self.tcp.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for SeverableStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for SeverableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An orderly shutdown would send FIN before the reset.
        self.check()?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
