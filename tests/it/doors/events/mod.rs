//! `POST /events/genesys`: who may push, what is taken, and what is told of the rest.

mod mischief;
mod stage;

use axum::body::Body;
use http::{Method, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Purpose};
use session_resumption::ports::Outage;
use tonic::Code;

use self::stage::{CONVERSATION, ENDED, Stage, event, request, sample};
use super::ask::{Door, Protocol};
use super::callers::{KEYS, Known, SITE_SECRET, token};

#[tokio::test]
async fn the_bus_tells_the_mirror_what_happened() {
    let stage = Stage::new().await;
    let told = stage.push(&sample()).await;
    assert_eq!(told.body, json!({"accepted": 1, "ignored": 0, "stale": 0, "refused": []}), "{told:?}");
    let seen = stage.mirror.seen();
    let leg = &seen[CONVERSATION].legs["9fb2ca78-8389-4758-b76a-9b0300de1fce"];
    assert_eq!((leg.part.purpose, leg.doing.state), (Purpose::Customer, LegState::Ended));
    assert_eq!(leg.ended.unwrap().as_millisecond(), ENDED);
    assert_eq!(leg.disconnect.as_ref().unwrap().fact, Disconnect::SessionExpired);
    assert_eq!((seen.len(), seen[CONVERSATION].legs.len()), (1, 1));
}

/// The first two as an operator gives them out, and the third as an identity provider does.
#[tokio::test]
async fn a_key_a_services_key_and_a_token_may_push() {
    let claims = json!({"iss": "bus", "aud": "chat", "sub": "the-bus", "exp": 4_000_000_000_u64});
    let key = EncodingKey::from_secret(SITE_SECRET.as_bytes());
    let token = format!("Bearer {}", encode(&Header::default(), &claims, &key).unwrap());
    for (header, value) in [("x-api-key", KEYS[3].1), ("x-api-key", KEYS[0].1), ("authorization", token.as_str())] {
        let stage = Stage::new().await;
        let mut request = request().body(Body::from(sample().to_string())).unwrap();
        request.headers_mut().remove("x-api-key");
        request.headers_mut().insert(header, value.parse().unwrap());
        assert_eq!(stage.send(request).await.counts(), [1, 0, 0], "{value}");
        assert_eq!(stage.mirror.seen().len(), 1);
    }
}

/// Before anything is read: the body is no event.
#[tokio::test]
async fn nobody_else_may_push() {
    let stage = Stage::new().await;
    let browser = format!("Bearer {}", token("c", "p", 4_000_000));
    let forged = json!({"iss": "bus", "aud": "chat", "sub": "the-bus", "exp": 4_000_000_000_u64});
    let key = EncodingKey::from_secret(b"another-secret-that-is-long-enough-too");
    let forged = format!("Bearer {}", encode(&Header::default(), &forged, &key).unwrap());
    let (who, denied) = (StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
    for (headers, expected) in [
        (&[][..], who),
        (&[("x-api-key", "key-of-nobody")], who),
        (&[("x-api-key", "key-of-the-bu")], who),
        (&[("authorization", forged.as_str())], who),
        (&[("authorization", "Basic dTpw")], who),
        (&[("x-api-key", KEYS[3].1), ("x-api-key", KEYS[3].1)], who),
        (&[("x-api-key", KEYS[3].1), ("authorization", forged.as_str())], who),
        (&[("x-api-key", KEYS[1].1)], denied),
        (&[("x-api-key", KEYS[2].1)], denied),
        (&[("authorization", browser.as_str())], denied),
    ] {
        for body in [sample().to_string(), "no event".to_owned()] {
            let mut request = request().body(Body::from(body)).unwrap();
            request.headers_mut().remove("x-api-key");
            for (name, value) in headers {
                request.headers_mut().append(*name, value.parse().unwrap());
            }
            let told = stage.send(request).await;
            assert_eq!(told.status, expected, "{headers:?}: {told:?}");
        }
    }
    assert!(stage.mirror.seen().is_empty());
}

/// As any other method: by its path, whatever is behind it.
#[tokio::test(flavor = "multi_thread")]
async fn the_doors_of_a_service_without_a_mirror_are_guarded_too() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    for (role, key) in KEYS {
        for protocol in super::ask::PROTOCOLS {
            let headers = [("x-api-key".parse().unwrap(), key.parse().unwrap())].into_iter().collect();
            let told = door.send(protocol, "/events/genesys", headers, b"{}".to_vec()).await;
            let open = matches!(role, "service" | "events");
            let expected = if open { Code::Unimplemented } else { Code::PermissionDenied };
            assert_eq!(told.code, expected, "{role} {protocol:?}: {told:?}");
            let http = if open { 404 } else { 403 };
            assert!(protocol != Protocol::Connect || told.http == http, "{role}: {told:?}");
        }
    }
    let told = door.send(Protocol::Connect, "/events/genesys", http::HeaderMap::new(), b"{}".to_vec()).await;
    assert_eq!((told.code, told.http), (Code::Unauthenticated, 401));
    known.harness.stop().await.unwrap();
}

#[tokio::test]
async fn where_no_events_are_wanted_it_is_said_so() {
    let stage = Stage::without_events().await;
    let told = stage.push(&sample()).await;
    assert_eq!((told.status, &told.body["code"]), (StatusCode::NOT_FOUND, &json!("unimplemented")));
    assert!(told.body["message"].as_str().unwrap().contains("mirror.webhook"), "{told:?}");
}

#[tokio::test]
async fn only_json_is_posted_and_only_there() {
    let stage = Stage::new().await;
    let body = || Body::from(sample().to_string());
    for (kind, expected) in [
        ("application/json", 200),
        ("Application/JSON; charset=\"UTF-8\"", 200),
        ("application/json; charset=latin1", 415),
        ("application/proto", 415),
        ("text/plain", 415),
        ("application/cloudevents+json", 415),
        ("", 415),
    ] {
        let mut request = request().body(body()).unwrap();
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        let told = stage.send(request).await;
        assert_eq!(told.status, expected, "{kind}: {told:?}");
        assert_eq!(told.headers.get("accept-post").is_some(), expected == 415);
    }
    let mut without = request().body(body()).unwrap();
    without.headers_mut().remove("content-type");
    assert_eq!(stage.send(without).await.status, 415);
    let compressed = request().header("content-encoding", "gzip").body(body()).unwrap();
    assert_eq!(stage.send(compressed).await.status, 501);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let other = request().method(method.clone()).body(body()).unwrap();
        let told = stage.send(other).await;
        assert_eq!((told.status.as_u16(), &told.headers["allow"]), (405, &"POST".parse().unwrap()), "{method}");
    }
    for path in ["/events/genesys/", "/events", "/events/Genesys", "/events/genesys/x"] {
        let told = stage.send(request().uri(path).body(body()).unwrap()).await;
        assert_eq!(told.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_workflow_sends_one_event_or_many() {
    let stage = Stage::new().await;
    assert_eq!(stage.push(&event("customer.start", "p-1", -1_000)).await.counts(), [1, 0, 0]);
    let many = json!({"events": [
        event("customer.end", "p-1", 0),
        event("wrapup", "p-1", 0),
        event("user.start", "p-2", 500),
        {"topicName": "v2.users.u-1.presence", "eventBody": {}},
        event("acd.start", "p-3", -25 * 3_600_000),
    ]});
    assert_eq!(stage.push(&many).await.counts(), [2, 2, 1]);
    let entry = &stage.mirror.seen()[CONVERSATION];
    assert_eq!(entry.legs.keys().collect::<Vec<_>>(), ["p-1"]);
    assert_eq!(entry.doubt.unwrap().as_millisecond(), ENDED + 500);
    assert_eq!(stage.push(&json!({"events": []})).await.counts(), [0, 0, 0]);
}

#[tokio::test]
async fn of_many_those_that_are_well_formed_are_taken() {
    let stage = Stage::new().await;
    let mut nameless = event("customer.end", "p-1", 0);
    nameless["eventBody"].as_object_mut().unwrap().remove("participantId");
    let many = json!({"events": [nameless, event("customer.end", "p-2", 0), 7, {"topicName": "t"}]});
    let told = stage.push(&many).await;
    assert_eq!(told.counts(), [1, 0, 0]);
    let refused = json!([
        {"index": 0, "field": "participantId", "problem": "is required"},
        {"index": 2, "field": "event", "problem": "must be an object"},
        {"index": 3, "field": "eventBody", "problem": "is required"},
    ]);
    assert_eq!(told.body["refused"], refused);
    assert_eq!(stage.mirror.seen()[CONVERSATION].legs.keys().collect::<Vec<_>>(), ["p-2"]);

    // Nothing of it is an event, so whoever sends it has to know.
    let told = stage.push(&json!({"events": [nameless, 7]})).await;
    assert_eq!(told.fields(), ["events[0].participantId", "events[1].event"]);
    assert_eq!(stage.push(&json!({"events": vec![json!({}); 101]})).await.fields(), ["events"]);
}

/// What is told is what is answered from: a whole conversation of a queue's topic, and what happens to it from there on.
#[tokio::test]
async fn the_store_recalls_what_was_pushed_and_nothing_of_what_was_refused() {
    let stage = Stage::new().await;
    let started = Timestamp::from_millisecond(ENDED).unwrap();
    let whole = json!({
        "topicName": "v2.routing.queues.q-1.conversations.messages",
        "eventBody": {"id": CONVERSATION, "participants": [
            {"id": "p-1", "purpose": "customer", "state": "connected", "startTime": started, "type": "webmessaging"},
            {"id": "p-2", "purpose": "acd", "state": "connected", "startTime": started, "queue": {"id": "q-1"}},
        ]},
    });
    assert_eq!(stage.push(&event("customer.start", "p-1", 0)).await.counts(), [1, 0, 0]);
    assert_eq!(stage.mirror.recalled().await.fresh, None, "a beginning is not the whole");
    assert_eq!(stage.push(&whole).await.counts(), [1, 0, 0]);
    let recalled = stage.mirror.recalled().await;
    let fresh = recalled.fresh.clone().unwrap();
    assert_eq!((fresh.as_of, fresh.legs.all.len()), (started, 2));

    let mut broken = whole.clone();
    broken["eventBody"]["participants"] = json!("none");
    for refused in [broken, event("user.end", "p/2", 1), event("customer.end", "", 1), json!({})] {
        assert_eq!(stage.push(&refused).await.status, 400, "{refused}");
        assert_eq!(stage.mirror.recalled().await, recalled);
    }

    let mut left = event("acd.end", "p-2", 1_000);
    left["eventBody"]["acdOutcome"] = json!("ABANDON");
    assert_eq!(stage.push(&left).await.counts(), [1, 0, 0]);
    assert_eq!(stage.mirror.recalled().await.fresh, None, "what else was done to it has events of its own");
    let mut later = whole.clone();
    later["eventBody"]["participants"][0]["connectedTime"] = json!(Timestamp::from_millisecond(ENDED + 1_500).unwrap());
    assert_eq!(stage.push(&later).await.counts(), [1, 0, 0]);
    let fresh = stage.mirror.recalled().await.fresh.unwrap();
    assert_eq!(fresh.legs.all.iter().map(Leg::is_live).collect::<Vec<_>>(), [true, false], "an end is not undone");
    assert_eq!(fresh.as_of.as_millisecond(), ENDED + 1_500);

    assert_eq!(stage.push(&event("user.start", "p-3", 2_000)).await.counts(), [1, 0, 0]);
    assert_eq!(stage.mirror.recalled().await.fresh, None, "offered or taken: nobody knows");
    let undelivered = json!({
        "topicName": "v2.webmessaging.deployments.d-1.undelivered.messages",
        "eventBody": {"conversationId": CONVERSATION, "messages": [{"id": "m-1"}], "eventTimeMs": ENDED + 2_500},
    });
    assert_eq!(stage.push(&undelivered).await.counts(), [1, 0, 0]);
    assert_eq!(stage.mirror.recalled().await.undelivered, ["m-1"]);
}

#[tokio::test]
async fn what_is_pushed_again_changes_nothing() {
    let stage = Stage::new().await;
    let story = [event("customer.start", "p-1", -2_000), sample(), event("user.start", "p-2", -1_000)];
    let mut known = Vec::new();
    for _ in 0..3 {
        for event in &story {
            assert_eq!(stage.push(event).await.counts(), [1, 0, 0]);
        }
        known.push(stage.mirror.seen());
    }
    assert!(!known[0].is_empty() && known[0] == known[1] && known[1] == known[2]);
}

#[tokio::test]
async fn the_order_in_which_they_come_does_not_matter() {
    let story = [
        event("customer.start", "p-1", -3_000),
        event("acd.start", "p-2", -2_500),
        event("user.start", "p-3", -1_000),
        event("user.end", "p-3", -500),
        event("customer.end", "p-1", 0),
    ];
    let mut known = Vec::new();
    for turn in 0..story.len() {
        for backwards in [false, true] {
            let mut order: Vec<&Value> = story.iter().cycle().skip(turn).take(story.len()).collect();
            if backwards {
                order.reverse();
            }
            let stage = Stage::new().await;
            for event in order {
                assert_eq!(stage.push(event).await.counts(), [1, 0, 0]);
            }
            known.push(stage.mirror.seen());
        }
    }
    assert_eq!(known[0][CONVERSATION].legs.len(), 3);
    assert!(known.iter().all(|other| *other == known[0]));
}

#[tokio::test]
async fn what_is_of_another_day_is_acknowledged_and_left() {
    // The service's time is a minute after the chat's end.
    let (day, minute) = (24 * 3_600_000, 60_000);
    let stage = Stage::new().await;
    for after in [minute - day - 1, -ENDED, 6 * minute + 1, 400 * day] {
        assert_eq!(stage.push(&event("customer.end", "p-1", after)).await.counts(), [0, 0, 1], "{after}");
    }
    assert!(stage.mirror.seen().is_empty());
    for after in [minute - day, 0, 6 * minute] {
        assert_eq!(stage.push(&event("customer.end", "p-1", after)).await.counts(), [1, 0, 0], "{after}");
    }
}

#[tokio::test]
async fn while_the_store_is_out_of_reach_the_bus_is_told_to_come_again() {
    let stage = Stage::new().await;
    stage.mirror.fail(Some(Outage::Unreachable));
    let many = json!({"events": [event("customer.start", "p-1", -1_000), sample()]});
    for body in [sample(), many.clone()] {
        let told = stage.push(&body).await;
        assert_eq!((told.status.as_u16(), &told.body["code"]), (503, &json!("unavailable")), "{told:?}");
        let seconds: u64 = told.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds), "{seconds}");
    }
    assert!(stage.mirror.seen().is_empty());
    stage.mirror.fail(None);
    assert_eq!(stage.push(&many).await.counts(), [2, 0, 0]);
}

#[tokio::test]
async fn whoever_pushes_is_limited_as_a_service_is() {
    let stage = Stage::limited(3).await;
    for _ in 0..3 {
        assert_eq!(stage.push(&sample()).await.status, 200);
    }
    let told = stage.push(&sample()).await;
    assert_eq!((told.status.as_u16(), told.headers.contains_key("retry-after")), (429, true), "{told:?}");
}
