//! What comes on a channel reaches the mirror, or is counted.

use genesys_sim::PushFault;
use serde_json::json;
use session_resumption::domain::mirror::News;

use crate::clock::until;
use crate::rig::{Rig, conversation, queue_topic};

#[tokio::test(start_paused = true)]
async fn events_are_told_and_those_of_our_queues_cover_their_conversations() {
    let rig = Rig::new().await;
    let (_replica, feed) = rig.listening().await;

    rig.happens("a", "c-1");
    let News::Whole { legs, as_of, feed: covering } = rig.news_of("c-1").await else { panic!() };
    assert_eq!((legs.all.len(), covering), (2, Some(feed)));
    assert_eq!(legs.changed(), Some(as_of));

    let elsewhere = conversation("c-2", "b", 7);
    rig.control.publish(queue_topic("a"), elsewhere);
    let News::Doubt { at, .. } = rig.news_of("c-2").await else { panic!("queue b is not ours") };
    assert!(at > "2026-05-15T12:00:07Z".parse().unwrap());

    let body = json!({
        "conversationId": "c-3",
        "deploymentId": "d",
        "messages": [{"id": "m-1", "eventTimeMs": 1_715_783_000_000_u64}],
        "eventTimeMs": 1_715_783_000_000_u64,
    });
    rig.control.publish("v2.webmessaging.deployments.d.undelivered.messages", body);
    let News::Undelivered { messages, .. } = rig.news_of("c-3").await else { panic!() };
    assert_eq!(messages[0].0, "m-1");
    assert_eq!((rig.frames("told"), rig.mirror.lasting()), (3, Some(feed)));
}

#[tokio::test(start_paused = true)]
async fn what_comes_twice_or_out_of_order_says_the_same_as_ever() {
    let rig = Rig::new().await;
    let (_replica, feed) = rig.listening().await;
    rig.control.script_push_fault(PushFault::Duplicate, 1);
    rig.control.script_push_fault(PushFault::Hold, 1);
    for seconds in [1, 2, 3] {
        rig.control.publish(queue_topic("a"), conversation("c-1", "a", seconds));
    }
    until("four", || rig.mirror.told_of("c-1").len() == 4).await;
    let told = rig.mirror.told_of("c-1");
    assert_eq!(told[0], told[1]);
    let times: Vec<_> = told.iter().map(|news| news_time(news).as_second() % 60).collect();
    assert_eq!(times, [1, 1, 3, 2]);
    assert_eq!(rig.mirror.lasting(), Some(feed), "the mirror puts them in order");
}

fn news_time(news: &News) -> jiff::Timestamp {
    let News::Whole { as_of, .. } = news else { panic!("{news:?}") };
    *as_of
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_may_have_told_of_a_change() {
    let rig = Rig::new().await;
    let (replica, first) = rig.listening().await;
    let calls = replica.purse.taken();
    let texts = ["<html>", "{", r#"{"topicName": "v2.routing.queues.a.conversations.messages", "eventBody": {}}"#];
    for (place, text) in texts.into_iter().enumerate() {
        rig.control.push_text(text);
        until("a gap", || rig.gaps("malformed") == place as u64 + 1).await;
    }
    rig.control.script_push_fault(PushFault::Truncate, 1);
    rig.happens("a", "c-1");
    until("a gap", || rig.gaps("malformed") == 4).await;
    let feed = rig.feed_after(first).await;
    assert_eq!(feed.0, first.0 + 4);
    assert_eq!(rig.feed_of("c-2").await, Some(feed));
    assert_eq!((replica.purse.taken(), rig.control.channel_sockets()), (calls, 1), "the subscriptions stand");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asked_for_is_counted_and_nothing_else() {
    let rig = Rig::new().await;
    let (_replica, feed) = rig.listening().await;
    rig.control.push_frame("v2.users.u.presence", &json!({}));
    rig.control.push_frame(&queue_topic("b"), &conversation("c-1", "b", 0));
    let of_another = json!({"conversationId": "c-1", "deploymentId": "e", "messages": [], "eventTimeMs": 1});
    rig.control.push_frame("v2.webmessaging.deployments.d.undelivered.messages", &of_another);
    assert_eq!(rig.feed_of("c-2").await, Some(feed));
    assert_eq!((rig.frames("unknown_topic"), rig.frames("foreign")), (1, 2));
    assert!(rig.mirror.told_of("c-1").is_empty());
}

#[tokio::test(start_paused = true)]
async fn whatever_comes_the_next_event_is_told() {
    let rig = Rig::new().await;
    let (replica, first) = rig.listening().await;
    let calls = replica.purse.taken();
    let frame = json!({"topicName": queue_topic("a"), "eventBody": conversation("c-1", "a", 0)}).to_string();
    // Cut short at every other place, and with every other character replaced by another.
    let cut = (0..frame.len()).step_by(2).map(|at| frame[..at].to_owned());
    let taken = || {
        ["malformed", "told", "idle", "foreign", "unknown_topic"].map(|outcome| rig.frames(outcome)).iter().sum::<u64>()
    };
    let replaced = (0..frame.len()).step_by(2).map(|at| format!("{}}}{}", &frame[..at], &frame[at + 1..]));
    for text in cut.chain(replaced) {
        let before = taken();
        rig.control.push_text(&text);
        until("it to be taken", || taken() > before).await;
    }
    // It comes after all of them, and so does its feed.
    let covering = rig.feed_of("c-2").await;
    let malformed = rig.gaps("malformed");
    assert!(malformed >= frame.len() as u64 / 2, "{malformed}");
    assert_eq!((covering, malformed), (rig.mirror.lasting(), rig.frames("malformed")));
    assert_eq!(covering.map(|feed| feed.0), Some(first.0 + malformed));
    assert_eq!((replica.purse.taken(), rig.control.channel_sockets()), (calls, 1));
}
