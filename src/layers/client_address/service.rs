//! The service: puts the client's address beside each request.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower::Service;

use super::{Address, of};
use crate::cidr::Cidr;
use crate::peer::Peer;

/// Gives the inner service requests with an [`Address`].
#[derive(Debug, Clone)]
pub struct ClientAddress<S> {
    pub(super) inner: S,
    pub(super) trusted: Arc<[Cidr]>,
}

impl<S, A> Service<Request<A>> for ClientAddress<S>
where
    S: Service<Request<A>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        // The listener sets it for every request.
        if let Some(peer) = request.extensions().get::<Peer>() {
            let address = of(peer.addr.ip(), request.headers(), &self.trusted);
            request.extensions_mut().insert(Address(address));
        }
        self.inner.call(request)
    }
}
