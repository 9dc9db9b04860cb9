//! Takes in the rest of a request's body before its answer goes out.
//!
//! A request can be refused before its body has arrived. Over HTTP/1.1 the connection is then closed on a client that still sends, and
//! some clients (curl and Node among them) report the broken connection and lose the answer.

mod body;
mod future;
mod layer;
mod service;

pub use body::SharedBody;
pub use future::ResponseFuture;
pub use layer::DrainLayer;
pub use service::Drain;

use std::time::Duration;

/// How much is taken in, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The most bytes.
    pub bytes: usize,
    /// The longest time.
    pub time: Duration,
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use futures_util::StreamExt as _;
    use http::{Request, Response};
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::time::Instant;
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;

    const PATIENCE: Patience = Patience { bytes: 100, time: Duration::from_secs(1) };

    /// Asks a service that reads nothing, with pieces of ten bytes; how many of them were taken in.
    async fn taken(pieces: usize) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&count);
        let frames = futures_util::stream::iter(0..pieces).map(move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(http_body::Frame::data(Bytes::from_static(b"0123456789")))
        });
        let refusing = service_fn(async |_: Request<SharedBody<_>>| Ok::<_, Infallible>(Response::new("no")));
        let answer =
            DrainLayer::new(PATIENCE).layer(refusing).oneshot(Request::new(StreamBody::new(frames))).await.unwrap();
        assert_eq!(*answer.body(), "no");
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn the_rest_is_taken_in_up_to_a_bound() {
        assert_eq!(taken(0).await, 0);
        assert_eq!(taken(7).await, 7);
        assert_eq!(taken(1_000).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_a_rest_that_does_not_come() {
        let never = StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, Infallible>>());
        let refusing = service_fn(async |_: Request<SharedBody<_>>| Ok::<_, Infallible>(Response::new(())));
        let began = Instant::now();
        DrainLayer::new(PATIENCE).layer(refusing).oneshot(Request::new(never)).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 1);
    }

    /// A stream's answer begins while its request goes on.
    #[tokio::test(start_paused = true)]
    async fn nothing_is_taken_from_whoever_still_reads() {
        let never = StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, Infallible>>());
        let streaming =
            service_fn(async |request: Request<SharedBody<_>>| Ok::<_, Infallible>(Response::new(request.into_body())));
        let began = Instant::now();
        DrainLayer::new(PATIENCE).layer(streaming).oneshot(Request::new(never)).await.unwrap();
        assert!(began.elapsed().is_zero());
    }

    #[tokio::test]
    async fn whoever_reads_the_body_gets_all_of_it() {
        let frames = futures_util::stream::iter(0..3)
            .map(|_| Ok::<_, Infallible>(http_body::Frame::data(Bytes::from_static(b"ab"))));
        let reading = service_fn(async |request: Request<SharedBody<_>>| {
            Ok::<_, Infallible>(Response::new(request.into_body().collect().await.unwrap().to_bytes()))
        });
        let answer =
            DrainLayer::new(PATIENCE).layer(reading).oneshot(Request::new(StreamBody::new(frames))).await.unwrap();
        assert_eq!(answer.body(), "ababab");
    }
}
