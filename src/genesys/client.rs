//! One HTTP exchange with Genesys: sent once, bounded in time and size, its failure named.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Method, RequestBuilder, Response, redirect, retry};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::answer::Answer;
use crate::ports::{Clock, UpstreamError};

const USER_AGENT: &str = concat!("session-resumption/", env!("CARGO_PKG_VERSION"));

/// Longest time to connect; half of a short call timeout, so that a dead host is always told from a slow answer: the former
/// lets a message be sent again, the latter does not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an idle connection is kept: less than load balancers do (commonly 60 s), so that we are the ones who close it, and
/// a message is not lost in a connection that is just being closed.
const KEEP_IDLE: Duration = Duration::from_secs(30);

/// Largest answer read. A long conversation is well below it; an endless one must not fill our memory.
const MAX_BODY: usize = 1 << 20;

/// Sends requests and names what goes wrong.
#[derive(Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

// === impl Http ===

impl Http {
    pub(super) fn new(timeout: Duration, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            // A redirect would carry the token, or a message, to a place nobody configured.
            .redirect(redirect::Policy::none())
            // Nor does the environment choose where they go: all configuration is ours.
            .no_proxy()
            // Each try is counted against the budget, so none is made out of our sight.
            .retry(retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
            .pool_idle_timeout(KEEP_IDLE)
            // A connection that died silently is noticed between calls, not by the next message.
            .http2_keep_alive_interval(KEEP_IDLE / 2)
            .http2_keep_alive_while_idle(true)
            .build()?;
        Ok(Self { client, clock, timeout })
    }

    /// How long one exchange may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends one request and reads the whole answer, whatever its status.
    pub(super) async fn exchange(&self, request: RequestBuilder, deadline: Instant) -> Result<Answer, UpstreamError> {
        let now = Instant::now();
        if now >= deadline {
            // Nothing was sent, and the error must say so: after a timeout a message may stand in the transcript.
            return Err(UpstreamError::Unreachable);
        }
        let until = deadline.min(now + self.timeout);
        timeout_at(until, self.send(request)).await.unwrap_or(Err(UpstreamError::Timeout))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, UpstreamError> {
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let received = self.clock.now();
        let body = read(&mut response).await;
        Ok(Answer::new(response.status(), response.headers().clone(), body, received))
    }
}

/// Reads the body, and stops as soon as it proves too large.
async fn read(response: &mut Response) -> Result<Bytes, UpstreamError> {
    let too_large = UpstreamError::Malformed("it is too large");
    if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn failure(error: &reqwest::Error) -> UpstreamError {
    // Connecting comes first: when that times out nothing was sent.
    if error.is_connect() || error.is_builder() {
        UpstreamError::Unreachable
    } else if error.is_timeout() {
        UpstreamError::Timeout
    } else {
        UpstreamError::Reset
    }
}
