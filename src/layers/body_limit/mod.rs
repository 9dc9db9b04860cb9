//! Bounds the body of a request: its size, and the time it may take to arrive.
//!
//! Whatever the inner service makes of a body that was cut off, the caller is told why it was.

mod body;
mod future;
mod layer;
mod service;

pub use body::LimitedBody;
pub use future::ResponseFuture;
pub use layer::BodyLimitLayer;
pub use service::BodyLimit;

use std::time::Duration;

use crate::domain::error::{Error, Reason};

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most bytes.
    pub bytes: u64,
    /// How long it may take to arrive, from the request's head on.
    pub within: Duration,
}

fn too_large(bounds: Bounds) -> Error {
    let message = format!("the request is larger than {} bytes; send less at once", bounds.bytes);
    Error::new(Reason::RequestTooLarge, message)
}

fn too_slow(bounds: Bounds) -> Error {
    let message = format!("the request's body did not arrive within {:?}; repeating it is safe", bounds.within);
    Error::new(Reason::DeadlineExceeded, message)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::{BodyExt as _, Full, StreamBody};
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;
    use crate::layers::BoxError;

    const BOUNDS: Bounds = Bounds { bytes: 10, within: Duration::from_secs(10) };

    /// Reads the whole body, and answers as if nothing were wrong when it breaks, as some services do.
    async fn asked<B>(body: B, declared: Option<u64>) -> Result<usize, Error>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let reading = service_fn(async |request: Request<LimitedBody<B>>| {
            let read = request.into_body().collect().await.map(|body| body.to_bytes().len());
            Ok::<_, Infallible>(Response::new(read.unwrap_or_default()))
        });
        let mut request = Request::new(body);
        if let Some(declared) = declared {
            request.headers_mut().insert(http::header::CONTENT_LENGTH, declared.into());
        }
        let outcome = BodyLimitLayer::new(BOUNDS).layer(reading).oneshot(request).await;
        outcome.map(Response::into_body).map_err(|error| *error.downcast::<Error>().unwrap())
    }

    fn in_pieces(pieces: Vec<usize>) -> impl http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static {
        let frames = pieces.into_iter().map(|size| Ok(http_body::Frame::data(Bytes::from(vec![0; size]))));
        StreamBody::new(futures_util::stream::iter(frames))
    }

    #[tokio::test]
    async fn a_body_within_its_bounds_passes() {
        assert_eq!(asked(Full::new(Bytes::from_static(b"0123456789")), Some(10)).await, Ok(10));
        assert_eq!(asked(in_pieces(vec![5, 0, 5]), None).await, Ok(10));
        assert_eq!(asked(in_pieces(vec![]), None).await, Ok(0));
    }

    #[tokio::test]
    async fn a_body_too_large_is_refused_as_soon_as_that_is_known() {
        for refused in [
            asked(in_pieces(vec![]), Some(11)).await,
            asked(in_pieces(vec![11]), None).await,
            asked(in_pieces(vec![5, 5, 1]), None).await,
            asked(in_pieces(vec![5, 5, 1]), Some(3)).await,
        ] {
            assert_eq!(refused.unwrap_err().reason, Reason::RequestTooLarge);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, Infallible>>());
        let began = tokio::time::Instant::now();
        assert_eq!(asked(never, None).await.unwrap_err().reason, Reason::DeadlineExceeded);
        assert_eq!(began.elapsed().as_secs(), BOUNDS.within.as_secs());
    }

    /// A byte now and then does not keep a call alive.
    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_not_waited_for() {
        let trickle = futures_util::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Some((Ok::<_, Infallible>(http_body::Frame::data(Bytes::from_static(b"."))), ()))
        });
        let trickle = StreamBody::new(Box::pin(trickle));
        assert_eq!(asked(trickle, None).await.unwrap_err().reason, Reason::DeadlineExceeded);
    }
}
