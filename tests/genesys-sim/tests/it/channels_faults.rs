//! What goes wrong with pushed events, and the way round by `EventBridge`.

use genesys_sim::{Fault, FaultScript, PushFault, Route};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    channels::bodies_until,
    support::{Harness, expect},
    ws::End,
};

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn cut_sockets_leave_their_channels_alive() {
    let h = Harness::start().await;
    let (channel, socket) = h.listen(&["v2.a"]).await;
    assert_eq!(h.control.cut_channel_sockets(), 1);
    assert_eq!(socket.end().await, End::Cut);
    h.control.publish("v2.a", json!("lost"));
    let mut socket = crate::ws::Socket::open(channel["connectUri"].as_str().unwrap()).await;
    h.control.publish("v2.a", json!("heard"));
    assert_eq!(socket.json().await["eventBody"], "heard");
}

#[tokio::test]
async fn deliveries_are_lost_doubled_reordered_and_broken() {
    let h = Harness::start().await;
    let (_, mut socket) = h.listen(&["v2.a"]).await;
    h.control.script_push_fault(PushFault::Drop, 2);
    h.control.script_push_fault(PushFault::Duplicate, 1);
    h.control.script_push_fault(PushFault::Hold, 1);
    for n in 1..=6 {
        h.control.publish("v2.a", json!(n));
    }
    assert_eq!(bodies_until(&mut socket, &json!(6)).await, [3, 3, 5, 4]);

    h.control.script_push_fault(PushFault::Truncate, 1);
    h.control.publish("v2.a", json!(7));
    assert!(serde_json::from_str::<Value>(&socket.text().await).is_err());

    h.control.script_push_fault(PushFault::Drop, 1);
    h.control.clear_push_faults();
    h.control.publish("v2.a", json!(8));
    assert_eq!(socket.json().await["eventBody"], 8);
}

#[tokio::test]
async fn a_socket_can_be_sent_what_nobody_asked_for() {
    let h = Harness::start().await;
    let (_, mut socket) = h.listen(&["v2.a"]).await;
    h.control.push_text("<html>");
    h.control.push_frame("v2.unknown", &json!({}));
    assert_eq!(socket.text().await, "<html>");
    assert_eq!(socket.json().await["topicName"], "v2.unknown");
}

#[tokio::test]
async fn new_channels_can_be_refused() {
    let h = Harness::start().await;
    h.control.refuse_channels(Some(503)).unwrap();
    expect(h.notifications(Method::POST, ""), StatusCode::SERVICE_UNAVAILABLE).await;
    h.control.refuse_channels(None).unwrap();
    h.channel().await;
    assert!(h.control.refuse_channels(Some(42)).is_err());
}

#[tokio::test]
async fn scripted_faults_hit_the_channels_calls_too() {
    let h = Harness::start().await;
    let down = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    h.control.script_fault(FaultScript { route: Route::AnyApi, times: 2, skip: 0, fault: down }).unwrap();
    expect(h.notifications(Method::POST, ""), StatusCode::SERVICE_UNAVAILABLE).await;
    expect(h.notifications(Method::GET, ""), StatusCode::SERVICE_UNAVAILABLE).await;
    h.control.script_fault(FaultScript::once(Route::PlatformChannels, Fault::Reset { after_effect: true })).unwrap();
    assert!(h.notifications(Method::POST, "").send().await.is_err());
    let listing = expect(h.notifications(Method::GET, ""), StatusCode::OK).await;
    assert_eq!(listing["entities"].as_array().unwrap().len(), 1, "the lost answer was of a channel");
    let calls = h.control.calls(Route::PlatformChannels);
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(503), Some(503), None, Some(200)]);
}

#[tokio::test]
async fn events_come_in_the_envelope_of_the_samples() {
    let h = Harness::start().await;
    let sample: Value =
        serde_json::from_str(include_str!("../../../genesys/samples/eventbridge__conversation-end-event.json"))
            .unwrap();
    h.control.publish("v2.users.a.conversations.messages", json!({}));
    let topic = sample["detail"]["topicName"].as_str().unwrap();
    h.control.publish(topic, sample["detail"]["eventBody"].clone());
    h.control.publish("v2.detail.events.conversation.c1.customer.start", json!({}));

    let events = h.control.events(0);
    assert_eq!(events.len(), 2, "only the detail events are carried");
    let envelope = &events[0].envelope;
    assert_eq!(keys(envelope), keys(&sample));
    assert_eq!(keys(&envelope["detail"]), keys(&sample["detail"]));
    for field in ["version", "detail-type", "account", "region", "resources"] {
        assert_eq!(envelope[field], sample[field], "{field}");
    }
    for field in ["topicName", "version", "eventBody"] {
        assert_eq!(envelope["detail"][field], sample["detail"][field], "{field}");
    }
    assert_ne!(envelope["id"], events[1].envelope["id"]);
    assert_eq!(h.control.events(0), events, "every copy is the same");
    assert_eq!(h.control.events(events[0].id), events[1..]);
}

#[tokio::test]
async fn the_pushed_side_is_steered_over_http_too() {
    let h = Harness::start().await;
    let (_, mut socket) = h.listen(&["v2.a"]).await;
    let (post, put, delete) = (Method::POST, Method::PUT, Method::DELETE);
    for (method, path, body) in [
        (&post, "channels/faults", json!({"fault": "drop"})),
        (&delete, "channels/faults", Value::Null),
        (&post, "events", json!({"topic": "v2.a", "body": 1})),
        (&post, "channels/texts", json!({"text": "2"})),
        (&post, "channels/frames", json!({"topic": "v2.b", "body": 3})),
        (&put, "channels/heartbeat", json!({"silenced": true})),
        (&put, "channels/refusal", json!({"status": 500})),
        (&post, "channels/forbidden-topics", json!({"topic": "v2.c", "missing_permission": "p"})),
        (&delete, "channels/forbidden-topics", Value::Null),
    ] {
        assert_eq!(h.sim(method.clone(), path, body).await, (204, Value::Null), "{path}");
    }
    assert_eq!(socket.json().await["eventBody"], 1);
    assert_eq!(socket.json().await, 2);
    assert_eq!(socket.json().await["eventBody"], 3);
    expect(h.notifications(Method::POST, ""), StatusCode::INTERNAL_SERVER_ERROR).await;

    assert_eq!(h.sim(Method::GET, "channels/sockets", Value::Null).await, (200, json!({"connected": 1})));
    assert_eq!(h.sim(delete, "channels/sockets", Value::Null).await.0, 204);
    assert_eq!(socket.end().await, End::Cut);

    h.control.publish("v2.detail.events.conversation.c1.acd.start", json!({}));
    let (_, events) = h.sim(Method::GET, "events?since=1", Value::Null).await;
    assert_eq!(events, json!(h.control.events(1)));
    assert_eq!(events.as_array().unwrap().len(), 1);
}
