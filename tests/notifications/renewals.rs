//! A channel's end is no gap: its successor is listened to before.

use std::time::Duration;

use genesys_sim::SimOptions;
use session_resumption::domain::mirror::News;

use crate::clock::{pass, until};
use crate::rig::{HOLD, Rig, SECOND, listening};
use crate::stub::Stub;

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_about_to_close_is_renewed_without_a_gap() {
    let rig = Rig::new().await;
    let (_replica, feed) = rig.listening().await;
    rig.control.advance(Duration::from_mins(24 * 60 - 1));
    until("the warning", || rig.frames("closing") == 1).await;
    let mut told = 0;
    let mut both = false;
    for _ in 0..50 {
        rig.happens("a", &format!("c-{told}"));
        told += 1;
        pass(SECOND).await;
        both |= rig.control.channel_sockets() == 2;
    }
    assert!(both, "for a while there are two");
    until("one again", || rig.control.channel_sockets() == 1).await;
    for place in 0..told {
        let News::Whole { feed: covering, .. } = rig.news_of(&format!("c-{place}")).await else { panic!() };
        assert_eq!(covering, Some(feed), "{place}");
    }
    rig.control.advance(Duration::from_mins(2));
    assert_eq!(rig.feed_of("after").await, Some(feed), "the old channel's end is nobody's loss");
    for cause in ["closed", "silent", "malformed", "lagging", "store"] {
        assert_eq!(rig.gaps(cause), 0, "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_renewed_before_it_ends_and_again_if_that_fails() {
    let rig = Rig::new().await;
    // Half of its life is a minute, and a warning never comes.
    let stub = Stub::start(2 * Duration::from_mins(1)).await;
    let replica = rig.replica_at(&stub.url, listening(&["a"], &[]));
    let feed = rig.feed().await;
    replica.purse.set_empty(true);
    let alive = |socket| stub.send(socket, axum::extract::ws::Message::Ping(bytes::Bytes::new()));
    for _ in 0..4 {
        pass(20 * SECOND).await;
        alive(0);
    }
    assert_eq!(stub.created(), 1, "it is due, and there is no budget for it");
    replica.purse.set_empty(false);
    for _ in 0..2 {
        pass(20 * SECOND).await;
        alive(0);
    }
    until("its successor", || stub.created() == 2).await;
    stub.sockets(2).await;
    alive(1);
    pass(15 * SECOND).await;
    until("one again", || stub.open() == 1).await;
    assert_eq!((rig.mirror.lasting(), rig.gaps("closed")), (Some(feed), 0));
    stub.cut(1);
    until("a gap", || rig.gaps("closed") == 1).await;
}

#[tokio::test(start_paused = true)]
async fn the_channels_of_a_former_token_are_renewed_and_trusted_no_longer() {
    let options = SimOptions { token_ttl: Duration::from_mins(10), ..SimOptions::default() };
    let rig = Rig::with(options).await;
    let (replica, first) = rig.listening().await;
    pass(HOLD).await;
    assert_eq!(rig.mirror.lasting(), Some(first));
    pass(Duration::from_mins(8)).await;
    // Somebody else makes a call, and the token is old.
    replica.link.sign_in().await.unwrap();
    pass(10 * SECOND).await;
    let next = rig.feed_after(first).await;
    assert_eq!((rig.gaps("token_renewed"), rig.gaps("closed")), (1, 0));
    assert_eq!(rig.feed_of("c-1").await, Some(next));
    pass(HOLD).await;
    assert_eq!((rig.mirror.lasting(), rig.control.channel_sockets()), (Some(next), 1));
}
