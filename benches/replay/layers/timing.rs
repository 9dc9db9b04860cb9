//! How long the calls take: all cases in turn, round by round, so that other work on the machine slows all of them alike.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, anyhow, ensure};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusHandle;
use session_resumption::peer::Peer;
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::Case;
use crate::credentials::Credentials;
use crate::row::{Protocol, Shows};
use crate::session::Session;
use crate::target::request;

/// How often each case is measured, and how many calls are a measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) calls: u32,
}

/// A request that is made again and again.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    peer: Peer,
}

impl Ask {
    pub(super) fn new(
        protocol: Protocol,
        shows: Shows,
        session: &Session,
        credentials: &Credentials,
    ) -> anyhow::Result<Self> {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000));
        let (all, body) = request(protocol, shows, peer, session, credentials)?;
        let path = all.iter().find(|(name, _)| name == ":path").context("no path")?;
        let uri = format!("http://{peer}{}", path.1).parse()?;
        let mut headers = Vec::new();
        for (name, value) in all.iter().filter(|(name, _)| !name.starts_with(':')) {
            headers.push((name.parse()?, value.parse()?));
        }
        Ok(Self { uri, headers, body: body.into(), peer: Peer::new(peer) })
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().extend(self.headers.iter().cloned());
        request.extensions_mut().insert(self.peer.clone());
        request
    }
}

/// Nanoseconds of a call to each case, round by round.
pub(super) async fn rounds(plan: Plan, cases: &[Case], metrics: &PrometheusHandle) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut took = vec![Vec::with_capacity(plan.rounds); cases.len()];
    for case in cases {
        let answer = call(case).await?;
        ensure!(!answer.is_empty(), "a case answers with an error: {case:?}");
    }
    for round in 0..plan.rounds {
        for turn in 0..cases.len() {
            let index = (round + turn) % cases.len();
            let began = Instant::now();
            for _ in 0..plan.calls {
                call(&cases[index]).await?;
            }
            took[index].push(began.elapsed().as_secs_f64() * 1e9 / f64::from(plan.calls));
        }
        tokio::task::yield_now().await;
        // Else what was counted would be kept call by call.
        metrics.run_upkeep();
    }
    Ok(took)
}

/// One call, up to the end of its answer. A refusal has no body.
async fn call(case: &Case) -> anyhow::Result<Bytes> {
    let answer = case.service.clone().oneshot(case.ask.request()).await.map_err(|error| anyhow!(error))?;
    Ok(answer.into_body().collect().await?.to_bytes())
}
