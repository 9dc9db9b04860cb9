//! Opening channels: made, subscribed, connected, in this order.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{error, warn};

use super::Listener;
use super::channel::{self, Rejected};
use super::line::{BACKLOG, Line, Opening, Signal};
use super::timing::renewal;
use super::topics::{Topic, portions};
use crate::ports::UpstreamError;

/// Permissions that operators are told of. A platform that words each rejection anew does not fill our memory.
const COMPLAINTS: usize = 100;

/// Why a channel was not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("{0}")]
    Socket(&'static str),
    #[error("no topic is permitted")]
    NothingPermitted,
    #[error("there is nothing to listen to")]
    NothingToDo,
}

// === impl Failure ===

impl Failure {
    /// How long not to try again.
    pub(super) fn hint(&self) -> Option<Duration> {
        match self {
            Self::Upstream(UpstreamError::Budget { retry_after } | UpstreamError::CircuitOpen { retry_after }) => {
                Some(*retry_after)
            }
            Self::Upstream(UpstreamError::RateLimited { retry_after } | UpstreamError::Server { retry_after, .. }) => {
                *retry_after
            }
            Self::Upstream(_) | Self::Socket(_) | Self::NothingPermitted | Self::NothingToDo => None,
        }
    }
}

/// Lines, and the two ends of what they have to say.
pub(super) struct Opened {
    pub(super) lines: Vec<Line>,
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) to: mpsc::Sender<Signal>,
    /// How many topics there are.
    pub(super) asked: usize,
}

// === impl Listener ===

impl Listener {
    /// Opens as many channels as the topics need.
    pub(super) async fn open_all(&self) -> Result<Opened, Failure> {
        let (portions, left) = portions(&self.listening);
        if left > 0 {
            error!(topics = left, "more than the channels of an application can carry: they are not listened to");
        }
        // A token first: the channels are made with it.
        self.link.sign_in().await?;
        let asked = left + portions.iter().map(Vec::len).sum::<usize>();
        let (to, signals) = mpsc::channel(BACKLOG);
        let mut lines = Vec::with_capacity(portions.len());
        for topics in portions {
            match self.open(topics, to.clone()).await {
                Ok(line) => lines.push(line),
                // The topics of other channels may be.
                Err(Failure::NothingPermitted) => {}
                Err(failure) => return Err(failure),
            }
        }
        match (lines.is_empty(), asked) {
            (true, 0) => Err(Failure::NothingToDo),
            (true, _) => Err(Failure::NothingPermitted),
            (false, _) => Ok(Opened { lines, signals, to, asked }),
        }
    }

    /// The number of the token that calls are made with now.
    pub(super) fn token(&self) -> u64 {
        self.link.api().renewed()
    }

    /// Opens one channel.
    pub(super) async fn open(&self, topics: Vec<Topic>, to: mpsc::Sender<Signal>) -> Result<Line, Failure> {
        let token = self.token();
        let channel = channel::create(&self.link).await?;
        let rejected = channel.subscribe(&self.link, &topics).await?;
        self.complain(&rejected);
        let mut permitted: HashSet<Topic> = topics.iter().cloned().collect();
        for rejected in &rejected {
            permitted.remove(&rejected.topic);
        }
        if permitted.is_empty() {
            return Err(Failure::NothingPermitted);
        }
        let socket = self.dialer.dial(&channel.address).await.map_err(Failure::Socket)?;
        let renew_at = Instant::now() + renewal(channel.life, self.entropy.unit());
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        Ok(Line::start(Opening { serial, topics, permitted, token, renew_at }, socket, to, self.timing))
    }

    /// Tells operators which permission is missing, once.
    fn complain(&self, rejected: &[Rejected]) {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        for Rejected { topic, missing } in rejected {
            if complained.len() < COMPLAINTS && complained.insert(missing.clone()) {
                let topics = rejected.iter().filter(|other| other.missing == *missing).count();
                warn!(
                    missing_permissions = missing,
                    topics,
                    first = topic.name(),
                    "genesys does not permit topics: the conversations of their queues are not followed"
                );
            }
        }
    }
}
