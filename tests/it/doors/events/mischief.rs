//! Events that nobody should send: each has its answer, changes nothing, and is repeated nowhere.

use axum::body::Body;
use futures_util::stream;
use serde_json::{Value, json};
use session_resumption::ports::Outage;

use super::stage::{CONVERSATION, Stage, request, sample};
use crate::support::Captured;

/// What must stand in no answer and in no log.
const PRIVATE: &str = "hunter2 <b>";

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(place, value)| places(value, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

/// The event without what stands there.
fn without(event: &Value, place: &str) -> Value {
    let mut event = event.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    if let Some(fields) = event.pointer_mut(parent).unwrap().as_object_mut() {
        fields.remove(name);
    }
    event
}

fn strange() -> Vec<Value> {
    let long = "x".repeat(10_000);
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(PRIVATE),
        json!("\u{0}\u{202e}../..%00"),
        json!(long),
        json!([]),
        json!([PRIVATE]),
        json!({}),
        json!({"$ref": PRIVATE}),
    ]
}

/// The sample with something else in each of its places, and with each of them left out.
fn mutants() -> Vec<(String, Value)> {
    let (event, mut found) = (sample(), Vec::new());
    places(&event, "", &mut found);
    let replaced = found.iter().flat_map(|place| {
        strange().into_iter().map(|value| {
            let mut mutant = event.clone();
            *mutant.pointer_mut(place).unwrap() = value;
            (place.clone(), mutant)
        })
    });
    let removed = found.iter().filter(|place| !place.is_empty()).map(|place| (place.clone(), without(&event, place)));
    replaced.chain(removed).collect()
}

/// Runs on one thread, so that what is logged is captured.
#[tokio::test(flavor = "current_thread")]
async fn nothing_in_any_place_of_an_event_does_harm() {
    let (captured, _guards) = Captured::install("debug,session_resumption=trace,audit=trace");
    let stage = Stage::new().await;
    assert_eq!(stage.push(&sample()).await.counts(), [1, 0, 0]);
    let (mut refused, mut passed, taken) = (0, 0, stage.mirror.seen());
    for (place, mutant) in mutants() {
        stage.mirror.wipe();
        let told = stage.push(&mutant).await;
        assert!(!told.text.contains("hunter2"), "{place}: {told:?}");
        if told.status == 200 {
            passed += 1;
            let seen = stage.mirror.seen();
            let counts = told.counts();
            assert_eq!(seen.len() as u64, counts[0], "{place}: {counts:?}");
            // Some fields are read and may be other ones; what is passed over may be anything.
            let read =
                ["participantId", "externalContactId", "eventTime", "disconnectType", "conversationId", "topicName"];
            let said = read.iter().any(|name| place.ends_with(name)) || counts[0] == 0;
            assert!(said || seen == taken, "{place} {mutant}");
        } else {
            refused += 1;
            assert!(!told.fields().is_empty(), "{place}: {told:?}");
            assert!(stage.mirror.seen().is_empty(), "{place}");
        }
    }
    println!("{refused} mutants refused, {passed} passed");
    assert!(refused > 100 && passed > 100, "{refused} refused, {passed} passed");
    // That the store is lost is logged, and not what it was lost for.
    stage.mirror.fail(Some(Outage::Untrusted));
    assert_eq!(stage.push(&sample()).await.status, 503);
    let logged = captured.text();
    for private in ["hunter2", CONVERSATION, "9fb2ca78-8389-4758-b76a-9b0300de1fce"] {
        assert!(!logged.contains(private), "{private} was logged");
    }
    assert!(!logged.is_empty());
}

#[tokio::test]
async fn what_must_be_there_is_missed_by_its_name() {
    for (place, field) in [
        ("/id", "id"),
        ("/detail", "topicName"),
        ("/detail/topicName", "detail.topicName"),
        ("/detail/eventBody", "detail.eventBody"),
        ("/detail/eventBody/eventTime", "eventTime"),
        ("/detail/eventBody/participantId", "participantId"),
    ] {
        let stage = Stage::new().await;
        let told = stage.push(&without(&sample(), place)).await;
        assert_eq!(told.fields(), [field], "{place}");
        assert!(told.body["message"].as_str().unwrap().ends_with("is required"), "{told:?}");
        assert!(stage.mirror.seen().is_empty());
    }
}

#[tokio::test]
async fn an_event_cut_off_anywhere_is_none() {
    let stage = Stage::new().await;
    let text = sample().to_string();
    for end in 0..text.len() {
        let told = stage.post(text[..end].to_owned()).await;
        assert_eq!(told.status, 400, "{end}");
        let message = told.body["message"].as_str().unwrap();
        assert!(message.starts_with("the request is not JSON: it is wrong at line"), "{message}");
    }
    for tail in ["}", "{}", "\u{0}", " x"] {
        assert_eq!(stage.post(format!("{text}{tail}")).await.status, 400, "{tail:?}");
    }
    assert_eq!(stage.post(vec![0xff, 0xfe, b'{', 0]).await.status, 400);
    assert!(stage.mirror.seen().is_empty());
    assert_eq!(stage.post(format!(" {text}\n")).await.status, 200);
}

#[tokio::test]
async fn nesting_without_end_ends() {
    let stage = Stage::new().await;
    for (open, close) in [("[", "]"), ("{\"detail\":", "}"), ("{\"events\":[", "]}")] {
        for depth in [127, 128, 1_000, 15_000] {
            let bare = open.repeat(depth);
            let whole = format!("{bare}1{}", close.repeat(depth));
            for text in [bare, whole] {
                assert_eq!(stage.post(text).await.status, 400, "{depth} times {open}");
            }
        }
    }
    let mut deep = sample();
    for _ in 0..100 {
        deep = json!({ "a": deep });
    }
    let mut event = sample();
    event["detail"]["eventBody"]["more"] = deep;
    assert_eq!(stage.push(&event).await.status, 200, "what is not read may be as deep as the parser goes");
}

#[tokio::test]
async fn a_body_over_its_bound_is_not_read() {
    const BOUND: usize = 256 * 1024;
    let stage = Stage::new().await;
    let text = sample().to_string();
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    for bytes in [BOUND + 1, 2 * BOUND, 5 * BOUND] {
        let whole = padded(bytes);
        let declared = request().header("content-length", bytes).body(Body::from(whole.clone())).unwrap();
        // Nobody knows how long it is.
        let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
            whole.as_bytes().chunks(10_000).map(|piece| Ok(piece.to_vec())).collect();
        let streamed = request().body(Body::from_stream(stream::iter(pieces))).unwrap();
        for request in [declared, streamed] {
            let told = stage.send(request).await;
            assert_eq!(told.status, 400, "{bytes}: {told:?}");
            let reason = &told.body["details"][0]["debug"]["reason"];
            assert_eq!(reason, "REQUEST_TOO_LARGE", "{bytes}: {told:?}");
        }
    }
    assert!(stage.mirror.seen().is_empty());
    assert_eq!(stage.post(padded(BOUND)).await.status, 200);
}
