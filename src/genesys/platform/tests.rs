//! What a decision is made of, from the fixtures and from all that is almost one of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::decision::{Decision, Reason, Request, decide};
use crate::domain::policy::{Policy, UnknownStatus, Windows};

const ID: &str = "a1b2c3d4-e5f6-4890-abcd-ef1234567890";
const CUSTOMER: &str = "00000001-1111-4222-8333-444444444444";

const LIVE: [&str; 5] = [
    include_str!("../../../tests/genesys/fixtures/message_conversation.active_with_agent.json"),
    include_str!("../../../tests/genesys/fixtures/message_conversation.offered_to_agent.json"),
    include_str!("../../../tests/genesys/fixtures/message_conversation.parked.json"),
    include_str!("../../../tests/genesys/fixtures/message_conversation.queued.json"),
    include_str!("../../../tests/genesys/fixtures/message_conversation.transfer_in_progress.json"),
];
const OVER: [&str; 2] = [
    include_str!("../../../tests/genesys/fixtures/message_conversation.all_disconnected_by_agent.json"),
    include_str!("../../../tests/genesys/fixtures/message_conversation.session_expired.json"),
];

/// Words from sets that grow.
const WORDS: [&str; 6] = ["state", "purpose", "disconnectType", "direction", "type", "transferType"];

/// Long before, soon after, and long after everything that the fixtures tell.
const TIMES: [&str; 3] = ["2020-01-01T00:00:00Z", "2026-05-15T14:12:00Z", "2031-01-01T00:00:00Z"];

/// What becomes of a customer of the fixtures, at three times; none where the conversation cannot be judged.
fn decisions(body: &Value) -> Vec<Option<Decision>> {
    let id = ConversationId::parse(ID).unwrap();
    let policy = Policy { windows: Windows::default(), unknown_status: UnknownStatus::Resumable };
    let participant = ParticipantId::parse(CUSTOMER).unwrap();
    let legs = legs_of(body.clone(), Some(&id)).and_then(judgeable).ok();
    let decision = |now: &str| {
        let now = now.parse().unwrap();
        let snapshot = derive(legs.as_ref()?, Duration::from_hours(72), now);
        decide(&policy, Some(&snapshot), Request { participant: &participant, held: Duration::ZERO }, now).ok()
    };
    TIMES.into_iter().map(decision).collect()
}

fn is_anyone_sent_away(decisions: &[Option<Decision>]) -> bool {
    decisions.iter().any(|decision| matches!(decision, Some(Decision::NewRoutingRequired(_))))
}

/// Every place in a JSON value.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                places(value, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                places(value, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What may stand at a place instead of what does; none for nothing at all.
fn strange(place: &str, value: &Value) -> Vec<Option<Value>> {
    let mut strange: Vec<Option<Value>> = vec![None];
    strange.extend([json!(null), json!(7), json!(true), json!([]), json!({}), json!([[]]), json!("")].map(Some));
    let key = place.rsplit('/').next().unwrap_or_default();
    if WORDS.contains(&key) {
        strange.push(Some(json!("zebra")));
        strange.push(value.as_str().map(|word| json!(word.to_uppercase())));
    }
    if key.ends_with("Time") || key == "dateIssued" {
        let times = ["yesterday", "0001-01-01T00:00:00Z", "9999-12-31T22:00:00Z", "2026-05-15T13:00:00.000Z"];
        strange.extend(times.map(|time| Some(json!(time))));
    }
    // Another name is another's conversation, which may end for this customer.
    if !value.is_string() && key != "id" {
        strange.push(Some(json!("zebra")));
    }
    strange.retain(|other| other.as_ref() != Some(value));
    strange
}

/// The value with something else at a place.
fn mutant(body: &Value, place: &str, other: Option<Value>) -> Value {
    let mut body = body.clone();
    let Some((parent, key)) = place.rsplit_once('/') else { return other.unwrap_or_default() };
    match (body.pointer_mut(parent), other) {
        (Some(Value::Object(object)), Some(other)) => {
            object.insert(key.to_owned(), other);
        }
        (Some(Value::Object(object)), None) => {
            object.remove(key);
        }
        (Some(Value::Array(array)), Some(other)) => array[key.parse::<usize>().unwrap()] = other,
        (Some(Value::Array(array)), None) => {
            array.remove(key.parse().unwrap());
        }
        _ => {}
    }
    body
}

/// One thing is strange in each: a value at one place, or a field of one name wherever it stands.
fn mutants(body: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    places(body, "", &mut found);
    let name = |place: &str, other: &Option<Value>| format!("{place} = {other:?}");
    let mut mutants = Vec::new();
    for place in &found {
        for other in strange(place, body.pointer(place).unwrap()) {
            mutants.push((name(place, &other), mutant(body, place, other)));
        }
    }
    let keys: BTreeSet<&str> = found.iter().filter_map(|place| place.rsplit('/').next()).collect();
    for key in keys.into_iter().filter(|key| !key.is_empty() && key.parse::<usize>().is_err()) {
        let named = || found.iter().filter(|place| place.rsplit('/').next() == Some(key));
        let first = named().next().and_then(|place| body.pointer(place)).unwrap();
        for other in strange(key, first) {
            // Where a field holds others of its name, these are gone with it.
            let everywhere = named().fold(body.clone(), |body, place| match body.pointer(place) {
                Some(_) => mutant(&body, place, other.clone()),
                None => body,
            });
            mutants.push((name(key, &other), everywhere));
        }
    }
    mutants
}

/// Every leg ends before it began, and all of them at once before that.
fn reversed(body: &Value) -> Value {
    let mut body = body.clone();
    for participant in body["participants"].as_array_mut().unwrap() {
        let participant = participant.as_object_mut().unwrap();
        for (key, minute) in [("startTime", 50), ("connectedTime", 40), ("parkTime", 30), ("endTime", 20)] {
            if let Some(time) = participant.get_mut(key) {
                *time = json!(format!("2026-05-15T13:{minute}:00.000Z"));
            }
        }
    }
    body
}

fn timeless(body: &Value) -> Value {
    let mut found = Vec::new();
    places(body, "", &mut found);
    let times = found.iter().filter(|place| place.ends_with("Time") || place.ends_with("dateIssued"));
    times.fold(body.clone(), |body, place| {
        let ended = place.ends_with("endTime");
        // An end that is not timed is one by its state.
        mutant(&body, place, ended.then_some(Value::Null))
    })
}

#[test]
fn a_live_conversation_is_never_left_whatever_is_strange_in_it() {
    let mut count = 0;
    for fixture in LIVE {
        let body: Value = serde_json::from_str(fixture).unwrap();
        let orders = [("as it is", body.clone()), ("reversed", reversed(&body)), ("timeless", timeless(&body))];
        for (order, body) in orders {
            assert!(decisions(&body).iter().all(|d| matches!(d, Some(Decision::Resumable(_)))), "{order}: {body}");
            for (what, mutant) in mutants(&body) {
                let decisions = decisions(&mutant);
                assert!(!is_anyone_sent_away(&decisions), "{order}, {what}: {decisions:?}");
                count += 1;
            }
        }
    }
    println!("{count} mutants of {} live conversations, {} decisions", LIVE.len(), count * TIMES.len());
    assert!(count > 10_000, "{count}");
}

#[test]
fn a_conversation_that_is_over_is_read_whatever_is_strange_in_it() {
    let mut count = 0;
    for fixture in OVER {
        let body: Value = serde_json::from_str(fixture).unwrap();
        for (_, mutant) in mutants(&body) {
            decisions(&mutant);
            count += 1;
        }
        let decisions = decisions(&body);
        assert!(is_anyone_sent_away(&decisions[2..]), "years later nobody is there: {decisions:?}");
    }
    println!("{count} mutants of {} conversations that are over", OVER.len());
}

#[test]
fn a_conversation_that_shows_no_customer_cannot_be_judged() {
    let body: Value = serde_json::from_str(LIVE[0]).unwrap();
    for strange in [
        mutant(&body, "/participants/0", None),
        mutant(&body, "/participants/0/id", None),
        mutant(&body, "/participants/0/purpose", Some(json!("zebra"))),
        mutant(&body, "/participants", Some(json!([]))),
    ] {
        assert_eq!(decisions(&strange), [None, None, None], "{strange}");
    }
    // Another's conversation can be judged: this customer is not in it.
    let others = mutant(&body, "/participants/0/id", Some(json!("someone-else")));
    let reasons: Vec<_> = decisions(&others).into_iter().map(|decision| decision.unwrap().reason()).collect();
    assert_eq!(reasons, [Reason::SessionNotFound; 3]);
}

proptest! {
    #[test]
    fn nor_is_it_left_if_much_is_strange(fixture in 0..LIVE.len(), picks in prop::collection::vec(any::<[prop::sample::Index; 2]>(), 1..12)) {
        let mut body: Value = serde_json::from_str(LIVE[fixture]).unwrap();
        for [place, other] in picks {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let place = place.get(&found).clone();
            let others = strange(&place, body.pointer(&place).unwrap());
            let other = other.get(&others).clone();
            body = mutant(&body, &place, other);
        }
        let decisions = decisions(&body);
        prop_assert!(!is_anyone_sent_away(&decisions), "{} {:?}", body, decisions);
    }

    #[test]
    fn nothing_makes_it_panic(body in json_value()) {
        decisions(&json!({"id": ID, "participants": [body.clone(), {"id": CUSTOMER, "purpose": "customer", "attributes": &body}],
            "recentTransfers": [&body]}));
        decisions(&body);
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["customer", "disconnected", "Pending", "2026-05-15T14:00:00Z"]).prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec!["id", "participants", "state", "endTime", "messages", "user"])
            .prop_map(str::to_owned),
        ".{0,4}"
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}
