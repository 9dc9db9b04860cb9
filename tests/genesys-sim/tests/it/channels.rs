//! Notification channels: who gets which event, and who does not.

use std::time::Duration;

use genesys_sim::SimOptions;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{
    schema::OPENAPI,
    support::{Harness, expect, until},
    ws::{End, Socket},
};

const DAY: Duration = Duration::from_hours(24);

impl Harness {
    pub(crate) fn notifications(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v2/notifications/channels{path}", self.sim.url());
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn channel(&self) -> Value {
        let channel = expect(self.notifications(Method::POST, ""), StatusCode::OK).await;
        OPENAPI.check("Channel", &channel);
        channel
    }

    pub(crate) fn subscriptions(&self, method: Method, channel: &Value, topics: &[&str]) -> RequestBuilder {
        let body: Vec<_> = topics.iter().map(|topic| json!({"id": topic})).collect();
        self.notifications(method, &format!("/{}/subscriptions", id(channel))).json(&body)
    }

    async fn topics(&self, channel: &Value) -> Vec<String> {
        let request = self.notifications(Method::GET, &format!("/{}/subscriptions", id(channel)));
        let listing = expect(request, StatusCode::OK).await;
        OPENAPI.check("ChannelTopicEntityListing", &listing);
        listing["entities"].as_array().unwrap().iter().map(|topic| topic["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A connected channel that is subscribed to `topics`.
    pub(crate) async fn listen(&self, topics: &[&str]) -> (Value, Socket) {
        let channel = self.channel().await;
        let listing = expect(self.subscriptions(Method::POST, &channel, topics), StatusCode::OK).await;
        OPENAPI.check("ChannelTopicEntityListing", &listing);
        let socket = Socket::open(uri(&channel)).await;
        (channel, socket)
    }
}

fn id(channel: &Value) -> &str {
    channel["id"].as_str().unwrap()
}

fn uri(channel: &Value) -> &str {
    channel["connectUri"].as_str().unwrap()
}

/// The bodies of all that was sent before `last`.
pub(crate) async fn bodies_until(socket: &mut Socket, last: &Value) -> Vec<Value> {
    let frames = socket.until(|frame| frame["eventBody"] == *last).await;
    frames.into_iter().map(|mut frame| frame["eventBody"].take()).collect()
}

#[tokio::test]
async fn a_subscriber_gets_the_events_of_its_topics() {
    let h = Harness::start().await;
    let (_, mut socket) = h.listen(&["v2.users.a.conversations.messages"]).await;
    h.control.publish("v2.users.b.conversations.messages", json!({"n": 0}));
    h.control.publish("v2.users.a.conversations.messages", json!({"n": 1}));
    let frame = socket.json().await;
    assert_eq!(frame["topicName"], "v2.users.a.conversations.messages");
    assert_eq!(frame["eventBody"], json!({"n": 1}));
    assert_eq!(frame["version"], "2");
    assert!(frame["metadata"]["CorrelationId"].is_string());
}

#[tokio::test]
async fn nothing_is_delivered_late() {
    let h = Harness::start().await;
    let topic = "v2.users.a.conversations.messages";
    h.control.publish(topic, json!("before the subscription"));
    let (channel, socket) = h.listen(&[topic]).await;
    drop(socket);
    until(|| h.control.channel_sockets() == 0).await;
    h.control.publish(topic, json!("while nobody was connected"));
    let mut socket = Socket::open(uri(&channel)).await;
    h.control.publish(topic, json!("now"));
    assert_eq!(bodies_until(&mut socket, &json!("now")).await, Vec::<Value>::new());
}

#[tokio::test]
async fn posting_adds_topics_putting_replaces_them_and_deleting_removes_them() {
    let h = Harness::start().await;
    let (channel, mut socket) = h.listen(&["v2.a", "v2.b"]).await;
    expect(h.subscriptions(Method::POST, &channel, &["v2.c"]), StatusCode::OK).await;
    assert_eq!(h.topics(&channel).await, ["v2.a", "v2.b", "v2.c"]);
    expect(h.subscriptions(Method::PUT, &channel, &["v2.b"]), StatusCode::OK).await;
    assert_eq!(h.topics(&channel).await, ["v2.b"]);
    for topic in ["v2.a", "v2.c", "v2.b"] {
        h.control.publish(topic, json!(topic));
    }
    assert_eq!(socket.json().await["eventBody"], "v2.b");

    let deleted = h.notifications(Method::DELETE, &format!("/{}/subscriptions", id(&channel))).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(h.topics(&channel).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_thousand_topics_are_the_limit() {
    let h = Harness::start().await;
    let channel = h.channel().await;
    let topics: Vec<_> = (0..1000).map(|n| format!("v2.{n}")).collect();
    let topics: Vec<_> = topics.iter().map(String::as_str).collect();
    expect(h.subscriptions(Method::PUT, &channel, &topics), StatusCode::OK).await;
    expect(h.subscriptions(Method::POST, &channel, &["v2.0"]), StatusCode::OK).await;
    let refused = expect(h.subscriptions(Method::POST, &channel, &["v2.more"]), StatusCode::BAD_REQUEST).await;
    OPENAPI.check("ErrorBody", &refused);
    assert_eq!(h.topics(&channel).await.len(), 1000);
    expect(h.subscriptions(Method::PUT, &channel, &["topic"]), StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_forbidden_topic_is_an_error_or_a_rejection() {
    let h = Harness::start().await;
    h.control.forbid_topic("v2.secret", "conversation:secret:view");
    let channel = h.channel().await;
    let refused =
        expect(h.subscriptions(Method::POST, &channel, &["v2.open", "v2.secret"]), StatusCode::FORBIDDEN).await;
    assert_eq!(refused["code"], "missing.permissions");
    assert_eq!(h.topics(&channel).await, Vec::<String>::new());

    let path = format!("/{}/subscriptions?ignoreErrors=true", id(&channel));
    let request = h.notifications(Method::POST, &path).json(&json!([{"id": "v2.open"}, {"id": "v2.secret"}]));
    let listing = expect(request, StatusCode::OK).await;
    OPENAPI.check("ChannelTopicEntityListing", &listing);
    assert_eq!(listing["entities"][0]["state"], "Permitted");
    assert_eq!(listing["entities"][1]["state"], "Rejected");
    assert_eq!(listing["entities"][1]["missingPermissions"], json!(["conversation:secret:view"]));
    assert_eq!(h.topics(&channel).await, ["v2.open"]);

    h.control.permit_topics();
    expect(h.subscriptions(Method::POST, &channel, &["v2.secret"]), StatusCode::OK).await;
}

#[tokio::test]
async fn the_twenty_first_channel_drops_the_idlest_one() {
    let h = Harness::start().await;
    let (first, mut connected) = h.listen(&["v2.a"]).await;
    let second = h.channel().await;
    for _ in 0..19 {
        h.channel().await;
    }
    let listing = expect(h.notifications(Method::GET, ""), StatusCode::OK).await;
    OPENAPI.check("ChannelEntityListing", &listing);
    let ids: Vec<_> = listing["entities"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids.len(), 20);
    assert!(ids.contains(&id(&first)) && !ids.contains(&id(&second)));
    expect(h.subscriptions(Method::GET, &second, &[]), StatusCode::NOT_FOUND).await;
    h.control.publish("v2.a", json!(1));
    assert_eq!(connected.json().await["eventBody"], 1);
}

#[tokio::test]
async fn other_tokens_channels_are_counted_but_not_named() {
    let mut h = Harness::start().await;
    h.channel().await;
    h.token = h.issue_token().await;
    let own = h.channel().await;
    let listing = expect(h.notifications(Method::GET, ""), StatusCode::OK).await;
    assert_eq!(listing["entities"], json!([own]));
    let all = expect(h.notifications(Method::GET, "?includechannels=oauthclient"), StatusCode::OK).await;
    let ids: Vec<_> = all["entities"].as_array().unwrap().iter().map(|channel| channel["id"].as_str()).collect();
    assert_eq!(ids, [None, Some(id(&own))]);
}

#[tokio::test]
async fn a_channel_lives_a_day_and_says_so_before_it_ends() {
    let h = Harness::start().await;
    let (channel, mut socket) = h.listen(&["v2.a"]).await;
    let expires = channel["expires"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(expires.duration_since(h.control.now()).as_secs() > 23 * 60 * 60);
    h.control.advance(DAY.checked_sub(Duration::from_mins(1)).unwrap());
    assert_eq!(socket.json().await["topicName"], "v2.system.socket_closing");
    h.control.publish("v2.a", json!("still alive"));
    assert_eq!(socket.json().await["eventBody"], "still alive");

    h.control.advance(Duration::from_mins(1));
    assert_eq!(socket.end().await, End::Closed(1000));
    assert_eq!(Socket::open_from(uri(&channel), None).await.err(), Some(404));
}

#[tokio::test]
async fn of_two_sockets_on_a_channel_the_newer_one_stays() {
    let h = Harness::start().await;
    let (channel, old) = h.listen(&["v2.a"]).await;
    let mut new = Socket::open(uri(&channel)).await;
    assert_eq!(old.end().await, End::Closed(4001));
    h.control.publish("v2.a", json!(1));
    assert_eq!(new.json().await["eventBody"], 1);
    assert_eq!(h.control.channel_sockets(), 1);
}

#[tokio::test]
async fn a_ping_is_answered_and_the_heart_beats_unless_it_is_silenced() {
    let h = Harness::with(SimOptions { heartbeat: Duration::from_millis(20), ..SimOptions::default() }).await;
    let (_, mut socket) = h.listen(&[]).await;
    let beat = json!({"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}});
    assert_eq!(socket.json().await, beat);
    assert_eq!(socket.json().await, beat);

    h.control.silence_heartbeat(true);
    socket.send("neither JSON nor a ping").await;
    socket.send(json!({"message": "ping"})).await;
    let pong = json!({"topicName": "channel.metadata", "eventBody": {"message": "pong"}});
    socket.until(|frame| *frame == pong).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    socket.send(json!({"message": "ping"})).await;
    assert_eq!(socket.json().await, pong, "no beat in between");
}

#[tokio::test]
async fn the_channels_need_a_token_and_stand_in_the_ledger() {
    let h = Harness::start().await;
    let url = format!("{}/api/v2/notifications/channels", h.sim.url());
    expect(h.http.post(&url), StatusCode::UNAUTHORIZED).await;
    h.control.clear_ledger();
    h.channel().await;
    let ledger = h.control.ledger();
    assert_eq!((ledger[0].path.as_str(), ledger[0].status), ("/api/v2/notifications/channels", Some(200)));
    assert_eq!((ledger[0].token_id.as_deref(), ledger[0].violation.as_ref()), (Some("t1"), None));

    h.control.set_rate_limit(1);
    expect(h.notifications(Method::POST, ""), StatusCode::TOO_MANY_REQUESTS).await;
    h.control.expire_tokens();
    expect(h.notifications(Method::POST, ""), StatusCode::UNAUTHORIZED).await;
}
