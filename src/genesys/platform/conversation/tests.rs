//! What is read from conversations, from the fixtures to what no platform would send.

use serde_json::json;

use super::*;
use crate::domain::legs::{Disconnect, LegState, TransferState};

const ID: &str = "a1b2c3d4-e5f6-4890-abcd-ef1234567890";

fn id() -> ConversationId {
    ConversationId::parse(ID).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn legs(participants: &Value) -> Legs {
    legs_of(json!({"id": ID, "participants": participants}), Some(&id())).unwrap()
}

fn leg(participant: &Value) -> Leg {
    let [leg] = <[Leg; 1]>::try_from(legs(&json!([participant])).all).unwrap();
    leg
}

#[test]
fn a_transfer_under_way_is_read_whole() {
    let fixture = include_str!("../../../../tests/genesys/fixtures/message_conversation.transfer_in_progress.json");
    let legs = legs_of(serde_json::from_str(fixture).unwrap(), Some(&id())).unwrap();
    let shape: Vec<_> = legs.all.iter().map(|leg| (leg.purpose, leg.state, leg.disconnect)).collect();
    assert_eq!(
        shape,
        [
            (Purpose::Customer, LegState::Connected, None),
            (Purpose::Flow, LegState::Ended, Some(Disconnect::Transfer)),
            (Purpose::Acd, LegState::Ended, Some(Disconnect::Transfer)),
            (Purpose::Agent, LegState::Ended, Some(Disconnect::Transfer)),
            (Purpose::Acd, LegState::Connected, None),
        ]
    );
    assert_eq!(
        legs.all[3],
        Leg {
            id: "00000004-1111-4222-8333-444444444444".into(),
            purpose: Purpose::Agent,
            state: LegState::Ended,
            disconnect: Some(Disconnect::Transfer),
            started: Some(time("2026-05-15T14:00:20Z")),
            ended: Some(time("2026-05-15T14:05:00Z")),
            changed: Some(time("2026-05-15T14:05:00Z")),
            user_id: Some("20000000-aaaa-4bbb-8ccc-000000000001".into()),
            queue_id: Some("10000000-aaaa-4bbb-8ccc-000000000001".into()),
            contact_id: None,
        }
    );
    assert_eq!(
        legs.transfers,
        [Transfer {
            id: "30000000-aaaa-4bbb-8ccc-000000000001".into(),
            state: TransferState::Pending,
            issued: Some(time("2026-05-15T14:05:00Z")),
            from_user: Some("20000000-aaaa-4bbb-8ccc-000000000001".into()),
            to_user: None,
            to_queue: Some("10000000-aaaa-4bbb-8ccc-000000000002".into()),
        }]
    );
    assert_eq!(legs.attributes, BTreeMap::from([("context.resumeKey".into(), "rk-1".into())]));
}

#[test]
fn a_leg_changed_with_the_latest_of_its_times() {
    let times = ["startTime", "startAlertingTime", "connectedTime", "parkTime", "endTime"];
    for latest in times {
        let mut participant = json!({"messages": [{"messageTime": "2026-05-15T14:30:00Z"}]});
        for name in times {
            participant[name] = json!("2026-05-15T14:00:00Z");
        }
        participant[latest] = json!("2026-05-15T14:45:00Z");
        // When a parked leg is to come back is no change of it, nor is anything in a form nobody agreed on.
        participant["resumeTime"] = json!("2026-05-15T15:00:00Z");
        participant["startHoldTime"] = json!(1_800_000_000_000_u64);
        assert_eq!(leg(&participant).changed, Some(time("2026-05-15T14:45:00Z")), "{latest}");
    }
    let said = json!({"messages": [{"messageTime": "2026-05-15T14:30:00Z"}, {"messageTime": 7}, "x", null]});
    assert_eq!(leg(&said).changed, Some(time("2026-05-15T14:30:00Z")));
}

#[test]
fn the_customers_attributes_are_texts_and_the_later_legs_win() {
    let legs = legs(&json!([
        {"purpose": "customer", "attributes": {"a": "1", "b": 2, "c": true, "d": null, "e": {}}},
        {"purpose": "agent", "attributes": {"a": "agent's"}},
        {"purpose": "customer", "attributes": {"a": "3"}},
        {"purpose": "customer", "attributes": []},
    ]));
    let expected = [("a", "3"), ("b", "2"), ("c", "true")];
    assert_eq!(legs.attributes, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn what_is_strange_is_as_good_as_absent() {
    let empty = leg(&json!({}));
    assert_eq!(empty.id, "#0");
    assert_eq!((empty.purpose, empty.state, empty.is_live()), (Purpose::Other, LegState::Unknown, true));
    for strange in [json!(null), json!(7), json!("x"), json!([]), json!(true)] {
        assert_eq!(leg(&strange), empty, "{strange}");
        let all_strange = json!({
            "id": &strange, "purpose": [], "state": {}, "disconnectType": 1, "startTime": &strange, "endTime": "soon",
            "connectedTime": 1, "user": &strange, "queue": {"id": 5}, "externalContact": [], "attributes": "x",
            "messages": &strange, "monitoredParticipantId": {},
        });
        assert_eq!(leg(&all_strange).changed, None, "{strange}");
        assert!(leg(&all_strange).is_live(), "{strange}");
    }
}

#[test]
fn a_supervisor_who_looks_on_is_no_agent() {
    let purpose = |participant: Value| leg(&participant).purpose;
    assert_eq!(purpose(json!({"purpose": "user", "monitoredParticipantId": "p"})), Purpose::Other);
    assert_eq!(purpose(json!({"purpose": "user", "monitoredParticipantId": ""})), Purpose::Agent);
}

#[test]
fn a_transfer_to_a_user_names_no_queue() {
    let body = json!({"id": ID, "participants": [], "recentTransfers": [
        {"state": "pending", "destination": {"userId": "u", "address": "u"}},
        {"id": "t", "state": "Complete", "destination": {"address": "q"}},
        7,
    ]});
    let transfers = legs_of(body, None).unwrap().transfers;
    let told: Vec<_> =
        transfers.iter().map(|t| (&*t.id, t.state, t.to_user.as_deref(), t.to_queue.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("#0", TransferState::Pending, Some("u"), None),
            ("t", TransferState::Over, None, Some("q")),
            ("#2", TransferState::Over, None, None),
        ]
    );
}

#[test]
fn what_is_no_conversation_or_another_one_is_refused() {
    let refused = |body: Value, asked: Option<&ConversationId>| {
        assert!(matches!(legs_of(body.clone(), asked), Err(UpstreamError::Malformed(_))), "{body}");
    };
    let other = ConversationId::parse("other").unwrap();
    refused(json!({"id": ID, "participants": []}), Some(&other));
    for body in
        [json!({"participants": []}), json!({"id": "", "participants": []}), json!({"id": "a/b", "participants": []})]
    {
        refused(body.clone(), Some(&id()));
        refused(body, None);
    }
    for participants in [json!(null), json!({}), json!("x"), json!(0)] {
        refused(json!({"id": ID, "participants": participants}), Some(&id()));
    }
    for body in [json!({"id": ID}), json!(null), json!([]), json!("x"), json!(7)] {
        refused(body, None);
    }
    assert_eq!(legs_of(json!({"id": ID, "participants": []}), None).unwrap().conversation, id());
}

#[test]
fn a_hundred_participants_are_a_hundred_legs() {
    let participants: Vec<_> = (0..100).map(|n| json!({"id": format!("p{n}"), "purpose": "agent"})).collect();
    assert_eq!(legs(&json!(participants)).all.len(), 100);
}

fn entries(participants: &Value) -> Option<Vec<Entry>> {
    let body = json!({"id": ID, "participants": participants});
    MessageConversation::read(body).unwrap().into_entries(&id()).unwrap()
}

#[test]
fn messages_come_oldest_first_whoever_wrote_them() {
    let participants = json!([
        {"id": "c", "purpose": "customer", "messages": [
            {"messageId": "3", "messageTime": "2026-05-15T14:00:03Z"},
            {"messageId": "1", "messageTime": "2026-05-15T14:00:01Z"},
            {"messageTime": "2026-05-15T14:00:01Z"},
            {"messageId": "9"},
        ]},
        {"id": "s", "purpose": "api", "messages": [
            {"messageId": "2", "messageTime": "2026-05-15T14:00:02Z"},
            {"messageId": "4", "messageTime": "2026-05-15T14:00:03Z"},
        ]},
    ]);
    let entries = entries(&participants).unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (&*entry.id, &*entry.leg, entry.purpose)).collect();
    let (c, s) = (Purpose::Customer, Purpose::Api);
    assert_eq!(told, [("1", "c", c), ("2", "s", s), ("3", "c", c), ("4", "s", s), ("9", "c", c)]);
}

#[test]
fn a_message_that_may_be_ours_has_a_name_or_nothing_is_known_of_any() {
    let of = |purpose: &str, messages: &Value| entries(&json!([{"purpose": purpose, "messages": messages}]));
    for purpose in ["api", "zebra"] {
        assert_eq!(of(purpose, &json!([{"messageTime": "2026-05-15T14:00:01Z"}])), None, "{purpose}");
        assert_eq!(of(purpose, &json!([{"messageId": "1"}, 7])), None, "{purpose}");
        assert_eq!(of(purpose, &json!([])), Some(vec![]), "{purpose}");
    }
    assert_eq!(of("api", &json!(null)), None);
    assert_eq!(of("zebra", &json!(null)), Some(vec![]));
    assert_eq!(of("customer", &json!([{}, 7])), Some(vec![]));
}
