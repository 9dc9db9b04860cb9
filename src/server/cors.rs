//! Which pages in browsers may call, and what they may see of the answer.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::Either;
use http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use tower::{Layer, Service, layer::layer_fn};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use crate::layers::{rate_limit, request_id};

/// What a page may send besides.
const SENT: [HeaderName; 9] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("connect-protocol-version"),
    HeaderName::from_static("connect-timeout-ms"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
];

/// What a page may read: how a call ended stands here, in refusals too.
const SEEN: [HeaderName; 4] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    RETRY_AFTER,
];

/// How long a browser need not ask again; Chromium keeps it no longer.
const REMEMBERED: Duration = Duration::from_hours(2);

/// Lets pages of exactly these origins call, with their cookies. Whatever is no page's request passes by untouched.
pub fn layer<S: Clone>(origins: &[HeaderValue]) -> impl Layer<S, Service = ForPages<S>> + use<S> {
    let cors = rules(origins);
    layer_fn(move |inner: S| ForPages { cors: cors.layer(inner.clone()), inner })
}

/// Asks the rules about requests of pages alone.
#[derive(Debug, Clone)]
pub struct ForPages<S> {
    inner: S,
    cors: Cors<S>,
}

impl<S, A, B> Service<Request<A>> for ForPages<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    Cors<S>: Service<Request<A>, Response = Response<B>, Error = S::Error>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Either<S::Future, <Cors<S> as Service<Request<A>>>::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.inner.poll_ready(cx))?;
        self.cors.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if request.headers().contains_key(ORIGIN) {
            Either::Right(self.cors.call(request))
        } else {
            Either::Left(self.inner.call(request))
        }
    }
}

fn rules(origins: &[HeaderValue]) -> CorsLayer {
    let sent = SENT.into_iter().chain([request_id::NAME]);
    let seen = SEEN.into_iter().chain(rate_limit::NAMES).chain([request_id::NAME]);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_credentials(true)
        .allow_methods([Method::POST, Method::DELETE, Method::GET])
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(seen.collect::<Vec<_>>())
        .max_age(REMEMBERED)
}
