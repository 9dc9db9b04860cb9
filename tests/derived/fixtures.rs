//! The bodies kept in `tests/genesys/fixtures`, as legs. Only as much of the wire is read as the table needs.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;
use session_resumption::domain::derive::derive;
use session_resumption::domain::ids::ParticipantId;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};
use std::time::Duration;

use crate::given::conversation;

const AGENT: Option<&str> = Some("20000000-aaaa-4bbb-8ccc-000000000001");
const SUPPORT: Option<&str> = Some("10000000-aaaa-4bbb-8ccc-000000000001");
const SPECIALISTS: Option<&str> = Some("10000000-aaaa-4bbb-8ccc-000000000002");

/// Every conversation there is, by the name of its state.
pub(crate) fn fixtures() -> Vec<(String, Legs)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/genesys/fixtures");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let state = name.strip_prefix("message_conversation.").and_then(|name| name.strip_suffix(".json"));
        if let Some(state) = state {
            let body: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            found.push((state.to_owned(), legs(&body)));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    text(value, pointer).map(|text| text.parse().unwrap())
}

fn legs(body: &Value) -> Legs {
    let all = body["participants"].as_array().unwrap().iter().map(leg).collect();
    conversation(all, body["recentTransfers"].as_array().unwrap().iter().map(transfer).collect())
}

fn leg(body: &Value) -> Leg {
    let times = ["/startTime", "/startAlertingTime", "/connectedTime", "/endTime", "/parkTime"];
    let messages = body["messages"].as_array().unwrap().iter().map(|message| time(message, "/messageTime"));
    Leg {
        id: text(body, "/id").unwrap(),
        purpose: match body["purpose"].as_str().unwrap() {
            "customer" => Purpose::Customer,
            "agent" => Purpose::Agent,
            "acd" => Purpose::Acd,
            "workflow" => Purpose::Flow,
            new => panic!("a fixture has the new purpose {new:?}"),
        },
        state: match body["state"].as_str().unwrap() {
            "alerting" => LegState::Alerting,
            "connected" => LegState::Connected,
            "parked" => LegState::Parked,
            "disconnected" => LegState::Ended,
            new => panic!("a fixture has the new state {new:?}"),
        },
        disconnect: body["disconnectType"].as_str().map(|how| match how {
            "transfer" => Disconnect::Transfer,
            "session.expired" => Disconnect::SessionExpired,
            "peer" | "client" => Disconnect::Other,
            new => panic!("a fixture has the new way to end {new:?}"),
        }),
        started: time(body, "/startTime"),
        ended: time(body, "/endTime"),
        changed: times.iter().map(|pointer| time(body, pointer)).chain(messages).flatten().max(),
        user_id: text(body, "/user/id"),
        queue_id: text(body, "/queue/id"),
        contact_id: None,
    }
}

fn transfer(body: &Value) -> Transfer {
    let to_user = text(body, "/destination/userId");
    Transfer {
        id: text(body, "/id").unwrap(),
        state: match body["state"].as_str().unwrap() {
            "Pending" | "Active" => TransferState::Pending,
            _ => TransferState::Over,
        },
        issued: time(body, "/dateIssued"),
        from_user: text(body, "/initiator/userId"),
        to_queue: text(body, "/destination/address").filter(|_| to_user.is_none()),
        to_user,
    }
}

#[test]
fn the_fixtures_are_what_their_names_say() {
    let expected = [
        ("active_with_agent", "ACTIVE", AGENT, SUPPORT, None, true),
        ("all_disconnected_by_agent", "DISCONNECTED", AGENT, SUPPORT, None, false),
        ("offered_to_agent", "QUEUE", None, SUPPORT, None, false),
        ("parked", "PARKED", AGENT, SUPPORT, None, false),
        ("queued", "QUEUE", None, SUPPORT, None, false),
        ("session_expired", "TERMINATED", AGENT, SUPPORT, None, false),
        ("transfer_in_progress", "TRANSFER", AGENT, SPECIALISTS, SPECIALISTS, false),
    ];
    let customer = ParticipantId::parse("00000001-1111-4222-8333-444444444444").unwrap();
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), expected.len());
    for ((name, seen), (state, status, agent, queue, target, attached)) in fixtures.iter().zip(expected) {
        assert_eq!(name, state);
        let snapshot = derive(seen, Duration::from_hours(72), "2026-05-15T14:15:00Z".parse().unwrap());
        assert_eq!(snapshot.status_text, status, "{name}");
        assert_eq!(snapshot.agent_id(), agent, "{name}");
        assert_eq!(snapshot.queue_id(), queue, "{name}");
        assert_eq!(snapshot.target_queue_id.as_deref(), target, "{name}");
        assert_eq!(snapshot.is_attached(&customer), attached, "{name}");
    }
}
