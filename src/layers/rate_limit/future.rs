//! The future: the inner answer with the caller's standing, or the refusal.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Response};
use pin_project_lite::pin_project;

use super::{Refused, Standing, headers};
use crate::layers::BoxError;
use crate::layers::rescue::Headed;

pin_project! {
    /// Resolves to the inner response, with headers that tell where its caller stands.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        told: Result<Option<Standing>, Refused>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn admitted(inner: F, standing: Option<Standing>) -> Self {
        Self { inner: Some(inner), told: Ok(standing) }
    }

    pub(super) fn refused(refused: Refused) -> Self {
        metrics::counter!("session_resumption_rate_limited_total").increment(1);
        Self { inner: None, told: Err(refused) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let standing = match *this.told {
            Ok(standing) => standing,
            Err(refused) => {
                let mut told = HeaderMap::new();
                headers::add(&mut told, refused.standing);
                return Poll::Ready(Err(Headed { error: refused.into(), headers: told }.into()));
            }
        };
        // An admitted request has an inner future.
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        let mut outcome = ready!(inner.poll(cx)).map_err(Into::into);
        if let (Ok(response), Some(standing)) = (&mut outcome, standing) {
            headers::add(response.headers_mut(), standing);
        }
        Poll::Ready(outcome)
    }
}
