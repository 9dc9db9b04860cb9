//! A client of all replicas.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::{Service, ServiceExt};

/// Sends each call to the next replica, so that no two calls in a row meet the same one, where there are several.
#[derive(Clone)]
pub(crate) struct Spread {
    replicas: Arc<[Channel]>,
    sent: Arc<AtomicUsize>,
}

impl Spread {
    pub(crate) fn over(replicas: impl IntoIterator<Item = Channel>) -> Self {
        Self { replicas: replicas.into_iter().collect(), sent: Arc::default() }
    }
}

impl Service<http::Request<Body>> for Spread {
    type Response = http::Response<Body>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let next = self.sent.fetch_add(1, Ordering::Relaxed) % self.replicas.len();
        self.replicas[next].clone().oneshot(request).boxed()
    }
}
