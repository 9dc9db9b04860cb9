//! What is subscribed to, and what is not permitted.

use session_resumption::domain::mirror::News;
use session_resumption::genesys::notifications::Listening;

use crate::clock::{pass, until};
use crate::rig::{HOLD, Rig, SECOND, conversation, listening, queue_topic};

const PERMITTED: &str = "session_resumption_notifications_topics{state=\"permitted\"}";
const REJECTED: &str = "session_resumption_notifications_topics{state=\"rejected\"}";

#[tokio::test(start_paused = true)]
async fn a_thousand_and_one_topics_take_two_channels() {
    let rig = Rig::new().await;
    let queues = (0..1001).map(|place| format!("q-{place}")).collect();
    let replica = rig.replica(Listening { queues, deployments: vec![], hold: HOLD });
    let feed = rig.feed().await;
    assert_eq!((rig.control.channel_sockets(), rig.metric(PERMITTED)), (2, 1001));
    assert_eq!(replica.purse.taken(), 5, "two channels, and three requests for the topics");
    for queue in ["q-0", "q-499", "q-500", "q-999", "q-1000"] {
        rig.happens(queue, queue);
        let News::Whole { feed: covering, .. } = rig.news_of(queue).await else { panic!() };
        assert_eq!(covering, Some(feed), "{queue}");
    }
    // The loss of one channel is the loss of all that is covered.
    rig.control.cut_channel_sockets();
    until("a gap", || rig.gaps("closed") == 1).await;
    pass(SECOND).await;
    rig.feed_after(feed).await;
    assert_eq!(rig.control.channel_sockets(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_permitted_is_counted_and_covers_nothing() {
    let rig = Rig::new().await;
    rig.control.forbid_topic(queue_topic("b"), "conversation:webmessaging:view");
    let _replica = rig.replica(listening(&["a", "b"], &["d"]));
    let feed = rig.feed().await;
    assert_eq!((rig.metric(PERMITTED), rig.metric(REJECTED)), (2, 1));
    assert_eq!(rig.feed_of("c-1").await, Some(feed));
    rig.control.publish(queue_topic("a"), conversation("c-2", "b", 0));
    assert!(matches!(rig.news_of("c-2").await, News::Doubt { .. }), "its next change would not be told");
}

#[tokio::test(start_paused = true)]
async fn nothing_permitted_is_nothing_to_listen_to() {
    let rig = Rig::new().await;
    rig.control.forbid_topic(queue_topic("a"), "conversation:webmessaging:view");
    let replica = rig.replica(listening(&["a"], &[]));
    until("a try", || replica.purse.taken() == 2).await;
    pass(10 * SECOND).await;
    assert!((2..=10).contains(&replica.purse.taken()), "{}", replica.purse.taken());
    assert_eq!((rig.mirror.lasting(), rig.control.channel_sockets()), (None, 0));
    rig.control.permit_topics();
    pass(60 * SECOND).await;
    rig.feed().await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_lost_with_a_renewal_ends_the_feed() {
    let rig = Rig::new().await;
    let _replica = rig.replica(listening(&["a", "b"], &[]));
    let first = rig.feed().await;
    rig.control.forbid_topic(queue_topic("b"), "conversation:webmessaging:view");
    rig.control.advance(std::time::Duration::from_mins(24 * 60 - 1));
    until("the warning", || rig.frames("closing") == 1).await;
    pass(40 * SECOND).await;
    rig.feed_after(first).await;
    assert_eq!((rig.gaps("topic_lost"), rig.gaps("closed")), (1, 0));
}
