//! What our client makes of conversations that Prism makes up.

use std::time::Duration;

use serde_json::Value;
use session_resumption::domain::decision::{Decision, Request, decide};
use session_resumption::domain::ids::{ConversationId, ParticipantId};
use session_resumption::domain::policy::{Policy, UnknownStatus, Window, Windows};
use session_resumption::genesys::MetadataHome;
use session_resumption::ports::{Conversations as _, UpstreamError};

use crate::bench::say;
use crate::client::{TIMELINE, client, soon};
use crate::description::made_up;
use crate::prism::Prism;
use crate::witness::Witness;

const NAME: &str = "a1b2c3d4-e5f6-4890-abcd-ef1234567890";

const BODIES: usize = 200;

#[derive(Debug, Default)]
struct Count {
    /// Bodies of which no conversation could be made.
    refused: usize,
    /// Customers whose leg is live, and who may go back.
    resumable: usize,
    /// Customers whose leg is live, of whom nothing could be said.
    unjudged: usize,
    /// Customers whose leg is over, and who start anew.
    started_over: usize,
}

#[tokio::test]
async fn no_customer_with_a_live_leg_is_sent_away_whatever_else_is_answered() {
    let witness = Witness::of(Prism::inventing(&made_up(NAME)).await).await;
    let genesys = client(&witness.url, MetadataHome::ParticipantAttributes);
    let policy = Policy {
        windows: Windows { disconnected: Window::Limited(TIMELINE), ..Windows::default() },
        unknown_status: UnknownStatus::Resumable,
    };
    let id = ConversationId::parse(NAME).unwrap();
    let mut count = Count::default();
    for _ in 0..BODIES {
        let reading = match genesys.read(&id, soon()).await {
            Ok(reading) => Some(reading),
            Err(UpstreamError::Malformed(_)) => None,
            Err(other) => panic!("{other:?}"),
        };
        let body: Value = serde_json::from_slice(&witness.take().remove(0).answer).unwrap();
        count.refused += usize::from(reading.is_none());
        for (participant, live) in customers(&body) {
            let Some(reading) = &reading else {
                count.unjudged += usize::from(live);
                continue;
            };
            let (snapshot, now) = (reading.found.as_ref(), reading.date.unwrap());
            let request = Request { participant: &participant, held: Duration::ZERO };
            match (decide(&policy, snapshot, request, now), live) {
                (Ok(Decision::NewRoutingRequired(_)), false) => count.started_over += 1,
                (Ok(Decision::Resumable(_)), true) => count.resumable += 1,
                (Err(_), true) => count.unjudged += 1,
                (Ok(Decision::NewRoutingRequired(sent_away)), true) => panic!("{sent_away:?} of {body:#}"),
                // Another leg keeps the conversation alive.
                (Ok(Decision::Resumable(_)) | Err(_), false) => {}
            }
        }
    }
    say(&format!("{BODIES} conversations made up by Prism: {count:?}"));
    assert!(count.resumable >= 20 && count.started_over >= 5, "{count:?} of {BODIES} show little");
}

/// The customers of a conversation, and whether their legs are live, as anybody would read it.
fn customers(body: &Value) -> Vec<(ParticipantId, bool)> {
    let participants = body["participants"].as_array().into_iter().flatten();
    let customers = participants.filter(|leg| leg["purpose"] == "customer");
    let customer = |leg: &Value| {
        let ended = leg["state"] == "disconnected" || leg["state"] == "terminated" || leg["endTime"].is_string();
        (ParticipantId::parse(leg["id"].as_str().unwrap()).unwrap(), !ended)
    };
    customers.map(customer).collect()
}
