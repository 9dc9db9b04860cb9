//! Nothing of what frames say, and no way to hear them, reaches the log.

use session_resumption::domain::mirror::News;

use crate::clock::{pass, until};
use crate::log;
use crate::rig::{Rig, SECOND, listening, queue_topic};

#[tokio::test(start_paused = true)]
async fn the_log_holds_no_secrets_and_names_a_missing_permission_once() {
    let rig = Rig::new().await;
    rig.control.forbid_topic(queue_topic("b"), "conversation:webmessaging:view");
    let _replica = rig.replica(listening(&["a", "b"], &[]));
    let first = rig.feed().await;
    rig.happens("a", "secret-conversation");
    assert!(matches!(rig.news_of("secret-conversation").await, News::Whole { .. }));
    rig.control.push_text("<html>secret-text");
    until("a gap", || rig.gaps("malformed") == 1).await;
    rig.control.cut_channel_sockets();
    until("a gap", || rig.gaps("closed") == 1).await;
    pass(SECOND).await;
    rig.feed_after(first).await;

    let log = log::of_this_test();
    assert_eq!(log.matches("conversation:webmessaging:view").count(), 1, "{log}");
    assert_eq!(log.matches("listening to genesys").count(), 2, "{log}");
    assert!(log.contains("cause=\"closed\""), "{log}");
    // Nor anybody else's, until now.
    for line in log::of_all().lines() {
        for secret in ["streaming-0-", "/channels/", "connectUri", "secret-", "sim-secret", "p-1"] {
            assert!(!line.contains(secret), "{secret} in: {line}");
        }
    }
}
