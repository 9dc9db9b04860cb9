//! The guide's story, scenario by scenario. Each says what it saw and what of that is wrong.

mod routing;
mod tabs;
mod trouble;

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use genesys_sim::Route as Call;

use super::chat::{Chat, MARKER};
use super::stage::Stage;
use crate::pb::ValidateSessionResponse;

/// One scenario.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    play: for<'a> fn(&'a Stage) -> BoxFuture<'a, anyhow::Result<Played>>,
}

impl Scenario {
    pub(super) async fn play(&self, stage: &Stage) -> anyhow::Result<Played> {
        (self.play)(stage).await
    }
}

macro_rules! scenarios {
    ($($name:literal => $play:path,)*) => {
        /// All of them, in the order they are told.
        pub(super) const ALL: &[Scenario] = &[$(Scenario { name: $name, play: |stage| Box::pin($play(stage)) },)*];
    };
}

scenarios! {
    "network drop, same agent" => routing::drop_and_resume,
    "page refreshed after ten minutes" => routing::refresh,
    "three tabs at once, and a takeover" => tabs::three_tabs,
    "drop during a transfer" => routing::transfer,
    "drop while waiting in a queue" => routing::queue,
    "back after the window" => routing::window_expired,
    "conversation ended meanwhile" => routing::terminated,
    "OAuth token expired" => trouble::token_expired,
    "Genesys answers 503, then 429" => trouble::outage,
    "a second drop" => tabs::second_drop,
    "the answer to an injection is lost" => trouble::lost_injection,
}

/// What a scenario came to.
#[derive(Default)]
pub(super) struct Played {
    pub(super) decision: String,
    pub(super) route: String,
    pub(super) calls: String,
    pub(super) markers: String,
    pub(super) count: String,
    pub(super) wrong: Vec<String>,
}

impl Played {
    /// Notes what differs from what the guide says.
    #[expect(clippy::needless_pass_by_value, reason = "every call is spared two `&`")]
    fn expect<T: PartialEq + Debug>(&mut self, what: &str, seen: T, expected: T) {
        if seen != expected {
            self.wrong.push(format!("{what} is {seen:?} instead of {expected:?}"));
        }
    }

    /// Fills the row from the last answer and what Genesys holds, and expects these numbers of markers and resumptions.
    fn close(
        mut self,
        chat: &Chat<'_>,
        answer: &ValidateSessionResponse,
        markers: usize,
        count: &str,
    ) -> anyhow::Result<Self> {
        if self.decision.is_empty() {
            answer.decision().as_str_name().clone_into(&mut self.decision);
        }
        answer.route().as_str_name().clone_into(&mut self.route);
        let (seen_markers, seen_count) = (chat.said(MARKER)?, chat.count()?);
        self.expect("the number of markers", seen_markers, markers);
        self.expect("resumptionCount", seen_count.as_str(), count);
        let broken = chat.stage.control.ledger().into_iter().find_map(|entry| entry.violation);
        self.expect("a call against the contract", broken, None);
        self.calls = chat.calls(Call::AnyApi).to_string();
        self.markers = seen_markers.to_string();
        self.count = seen_count;
        Ok(self)
    }
}
