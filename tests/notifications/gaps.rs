//! Whatever may have been missed ends the feed, and the next one begins once the subscriptions stand.

use std::time::Duration;

use axum::extract::ws::Message;
use bytes::Bytes;
use serde_json::json;
use session_resumption::domain::mirror::News;

use crate::clock::{pass, until};
use crate::rig::{HOLD, Rig, SECOND, conversation, listening, queue_topic};
use crate::stub::Stub;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test(start_paused = true)]
async fn a_closed_socket_is_a_gap() {
    let rig = Rig::new().await;
    let (_replica, first) = rig.listening().await;
    rig.control.cut_channel_sockets();
    until("a gap", || rig.gaps("closed") == 1).await;
    until("the end of the feed", || rig.mirror.lasting() != Some(first)).await;
    rig.happens("a", "missed");
    pass(SECOND).await;
    let feed = rig.feed_after(first).await;
    assert_eq!(rig.feed_of("c-1").await, Some(feed));
    assert!(rig.mirror.told_of("missed").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_channel_is_pinged_and_a_silent_one_is_broken() {
    let rig = Rig::new().await;
    let stub = Stub::start(DAY).await;
    let _replica = rig.replica_at(&stub.url, listening(&["a"], &[]));
    let first = rig.feed().await;
    pass(29 * SECOND).await;
    assert!(stub.heard(0).is_empty());
    pass(2 * SECOND).await;
    until("a ping", || !stub.heard(0).is_empty()).await;
    assert!(stub.heard(0)[0].contains(r#"{\"message\":\"ping\"}"#), "{:?}", stub.heard(0));

    let pong = json!({"topicName": "channel.metadata", "eventBody": {"message": "pong"}}).to_string();
    stub.send(0, Message::text(pong));
    until("a pong", || rig.frames("heartbeat") == 1).await;
    pass(31 * SECOND).await;
    until("another ping", || stub.heard(0).len() == 2).await;
    assert_eq!((rig.gaps("silent"), rig.mirror.lasting()), (0, Some(first)));
    pass(20 * SECOND).await;
    until("a gap", || rig.gaps("silent") == 1).await;
    assert_ne!(rig.feed_after(first).await, first);
    until("the end of the old socket", || stub.open() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_an_idle_feed() {
    let rig = Rig::new().await;
    let (replica, feed) = rig.listening().await;
    let calls = replica.purse.taken();
    pass(10 * HOLD).await;
    assert_eq!((rig.mirror.lasting(), replica.purse.taken()), (Some(feed), calls));
    assert!(rig.frames("heartbeat") >= 25, "{}", rig.frames("heartbeat"));
    let heard = rig.mirror.heard();
    assert!((10..=180).contains(&heard), "every few seconds at most: {heard}");
    assert!(rig.metric("session_resumption_notifications_heard_age_seconds") <= 31);
}

#[tokio::test(start_paused = true)]
async fn frames_that_nobody_can_take_are_gaps() {
    let rig = Rig::new().await;
    let stub = Stub::start(DAY).await;
    let _replica = rig.replica_at(&stub.url, listening(&["a"], &[]));
    let first = rig.feed().await;
    stub.send(0, Message::Binary(Bytes::from_static(b"\x00\xff")));
    let second = rig.feed_after(first).await;
    stub.send(0, Message::Ping(Bytes::from_static(b"are you there")));
    until("an answer", || stub.heard(0).iter().any(|heard| heard.starts_with("Pong"))).await;
    assert_eq!(rig.gaps("malformed"), 1);

    let endless = "x".repeat((1 << 20) + 1);
    stub.send(0, Message::text(endless));
    until("a gap", || rig.gaps("malformed") == 2).await;
    pass(SECOND).await;
    rig.feed_after(second).await;
    assert_eq!(stub.created(), 2, "what follows such a frame cannot be read either");
    stub.send(1, Message::Close(None));
    until("a gap", || rig.gaps("closed") == 1).await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_faster_than_it_is_taken_is_a_gap() {
    let rig = Rig::new().await;
    let (_replica, first) = rig.listening().await;
    let jam = rig.mirror.jam().await;
    for place in 0..600 {
        rig.control.publish(queue_topic("a"), conversation(&format!("c-{place}"), "a", 0));
    }
    until("all to have come", || rig.frames("told") > 256).await;
    assert_eq!(rig.mirror.lasting(), Some(first));
    drop(jam);
    until("a gap", || rig.gaps("lagging") >= 1).await;
    let feed = rig.feed_after(first).await;
    rig.happens("a", "last");
    let News::Whole { feed: covering, .. } = rig.news_of("last").await else { panic!() };
    assert!(covering >= Some(feed));
    assert!(rig.mirror.told().len() < 601, "something was dropped");
    assert_eq!(rig.control.channel_sockets(), 1, "the subscriptions stand");
}
