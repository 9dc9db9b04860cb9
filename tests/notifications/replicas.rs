//! One listens, the others stand by.

use session_resumption::domain::mirror::Feed;
use uuid::Uuid;

use crate::clock::{pass, until};
use crate::rig::{HOLD, Rig, SECOND, listening};

#[tokio::test(start_paused = true)]
async fn one_listens_and_when_it_dies_another_does() {
    let rig = Rig::new().await;
    let (first, feed) = rig.listening().await;
    let owner = rig.mirror.owner();
    let second = rig.replica(listening(&["a"], &["d"]));
    pass(2 * HOLD).await;
    assert_eq!((rig.control.channel_sockets(), second.purse.taken(), rig.mirror.owner()), (1, 0, owner));

    first.crash().await;
    until("its end", || rig.control.channel_sockets() == 0).await;
    pass(2 * HOLD).await;
    let next = rig.feed_after(feed).await;
    assert_ne!(rig.mirror.owner(), owner);
    assert_eq!(rig.feed_of("c-1").await, Some(next));
}

#[tokio::test(start_paused = true)]
async fn one_that_stops_makes_room_at_once() {
    let rig = Rig::new().await;
    let (first, feed) = rig.listening().await;
    let _second = rig.replica(listening(&["a"], &["d"]));
    pass(SECOND).await;
    first.stop().await;
    pass(SECOND).await;
    assert_eq!(rig.mirror.lasting(), None, "nothing is covered while nobody listens");
    pass(HOLD / 2).await;
    rig.feed_after(feed).await;
}

#[tokio::test(start_paused = true)]
async fn one_whose_feed_was_given_away_hangs_up() {
    let rig = Rig::new().await;
    let (replica, _) = rig.listening().await;
    let calls = replica.purse.taken();
    rig.mirror.usurp(Uuid::from_u128(1), 10 * HOLD);
    // It learns of that when it next has something to say: after a heartbeat.
    pass(40 * SECOND).await;
    until("its end", || rig.control.channel_sockets() == 0).await;
    pass(HOLD).await;
    assert_eq!((rig.gaps("lease_lost"), replica.purse.taken()), (1, calls), "it stands by");
    assert_eq!(rig.metric("session_resumption_notifications_connected"), 0);
}

#[tokio::test(start_paused = true)]
async fn one_whose_feed_lapsed_begins_the_next_without_connecting_again() {
    let rig = Rig::new().await;
    let (replica, Feed(first)) = rig.listening().await;
    let calls = replica.purse.taken();
    rig.mirror.usurp(Uuid::from_u128(1), SECOND / 1000);
    pass(40 * SECOND).await;
    let Feed(next) = rig.feed().await;
    assert_eq!((rig.gaps("lease_lost"), replica.purse.taken()), (1, calls));
    assert!(next > first + 1);
}
