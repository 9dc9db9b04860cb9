//! A name goes with one text, once and for all.

use genesys_sim::Route;
use session_resumption::pb;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::validate_session_request::Intent;
use tonic::{Code, Status};

use crate::support::{Chat, Harness, MARKER, Refusal};

#[track_caller]
fn assert_reused(status: &Status, field: &str) {
    let refusal = Refusal::of(status);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "CLIENT_MESSAGE_ID_REUSED"));
    assert_eq!(refusal.metadata.get("field").map(String::as_str), Some(field));
    let fields: Vec<_> = refusal.fields.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!((fields, refusal.retry), (vec![field], None));
}

#[tokio::test]
async fn a_message_id_that_comes_again_with_another_text_is_refused_before_anything_is_sent() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    chat.inject(&handshake, &[("m-1", "one"), ("m-2", "two")]).await.unwrap();
    harness.control.clear_ledger();

    for text in ["ONE", "one ", "two", "o", "\u{200b}one"] {
        let status = chat.inject(&handshake, &[("m-0", "new"), ("m-1", text)]).await.unwrap_err();
        assert_reused(&status, "messages[1].client_message_id");
        let without = pb::InjectContextRequest {
            marker: String::new(),
            ..chat.inject_request(&handshake, &[("m-1", text), ("m-0", "new")])
        };
        assert_reused(&harness.inject(without).await.unwrap_err(), "messages[0].client_message_id");
    }
    assert_eq!(harness.paths(), Vec::<String>::new());
    assert_eq!(chat.transcript(), [MARKER, "one", "two"]);

    // The same request again, in part or in another order, is no reuse.
    let again = chat.inject(&handshake, &[("m-2", "two"), ("m-1", "one")]).await.unwrap();
    assert_eq!(again.outcome(), Outcome::Complete);
    assert!(again.results.iter().all(|result| result.outcome() == Fate::AlreadyPresent));
    assert_eq!(chat.transcript().len(), 3);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_id_keeps_its_text_from_one_handshake_to_the_next() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm(&first).await.unwrap();
    chat.inject(&first, &[("m-1", "one")]).await.unwrap();

    harness.control.drop_customer(&chat.conversation).unwrap();
    let second = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm(&second).await.unwrap();
    assert_ne!(first, second);
    assert_reused(&chat.inject(&second, &[("m-1", "uno")]).await.unwrap_err(), "messages[0].client_message_id");

    let again = chat.inject(&second, &[("m-1", "one")]).await.unwrap();
    assert_eq!(again.marker_result.unwrap().outcome(), Fate::Injected, "each handshake has a marker of its own");
    assert_eq!(again.results[0].outcome(), Fate::AlreadyPresent);
    assert_eq!(chat.transcript(), [MARKER, "one", MARKER]);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn names_belong_to_a_pair() {
    let harness = Harness::start().await;
    for text in ["one", "another"] {
        let chat = Chat::dropped(&harness);
        let handshake = chat.confirmed().await;
        let injected = chat.inject(&handshake, &[("m-1", text)]).await.unwrap();
        assert_eq!(injected.results[0].outcome(), Fate::Injected);
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_handshake_has_one_marker() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let with = |marker: &str| pb::InjectContextRequest {
        marker: marker.to_owned(),
        ..chat.inject_request(&handshake, &[("m-1", "one")])
    };
    harness.inject(with("")).await.unwrap();
    harness.inject(with(MARKER)).await.unwrap();
    assert_eq!(chat.transcript(), ["one", MARKER], "a marker may come later than the messages");
    let posts = chat.calls(Route::PostMessage);

    assert_reused(&harness.inject(with("[Other words]")).await.unwrap_err(), "marker");
    harness.inject(with("")).await.unwrap();
    let again = harness.inject(with(MARKER)).await.unwrap();
    assert_eq!(again.marker_result.unwrap().outcome(), Fate::AlreadyPresent);
    assert_eq!((chat.calls(Route::PostMessage), chat.transcript().len()), (posts, 2));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_may_say_what_the_marker_says() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    for _ in 0..3 {
        chat.inject(&handshake, &[("m-1", MARKER), ("m-2", MARKER)]).await.unwrap();
    }
    assert_eq!(chat.transcript(), [MARKER, MARKER, MARKER]);
    harness.stop().await.unwrap();
}
