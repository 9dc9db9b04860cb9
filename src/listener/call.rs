//! The application as hyper calls it: told who calls, and its calls counted.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::Service;
use pin_project_lite::pin_project;

use super::activity::{Activity, Call};
use crate::peer::Peer;

/// The calls of one connection.
pub(super) struct Calls {
    pub(super) app: Router,
    pub(super) peer: Peer,
    pub(super) activity: Arc<Activity>,
}

impl Service<Request<Incoming>> for Calls {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Calling;

    fn call(&self, mut request: Request<Incoming>) -> Calling {
        request.extensions_mut().insert(self.peer.clone());
        let call = self.activity.call();
        // A router is always ready.
        Calling { answering: tower::Service::call(&mut self.app.clone(), request), call: Some(call) }
    }
}

pin_project! {
    /// Resolves to the answer, which goes on being the call.
    pub(super) struct Calling {
        #[pin]
        answering: RouteFuture<Infallible>,
        call: Option<Call>,
    }
}

impl Future for Calling {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.answering.poll(cx))?;
        let mut call = this.call.take();
        if let Some(call) = &mut call {
            call.owes();
        }
        Poll::Ready(Ok(response.map(|body| Answer { body, call })))
    }
}

pin_project! {
    /// The body of an answer. hyper asks for more of it when the peer has taken what it gave before.
    pub(super) struct Answer {
        #[pin]
        body: Body,
        call: Option<Call>,
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.project();
        let frame = this.body.poll_frame(cx);
        if let Some(call) = this.call {
            if matches!(frame, Poll::Ready(Some(_))) { call.owes() } else { call.owes_nothing() }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
