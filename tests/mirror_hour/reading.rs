//! Genesys as the service reads it: the simulator's bodies through the real reader, at a distance, within the budget.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genesys_sim::Control;
use jiff::Timestamp;
use session_resumption::budget::{GcraBudget, Limits};
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::derive::derive;
use session_resumption::domain::ids::{ConversationId, Pair};
use session_resumption::domain::snapshot::Reading;
use session_resumption::genesys::platform::conversation::legs_of;
use session_resumption::genesys::platform::telling::Telling;
use session_resumption::ports::{Budget, Conversations, Line, Metadata, Mirror, Post, Settled, Spent, UpstreamError};
use tokio::time::{Instant, sleep};

/// What Genesys allows one OAuth client.
pub(crate) const PER_MINUTE: u32 = 300;

/// The way there, and the way back.
const ONE_WAY: Duration = Duration::from_millis(40);

pub(crate) struct Genesys {
    control: Control,
    telling: Telling,
    budget: GcraBudget,
    timeline: Duration,
    /// When each read was sent.
    sent: Mutex<Vec<Timestamp>>,
}

// === impl Genesys ===

impl Genesys {
    pub(crate) fn new(
        control: Control,
        mirror: Arc<dyn Mirror>,
        covered: &[String],
        timeline: Duration,
        degraded: &DegradedMode,
    ) -> Self {
        let per_minute = NonZeroU32::new(PER_MINUTE).unwrap();
        let budget = GcraBudget::new(Limits { per_minute, while_degraded: per_minute }, degraded.watch());
        let telling = Telling::new(mirror, covered);
        Self { control, telling, budget, timeline, sent: Mutex::default() }
    }

    /// When each read was sent so far.
    pub(crate) fn sent(&self) -> Vec<Timestamp> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Conversations for Genesys {
    async fn read(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        let feed = self.telling.feed().await;
        let spent = |Spent { retry_after }| UpstreamError::Budget { retry_after };
        self.budget.take(deadline).await.map_err(spent)?;
        self.sent.lock().unwrap().push(self.control.now());
        sleep(ONE_WAY).await;
        let body = self.control.platform().conversation(id.as_str()).map_err(|_| UpstreamError::NotFound)?;
        // A `Date` has no fractions.
        let date = Timestamp::from_second(self.control.now().as_second()).unwrap();
        sleep(ONE_WAY).await;
        let legs = legs_of(body, Some(id))?;
        let snapshot = derive(&legs, self.timeline, date);
        self.telling.tell(legs, date, feed).await;
        Ok(Reading::live(Some(snapshot), Some(date)))
    }

    async fn write_metadata(&self, _: &Pair, _: &Metadata, _: Instant) -> Result<Settled, UpstreamError> {
        unreachable!("nobody confirms")
    }

    async fn post(&self, _: &ConversationId, _: &Post, _: Instant) -> Result<String, UpstreamError> {
        unreachable!("nobody injects")
    }

    async fn transcript(&self, _: &ConversationId, _: Instant) -> Result<Option<Vec<Line>>, UpstreamError> {
        unreachable!("nobody injects")
    }
}
