//! A connection whose reads are told to its [`Activity`].

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;

/// What HTTP/2 begins with (RFC 9113, section 3.4), before the frame of settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER: usize = 9;

pin_project! {
    /// Above TLS, so that it hears what is said and not how it is encrypted.
    pub(super) struct Watched<I> {
        #[pin]
        inner: I,
        activity: Arc<Activity>,
        opening: Opening,
    }
}

/// Which protocol the first bytes tell of.
enum Opening {
    /// So many bytes are what HTTP/2 begins with.
    Open(usize),
    Http1,
    Http2,
}

impl Opening {
    fn after(self, bytes: &[u8]) -> Self {
        let Self::Open(before) = self else { return self };
        let expected = PREFACE.get(before..).unwrap_or_default();
        let compared = expected.len().min(bytes.len());
        let seen = before + bytes.len();
        if expected[..compared] != bytes[..compared] {
            Self::Http1
        } else if seen >= PREFACE.len() + FRAME_HEADER {
            Self::Http2
        } else {
            Self::Open(seen)
        }
    }
}

impl<I> Watched<I> {
    pub(super) fn new(inner: I, activity: Arc<Activity>) -> Self {
        Self { inner, activity, opening: Opening::Open(0) }
    }
}

impl<I: AsyncRead> AsyncRead for Watched<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buf.filled().len();
        ready!(this.inner.poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if !matches!(this.opening, Opening::Http2) && !bytes.is_empty() {
            this.activity.heard();
            *this.opening = std::mem::replace(this.opening, Opening::Http1).after(bytes);
            if matches!(this.opening, Opening::Http2) {
                this.activity.is_http2();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite> AsyncWrite for Watched<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pieces: &[&[u8]]) -> &'static str {
        match pieces.iter().fold(Opening::Open(0), |opening, piece| opening.after(piece)) {
            Opening::Open(_) => "open",
            Opening::Http1 => "1",
            Opening::Http2 => "2",
        }
    }

    #[test]
    fn the_protocols_are_told_apart_however_the_bytes_come() {
        let http2 = [PREFACE, &[0; FRAME_HEADER]].concat();
        for (bytes, expected) in [
            (&b""[..], "open"),
            (b"P", "open"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "open"),
            (PREFACE, "open"),
            (&http2[..http2.len() - 1], "open"),
            (&http2, "2"),
            (&[&http2[..], b"and more"].concat(), "2"),
            (b"G", "1"),
            (b"POST / HTTP/1.1\r\n\r\n", "1"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rx", "1"),
        ] {
            let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(told(&one_by_one), expected, "{}", bytes.escape_ascii());
            for cut in 0..bytes.len() {
                assert_eq!(told(&[&bytes[..cut], &bytes[cut..]]), expected, "{} at {cut}", bytes.escape_ascii());
            }
        }
    }
}
