//! An answer as a text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::answer as domain;
use crate::domain::decision::{self, Reason, Route};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    decision: Decision,
    as_of: Timestamp,
    #[serde(default)]
    mirrored: bool,
    #[serde(default)]
    undelivered: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Decision {
    Resumable(#[serde(with = "Resume")] decision::Resume),
    NewRoutingRequired(#[serde(with = "StartOver")] decision::StartOver),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "decision::Resume")]
struct Resume {
    #[serde(with = "ReasonName")]
    reason: Reason,
    #[serde(with = "RouteName")]
    route: Route,
    status: String,
    agent_id: Option<String>,
    queue_id: Option<String>,
    target_queue_id: Option<String>,
    transfer_reason: Option<String>,
    until: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "decision::StartOver")]
struct StartOver {
    #[serde(with = "ReasonName")]
    reason: Reason,
    status: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "Reason")]
enum ReasonName {
    WithinWindow,
    WindowExpired,
    Live,
    InTransfer,
    InQueue,
    Ended,
    SessionNotFound,
    UnknownStatus,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "Route")]
enum RouteName {
    ReattachAgent,
    TransferQueue,
    WaitInQueue,
}

impl From<domain::Answer> for Answer {
    fn from(answer: domain::Answer) -> Self {
        let decision = match answer.decision {
            decision::Decision::Resumable(resume) => Decision::Resumable(resume),
            decision::Decision::NewRoutingRequired(start_over) => Decision::NewRoutingRequired(start_over),
        };
        let mirrored = answer.source == domain::Source::Mirror;
        Self { decision, as_of: answer.as_of, mirrored, undelivered: answer.undelivered }
    }
}

impl From<Answer> for domain::Answer {
    fn from(answer: Answer) -> Self {
        let decision = match answer.decision {
            Decision::Resumable(resume) => decision::Decision::Resumable(resume),
            Decision::NewRoutingRequired(start_over) => decision::Decision::NewRoutingRequired(start_over),
        };
        let source = if answer.mirrored { domain::Source::Mirror } else { domain::Source::LiveRead };
        Self { decision, as_of: answer.as_of, source, undelivered: answer.undelivered }
    }
}
