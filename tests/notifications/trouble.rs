//! Genesys, the budget or the store says no.

use axum::http::StatusCode;

use crate::clock::{pass, until};
use crate::rig::{Rig, SECOND, listening};
use crate::stub::Stub;

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_without_budget_and_it_is_waited_for() {
    let rig = Rig::new().await;
    let replica = rig.replica(listening(&["a"], &[]));
    replica.purse.set_empty(true);
    pass(20 * SECOND).await;
    replica.purse.set_empty(false);
    pass(15 * SECOND).await;
    assert_eq!((replica.purse.taken(), rig.control.channel_sockets()), (0, 0), "the budget named 40 s");
    pass(10 * SECOND).await;
    rig.feed().await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_limits_our_rate_is_left_alone_for_longer_and_longer() {
    let rig = Rig::new().await;
    rig.control.refuse_channels(Some(429)).unwrap();
    let replica = rig.replica(listening(&["a"], &[]));
    until("a try", || replica.purse.taken() > 0).await;
    pass(60 * SECOND).await;
    let tried = replica.purse.taken();
    assert!((1..=9).contains(&tried), "{tried}");
    assert_eq!(rig.mirror.lasting(), None);
    rig.control.refuse_channels(None).unwrap();
    // The longest wait of our own, or what the platform asks for.
    pass(61 * SECOND).await;
    rig.feed().await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_refused_is_tried_again_on_a_new_channel() {
    let rig = Rig::new().await;
    let stub = Stub::start(std::time::Duration::from_hours(24)).await;
    stub.refuse_sockets(Some(StatusCode::NOT_FOUND));
    let _replica = rig.replica_at(&stub.url, listening(&["a"], &[]));
    until("a try", || stub.created() == 1).await;
    pass(10 * SECOND).await;
    assert!((2..=6).contains(&stub.created()), "{}", stub.created());
    assert_eq!(rig.mirror.lasting(), None);
    stub.refuse_sockets(None);
    pass(60 * SECOND).await;
    rig.feed().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_store_did_not_take_is_a_gap() {
    let rig = Rig::new().await;
    let (replica, first) = rig.listening().await;
    let calls = replica.purse.taken();
    rig.mirror.set_down(true);
    rig.happens("a", "c-1");
    rig.happens("a", "c-2");
    until("a gap", || rig.gaps("store") == 1).await;
    pass(20 * SECOND).await;
    assert_eq!(rig.gaps("store"), 1, "one outage is one gap");
    rig.mirror.set_down(false);
    pass(6 * SECOND).await;
    let feed = rig.feed_after(first).await;
    assert_eq!(rig.feed_of("c-3").await, Some(feed));
    assert_eq!(replica.purse.taken(), calls, "the subscriptions stand");
}

#[tokio::test(start_paused = true)]
async fn without_a_store_nobody_listens() {
    let rig = Rig::new().await;
    rig.mirror.set_down(true);
    let replica = rig.replica(listening(&["a"], &[]));
    pass(30 * SECOND).await;
    assert_eq!((replica.purse.taken(), rig.control.channel_sockets()), (0, 0));
    rig.mirror.set_down(false);
    pass(60 * SECOND).await;
    rig.feed().await;
}
