//! A row of `golden/decisions.toml`, and what it stands for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use session_resumption::domain::decision::{Decision, Route, Unjudgeable};
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::domain::policy::{Policy, UnknownStatus, Window, Windows};
use session_resumption::domain::snapshot::{Participant, Role, Snapshot, Status};

use crate::given::{CONVERSATION, CUSTOMER, at, customer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, String>,
    pub(crate) given: Given,
    pub(crate) answer: Expected,
    #[serde(default)]
    pub(crate) flow: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) status: Option<String>,
    changed: Option<String>,
    pub(crate) first_asked: Option<String>,
    asked_by: Option<String>,
    queue: Option<String>,
    target_queue: Option<String>,
    transfer_reason: Option<String>,
    #[serde(default)]
    agents: Vec<Agent>,
    #[serde(default = "yes")]
    exists: bool,
    #[serde(default = "yes")]
    customer: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    leg: Option<String>,
    user: Option<String>,
    #[serde(rename = "agent")]
    id: Option<String>,
    #[serde(default)]
    active: bool,
    changed: Option<String>,
    queue: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) decision: String,
    pub(crate) reason: Option<String>,
    pub(crate) route: Option<String>,
    agent: Option<String>,
    queue: Option<String>,
    target_queue: Option<String>,
    transfer_reason: Option<String>,
    until: Option<String>,
}

fn yes() -> bool {
    true
}

fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    text.strip_prefix("2026-03-02T").and_then(|text| text.strip_suffix('Z')).unwrap_or(&text).to_owned()
}

fn status(text: &str) -> Status {
    match text {
        "ACTIVE" => Status::Active,
        "DISCONNECTED" => Status::Disconnected,
        "TRANSFER" => Status::Transfer,
        "QUEUE" => Status::Queue,
        "REROUTE" => Status::Reroute,
        "PARKED" => Status::Parked,
        "TERMINATED" => Status::Terminated,
        _ => Status::Unknown,
    }
}

fn route(route: Route) -> &'static str {
    match route {
        Route::ReattachAgent => "REATTACH_AGENT",
        Route::TransferQueue => "TRANSFER_QUEUE",
        Route::WaitInQueue => "WAIT_IN_QUEUE",
    }
}

fn window(text: &str) -> Window {
    if text == "unlimited" {
        return Window::Unlimited;
    }
    let signed: SignedDuration = text.parse().unwrap_or_else(|why| panic!("{text:?} is not a duration: {why}"));
    Window::Limited(signed.try_into().expect("a window is not negative"))
}

pub(crate) fn policy(rules: &BTreeMap<String, String>) -> Policy {
    let mut policy = Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting };
    for (key, value) in rules {
        let windows = &mut policy.windows;
        match key.as_str() {
            "profile" => {
                policy.unknown_status = match value.as_str() {
                    "guide" => UnknownStatus::NewRouting,
                    "platform" => UnknownStatus::Resumable,
                    other => panic!("{other:?} is no profile"),
                }
            }
            "DISCONNECTED" => windows.disconnected = window(value),
            "ACTIVE" => windows.active = window(value),
            "TRANSFER" => windows.transfer = window(value),
            "QUEUE" => windows.queue = window(value),
            "REROUTE" => windows.reroute = window(value),
            other => panic!("{other:?} is no rule"),
        }
    }
    policy
}

impl Given {
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        if !self.exists {
            return None;
        }
        let mut participants = vec![customer(if self.customer { CUSTOMER } else { "somebody-else" })];
        participants.extend(self.agents.iter().enumerate().map(|(index, agent)| Participant {
            id: agent.leg.clone().unwrap_or_else(|| format!("leg-{}", index + 1)),
            role: Role::Agent,
            active: agent.active,
            updated: agent.changed.as_deref().map(at),
            user_id: agent.user.clone(),
            agent_id: agent.id.clone(),
            queue_id: agent.queue.clone(),
        }));
        let text = self.status.clone().expect("a conversation that exists has a status");
        Some(Snapshot {
            conversation: ConversationId::parse(CONVERSATION).unwrap(),
            status: status(&text),
            status_text: text,
            updated: self.changed.as_deref().map(at),
            participants,
            queue_id: self.queue.clone(),
            target_queue_id: self.target_queue.clone(),
            transfer_reason: self.transfer_reason.clone(),
            attributes: BTreeMap::new(),
            contact_id: None,
        })
    }

    pub(crate) fn pair(&self) -> Pair {
        Pair {
            conversation: ConversationId::parse(CONVERSATION).unwrap(),
            participant: ParticipantId::parse(self.asked_by.as_deref().unwrap_or(CUSTOMER)).unwrap(),
        }
    }
}

impl Expected {
    pub(crate) fn from(outcome: &Result<Decision, Unjudgeable>) -> Self {
        match outcome.clone() {
            Err(Unjudgeable) => Self { decision: "UNDECIDED".to_owned(), ..Self::default() },
            Ok(Decision::Resumable(resume)) => Self {
                decision: "RESUMABLE".to_owned(),
                reason: Some(resume.reason.wire().to_owned()),
                route: Some(route(resume.route).to_owned()),
                agent: resume.agent_id,
                queue: resume.queue_id,
                target_queue: resume.target_queue_id,
                transfer_reason: resume.transfer_reason,
                until: resume.until.map(clock),
            },
            Ok(Decision::NewRoutingRequired(start_over)) => Self {
                decision: "NEW_ROUTING_REQUIRED".to_owned(),
                reason: Some(start_over.reason.wire().to_owned()),
                route: Some("NEW_ROUTING".to_owned()),
                ..Self::default()
            },
        }
    }
}

pub(crate) fn table() -> Vec<Case> {
    let table: Table =
        toml::from_str(include_str!("../../golden/decisions.toml")).expect("golden/decisions.toml is readable");
    table.case
}
