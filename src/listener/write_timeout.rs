//! A connection that fails when its peer takes nothing of what is to be sent for too long.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

pin_project! {
    /// Right around the socket, under TLS: there all that waits for the peer is a write. TCP neither flushes nor shuts down slowly.
    #[derive(Debug)]
    pub(super) struct WriteTimeout<I> {
        #[pin]
        inner: I,
        limit: Duration,
        // Made by the first wait: most connections have none.
        timer: Option<Pin<Box<Sleep>>>,
        waiting: bool,
    }
}

impl<I> WriteTimeout<I> {
    pub(super) fn new(inner: I, limit: Duration) -> Self {
        Self { inner, limit, timer: None, waiting: false }
    }

    fn timed(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut I>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = write(this.inner, cx);
        if written.is_ready() {
            *this.waiting = false;
            return written;
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(*this.limit)));
        if !*this.waiting {
            *this.waiting = true;
            timer.as_mut().reset(Instant::now() + *this.limit);
        }
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead> AsyncRead for WriteTimeout<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

impl<I: AsyncWrite> AsyncWrite for WriteTimeout<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.timed(cx, |inner, cx| inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.timed(cx, |inner, cx| inner.poll_write_vectored(cx, slices))
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_nothing_is_given_up() {
        let (near, _far) = duplex(10);
        let mut near = WriteTimeout::new(near, LIMIT);
        near.write_all(&[0; 10]).await.unwrap();
        let began = Instant::now();
        assert_eq!(near.write_all(&[0; 1]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), LIMIT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_little_by_little_is_waited_for() {
        let (near, mut far) = duplex(10);
        let mut near = WriteTimeout::new(near, LIMIT);
        let reading = async {
            for _ in 0..20 {
                sleep(LIMIT.mul_f64(0.9)).await;
                far.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(near.write_all(&[0; 30]), reading);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_given_up_for_sending_nothing() {
        let (near, mut far) = duplex(10);
        let mut near = WriteTimeout::new(near, LIMIT);
        let sending = async {
            sleep(LIMIT * 10).await;
            far.write_u8(7).await.unwrap();
        };
        let (read, ()) = tokio::join!(near.read_u8(), sending);
        assert_eq!(read.unwrap(), 7);
        near.write_all(&[0; 10]).await.unwrap();
    }
}
