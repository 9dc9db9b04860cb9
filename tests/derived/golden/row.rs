//! A row of `golden/derived.toml`, and what it stands for.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use session_resumption::domain::decision::{Decision, Request, decide};
use session_resumption::domain::derive::derive;
use session_resumption::domain::ids::ParticipantId;
use session_resumption::domain::legs::{Leg, LegState, Legs, Transfer, TransferState};

use crate::given::{CUSTOMER, at, conversation, disconnect, noon, policy, purpose, state};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    timeline: Option<String>,
    now: Option<String>,
    pub(crate) legs: Vec<GivenLeg>,
    #[serde(default)]
    pub(crate) transfers: Vec<GivenTransfer>,
    pub(crate) answer: Answer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenLeg {
    pub(crate) is: String,
    id: Option<String>,
    pub(crate) state: Option<String>,
    from: Option<String>,
    to: Option<String>,
    pub(crate) how: Option<String>,
    user: Option<String>,
    queue: Option<String>,
    contact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenTransfer {
    state: String,
    at: Option<String>,
    from: Option<String>,
    to_user: Option<String>,
    to_queue: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) route: String,
    agent: Option<String>,
    queue: Option<String>,
    target_queue: Option<String>,
    contact: Option<String>,
    #[serde(default)]
    pub(crate) attached: bool,
}

impl Case {
    pub(crate) fn seen(&self) -> Legs {
        let legs = self.legs.iter().enumerate().map(|(index, leg)| leg.leg(index)).collect();
        conversation(legs, self.transfers.iter().map(GivenTransfer::transfer).collect())
    }

    pub(crate) fn answer(&self) -> Answer {
        let timeline = self.timeline.as_deref().unwrap_or("72h");
        let timeline: SignedDuration = timeline.parse().unwrap_or_else(|why| panic!("{timeline:?}: {why}"));
        let timeline = Duration::try_from(timeline).expect("a timeline is not negative");
        let now = self.now.as_deref().map_or_else(noon, at);
        let snapshot = derive(&self.seen(), timeline, now);
        let ana = ParticipantId::parse(CUSTOMER).unwrap();
        let request = Request { participant: &ana, held: Duration::ZERO };
        let route = match decide(&policy(timeline), Some(&snapshot), request, now) {
            Ok(Decision::Resumable(resume)) => resume.route.wire(),
            Ok(Decision::NewRoutingRequired(_)) => "NEW_ROUTING",
            Err(_) => "UNDECIDED",
        };
        Answer {
            status: snapshot.status_text.clone(),
            route: route.to_owned(),
            agent: snapshot.agent_id().map(str::to_owned),
            queue: snapshot.queue_id().map(str::to_owned),
            target_queue: snapshot.target_queue_id.clone(),
            contact: snapshot.contact_id.clone(),
            attached: snapshot.is_attached(&ana),
        }
    }
}

impl GivenLeg {
    fn leg(&self, index: usize) -> Leg {
        let customer = self.is == "customer";
        let (started, ended) = (self.from.as_deref().map(at), self.to.as_deref().map(at));
        let told = if self.to.is_some() || self.how.is_some() { LegState::Ended } else { LegState::Connected };
        Leg {
            id: self.id.clone().unwrap_or_else(|| if customer { CUSTOMER.to_owned() } else { format!("leg-{index}") }),
            purpose: purpose(&self.is),
            state: self.state.as_deref().map_or(told, state),
            disconnect: self.how.as_deref().map(disconnect),
            started,
            ended,
            changed: started.max(ended),
            user_id: self.user.clone(),
            queue_id: self.queue.clone(),
            contact_id: self.contact.clone(),
        }
    }
}

impl GivenTransfer {
    fn transfer(&self) -> Transfer {
        Transfer {
            id: "handing-over".to_owned(),
            state: match self.state.as_str() {
                "pending" => TransferState::Pending,
                "over" => TransferState::Over,
                wrong => panic!("{wrong:?} is no state of a transfer"),
            },
            issued: self.at.as_deref().map(at),
            from_user: self.from.clone(),
            to_user: self.to_user.clone(),
            to_queue: self.to_queue.clone(),
        }
    }
}

pub(crate) fn table() -> Vec<Case> {
    let table: Table =
        toml::from_str(include_str!("../../golden/derived.toml")).expect("golden/derived.toml is readable");
    table.case
}
