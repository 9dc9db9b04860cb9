//! Each state that the fixtures show can be walked to, and reads the same.

use std::{fs, time::Duration};

use genesys_sim::{NewPlatformConversation, PlatformControl};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::checked::{AGENT, SPECIALISTS, SUPPORT, Shape, queued, shape};
use crate::support::{Harness, expect};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../genesys/fixtures");

/// Walks a queued conversation to the state of a fixture.
fn walk(platform: &PlatformControl, id: &str, state: &str) {
    let served = || platform.answer(id, AGENT).unwrap();
    match state {
        "queued" => {}
        "offered_to_agent" => platform.offer(id, AGENT).unwrap(),
        "active_with_agent" => served(),
        "parked" => {
            served();
            platform.park(id, Duration::from_mins(30)).unwrap();
        }
        "transfer_in_progress" => {
            served();
            platform.transfer(id, SPECIALISTS).unwrap();
        }
        "all_disconnected_by_agent" => {
            served();
            platform.agent_ends(id).unwrap();
        }
        "session_expired" => {
            served();
            platform.expire_session(id).unwrap();
        }
        other => panic!("no walk to {other}"),
    }
}

/// The keys of every leg, of its messages and of the conversation that the fixture has.
fn keys(body: &Value) -> Vec<String> {
    body.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn every_fixtures_state_can_be_reached() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let mut reached = 0;
    for entry in fs::read_dir(FIXTURES).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(state) = name.strip_prefix("message_conversation.").and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        let fixture: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let id = h
            .created(NewPlatformConversation {
                attributes: [("context.resumeKey".to_owned(), "rk-1".to_owned())].into(),
                inactivity_timeout_s: fixture.get("inactivityTimeout").map(|_| 1800),
                ..queued()
            })
            .conversation_id;
        platform.customer_message(&id, "hello").unwrap();
        walk(&platform, &id, state);

        let read = h.platform(reqwest::Method::GET, &format!("conversations/messages/{id}"));
        let read = expect(read, StatusCode::OK).await;
        assert_eq!(shape(&read), shape(&fixture), "{state}");
        for key in keys(&fixture) {
            assert!(read.get(&key).is_some(), "{state} lacks {key}");
        }
        let legs = fixture["participants"].as_array().unwrap().iter().zip(read["participants"].as_array().unwrap());
        for (expected, leg) in legs {
            for key in keys(expected) {
                assert!(leg.get(&key).is_some(), "{state}: a leg lacks {key}");
            }
            for key in ["attributes", "held", "wrapupRequired", "direction", "provider", "type"] {
                assert_eq!(leg[key], expected[key], "{state} {key}");
            }
            assert_eq!(leg["queue"]["id"], expected["queue"]["id"], "{state}");
            assert_eq!(leg["user"]["id"], expected["user"]["id"], "{state}");
        }
        for (expected, transfer) in
            fixture["recentTransfers"].as_array().unwrap().iter().zip(read["recentTransfers"].as_array().unwrap())
        {
            for key in ["state", "initiator", "destination", "transferType"] {
                assert_eq!(transfer[key], expected[key], "{state} {key}");
            }
        }
        reached += 1;
    }
    assert_eq!(reached, 7);
}

fn legs(expected: &[(&str, &str, Option<&str>)]) -> Shape {
    let own = |text: &str| text.to_owned();
    expected.iter().map(|(purpose, state, why)| (own(purpose), own(state), why.map(own))).collect()
}

#[tokio::test]
async fn a_network_drop_changes_no_leg() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.served().conversation_id;
    let before = platform.conversation(&id).unwrap();
    platform.set_away(&id, true).unwrap();
    assert_eq!(platform.conversation(&id).unwrap(), before);
}

#[tokio::test]
async fn an_agent_who_does_not_answer_leaves_it_to_the_queue() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.created(queued()).conversation_id;
    platform.offer(&id, AGENT).unwrap();
    platform.no_answer(&id).unwrap();
    let expected = legs(&[
        ("customer", "connected", None),
        ("workflow", "disconnected", Some("transfer")),
        ("acd", "connected", None),
        ("agent", "disconnected", Some("transfer.noanswer")),
    ]);
    assert_eq!(shape(&platform.conversation(&id).unwrap()), expected);
    assert!(platform.no_answer(&id).is_err(), "nobody is rung at");
}

#[tokio::test]
async fn inactivity_routes_anew() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.served().conversation_id;
    platform.inactivity(&id).unwrap();
    let expected = legs(&[
        ("customer", "connected", None),
        ("workflow", "disconnected", Some("transfer")),
        ("acd", "disconnected", Some("transfer")),
        ("agent", "disconnected", Some("inactivity")),
        ("workflow", "disconnected", Some("transfer")),
        ("acd", "connected", None),
    ]);
    let read = platform.conversation(&id).unwrap();
    assert_eq!(shape(&read), expected);
    assert_eq!(read["participants"][5]["queue"]["id"], json!(SUPPORT));
}

#[tokio::test]
async fn a_message_within_the_threading_timeline_reopens_the_conversation() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.served().conversation_id;
    platform.agent_ends(&id).unwrap();
    h.control.advance(Duration::from_hours(71));
    let said = platform.customer_message(&id, "one more thing").unwrap();
    assert_eq!(said.conversation_id, id);
    let read = platform.conversation(&id).unwrap();
    assert_eq!(shape(&read).len(), 7);
    let expected = legs(&[
        ("customer", "connected", None),
        ("workflow", "disconnected", Some("transfer")),
        ("acd", "connected", None),
    ]);
    assert_eq!(shape(&read)[4..], expected);
    assert_eq!(read["participants"][4]["messages"][0]["messageId"], json!(said.message_id));
}

#[tokio::test]
async fn a_message_after_the_threading_timeline_or_the_session_starts_anew() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let [late, expired, cleared] = [h.served(), h.served(), h.served()];
    platform.agent_ends(&late.conversation_id).unwrap();
    h.control.advance(Duration::from_hours(72) + Duration::from_secs(1));
    platform.expire_session(&expired.conversation_id).unwrap();
    platform.clear(&cleared.conversation_id).unwrap();
    for old in [late, expired, cleared] {
        let before = platform.conversation(&old.conversation_id).unwrap();
        let said = platform.customer_message(&old.conversation_id, "hello again").unwrap();
        assert_ne!(said.conversation_id, old.conversation_id);
        assert_eq!(platform.conversation(&old.conversation_id).unwrap(), before);
        assert_eq!(platform.transcript(&said.conversation_id).unwrap()[0].text, "hello again");
    }
}

#[tokio::test]
async fn moves_that_do_not_fit_change_nothing() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.created(NewPlatformConversation::default()).conversation_id;
    let before = platform.conversation(&id).unwrap();
    assert!(platform.offer(&id, AGENT).is_err(), "in no queue");
    assert!(platform.answer(&id, AGENT).is_err());
    assert!(platform.complete_transfer(&id, AGENT).is_err());
    assert!(platform.transfer(&id, SUPPORT).is_err());
    assert!(platform.park(&id, Duration::from_mins(1)).is_err());
    assert!(platform.unpark(&id).is_err());
    assert!(platform.inactivity(&id).is_err());
    assert!(platform.agent_ends(&id).is_err());
    assert!(platform.agent_message(&id, "hello").is_err());
    assert_eq!(platform.conversation(&id).unwrap(), before);
}
