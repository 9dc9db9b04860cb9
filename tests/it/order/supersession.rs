//! A confirmed handshake supersedes those that were opened before it.

use std::time::Duration;

use genesys_sim::{Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::{sleep, timeout};
use tonic::Code;

use crate::support::{Chat, Harness, Refusal};

async fn assert_superseded(harness: &Harness, chat: &Chat, handshake: &str) {
    let superseded = Refusal::plain(Code::FailedPrecondition, "HANDSHAKE_SUPERSEDED");
    assert_eq!(Refusal::of(&chat.confirm(handshake).await.unwrap_err()), superseded);
    assert_eq!(Refusal::of(&chat.inject(handshake, &[("late", "late")]).await.unwrap_err()), superseded);
    for intent in [Intent::Resume, Intent::Heartbeat, Intent::TakeOver] {
        let request = pb::ValidateSessionRequest {
            handshake_id: handshake.to_owned(),
            client_instance_id: "late".into(),
            intent: intent.into(),
            ..chat.validate_request()
        };
        assert_eq!(Refusal::of(&harness.validate(request).await.unwrap_err()), superseded, "{intent:?}");
    }
}

#[tokio::test]
async fn the_second_drop_supersedes_the_first_once_it_is_confirmed() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm(&first).await.unwrap();

    harness.control.drop_customer(&chat.conversation).unwrap();
    let second = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    assert_ne!(first, second);
    // Opened is not confirmed: the first one still counts.
    assert!(chat.confirm(&first).await.unwrap().replayed);
    chat.inject(&first, &[("m-1", "hello")]).await.unwrap();

    harness.control.attach(&chat.conversation, None).unwrap();
    assert_eq!(chat.confirm(&second).await.unwrap().resumption_count, 2);
    assert_superseded(&harness, &chat, &first).await;
    assert_eq!((chat.count(), chat.transcript().len()), (2, 2));
    assert!(chat.confirm(&second).await.unwrap().replayed);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_handshake_that_was_never_confirmed_is_superseded_too() {
    let harness = Harness::with(SimOptions::default(), &[("handshake.replay_ttl", "1s")]).await;
    let chat = Chat::live(&harness);
    let first = chat.validate().await.unwrap().handshake_id;
    let second = timeout(Duration::from_secs(10), async {
        loop {
            let handshake = chat.validate().await.unwrap().handshake_id;
            if handshake != first {
                break handshake;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    let second = second.await.expect("the answer is replayed for a second and no longer");
    assert_eq!(chat.confirm(&second).await.unwrap().outcome(), Outcome::Confirmed);
    assert_superseded(&harness, &chat, &first).await;
    assert_eq!((chat.count(), chat.calls(Route::Patch)), (1, 1));
    assert_eq!(chat.transcript(), Vec::<String>::new());
    harness.stop().await.unwrap();
}
