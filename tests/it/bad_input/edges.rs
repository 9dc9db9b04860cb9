//! The largest that is right: one more is refused elsewhere.

use genesys_sim::{Created, NewConversation, Route};
use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Reason, TabRole};

use crate::support::{Chat, Harness};

const LONGEST_ID: usize = 128;
const LONGEST_TEXT: usize = 4096;

fn chat_of(harness: &Harness, conversation: &str, customer: &str) -> Chat {
    let new = NewConversation {
        conversation_id: Some(conversation.to_owned()),
        customer_id: Some(customer.to_owned()),
        agent_user_id: Some("ada".into()),
        ..NewConversation::default()
    };
    let created: Created = harness.control.create_conversation(new).unwrap();
    Chat::of(harness, created)
}

#[tokio::test]
async fn ids_of_128_characters_are_ids() {
    let harness = Harness::start().await;
    let chat = chat_of(&harness, &"~".repeat(LONGEST_ID), &".".repeat(LONGEST_ID));
    let tab = "-".repeat(LONGEST_ID);
    let answer = chat.validate_as(&tab, Intent::Resume).await.unwrap();
    assert_eq!((answer.reason(), answer.tab_role()), (Reason::Live, TabRole::Active));
    chat.confirm(&answer.handshake_id).await.unwrap();
    let id = "_".repeat(LONGEST_ID);
    let request = pb::InjectContextRequest {
        client_instance_id: tab,
        tab_epoch: answer.tab_epoch,
        ..chat.inject_request(&answer.handshake_id, &[(&id, "hello")])
    };
    let injected = harness.inject(request).await.unwrap();
    assert_eq!((injected.outcome(), &injected.results[0].client_message_id), (Outcome::Complete, &id));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn the_largest_injection_arrives_whole() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    // Four bytes each: the limit counts characters.
    let text = |index: usize| format!("{index:02}{}", "💬".repeat(LONGEST_TEXT - 2));
    let messages = (0..50)
        .map(|index| Message { client_message_id: format!("m{index}"), text: text(index), sent_time: None })
        .collect();
    let marker = "é".repeat(LONGEST_TEXT);
    let request = pb::InjectContextRequest { marker: marker.clone(), messages, ..chat.inject_request(&handshake, &[]) };
    let injected = harness.inject(request).await.unwrap();
    assert_eq!((injected.outcome(), injected.results.len()), (Outcome::Complete, 50));
    let expected: Vec<String> = std::iter::once(marker).chain((0..50).map(text)).collect();
    assert!(chat.transcript() == expected, "the transcript differs");
    assert_eq!(chat.calls(Route::PostMessage), 51);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_reason_to_disconnect_may_have_256_characters() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    for character in ["x", "ä", "💬", "\0", "\u{202e}"] {
        let disconnect_reason = character.repeat(256);
        let request = pb::ValidateSessionRequest { disconnect_reason, ..chat.validate_request() };
        assert_eq!(chat.send(request).await.unwrap().reason(), Reason::WithinWindow);
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn an_injection_of_nothing_is_complete() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let request = pb::InjectContextRequest { marker: String::new(), ..chat.inject_request(&handshake, &[]) };
    let injected = harness.inject(request).await.unwrap();
    assert_eq!((injected.outcome(), injected.marker_result, injected.results.len()), (Outcome::Complete, None, 0));
    assert_eq!(chat.calls(Route::PostMessage), 0);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn uuids_may_be_written_in_capitals() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let confirmed = chat.confirm(&handshake.to_uppercase()).await.unwrap();
    assert_eq!(confirmed.resumption_count, 1);
    assert!(chat.confirm(&handshake).await.unwrap().replayed);
    harness.stop().await.unwrap();
}
