//! The marker is sent once, by the API, and found again.

use genesys_sim::{Fault, NewPlatformConversation, Route};
use session_resumption::ports::{Post, UpstreamError};

use crate::support::{AGENT, MARKER, Plan, QUEUE, Rig, SECOND, body, status};

#[tokio::test]
async fn the_marker_stands_in_the_chat_and_is_found_again() {
    let rig = Rig::new().await;
    let id = rig.id.as_str();
    rig.platform.customer_message(id, "hello").unwrap();
    rig.control.advance(SECOND);
    let posted = rig.post(&rig.marker()).await.unwrap();
    rig.control.advance(SECOND);
    rig.platform.agent_message(id, MARKER).unwrap();

    let stands = rig.platform.transcript(id).unwrap();
    let ours: Vec<_> = stands.iter().filter(|message| message.id == posted).collect();
    assert_eq!((ours.len(), &*ours[0].text), (1, MARKER));
    let lines = rig.transcript().await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (&*line.kind, &*line.author_id, &*line.text)).collect();
    assert_eq!((told.len(), told[1]), (3, ("system", "system", MARKER)));
    assert_eq!(lines[1].id, posted);
    assert_eq!((told[0].0, told[0].2, told[2].0, told[2].2), ("customer", "", "agent", ""), "never taken for ours");
    assert_eq!(rig.snapshot().await.status_text, "ACTIVE");
    rig.assert_described();
}

#[tokio::test]
async fn texts_are_asked_for_only_where_one_could_be_ours() {
    let rig = Rig::new().await;
    rig.platform.customer_message(rig.id.as_str(), "hello").unwrap();
    assert_eq!(rig.transcript().await.unwrap().len(), 1);
    assert_eq!(rig.count(Route::PlatformMessagesBulk), 0);
    rig.assert_described();
}

#[tokio::test]
async fn a_message_that_went_elsewhere_is_in_doubt() {
    let rig = Rig::new().await;
    rig.control.advance(SECOND);
    let elsewhere = NewPlatformConversation {
        external_contact_id: Some(rig.created.external_contact_id.clone()),
        queue_id: Some(QUEUE.to_owned()),
        agent_user_id: Some(AGENT.to_owned()),
        ..NewPlatformConversation::default()
    };
    rig.platform.create(elsewhere).unwrap();
    let error = rig.post(&rig.marker()).await.unwrap_err();
    assert_eq!(error, UpstreamError::Malformed("the message stands in another conversation"));
    assert!(error.outcome_unknown());
    assert_eq!(rig.transcript().await.unwrap().len(), 0, "nor is it here");
    rig.assert_described();
}

#[tokio::test]
async fn a_message_is_never_sent_twice() {
    for fault in [
        Fault::Reset { after_effect: true },
        Fault::Status { code: 503, retry_after_s: None, after_effect: true },
        Fault::Truncate,
        Fault::Malformed,
    ] {
        let rig = Rig::new().await;
        rig.fault(Route::PlatformAgentless, 1, fault.clone());
        let error = rig.post(&rig.marker()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{fault:?}: {error:?}");
        assert_eq!(rig.count(Route::PlatformAgentless), 1, "{fault:?}");
        let lines = rig.transcript().await.unwrap();
        assert_eq!((lines.len(), &*lines[0].text), (1, MARKER), "{fault:?}");
        rig.assert_described();
    }
}

#[tokio::test]
async fn accepted_without_a_word_is_in_doubt() {
    let rig = Rig::new().await;
    rig.fault(Route::PlatformAgentless, 1, body(202, ""));
    assert!(rig.post(&rig.marker()).await.unwrap_err().outcome_unknown());
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let rig = Rig::new().await;
    let marker = rig.marker();
    let customer = rig.created.customer_id.clone();
    for post in
        [Post { kind: "customer", author_id: customer, ..marker.clone() }, Post { contact_id: None, ..marker.clone() }]
    {
        let error = rig.post(&post).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Withheld(_)), "{error:?}");
        assert!(!error.outcome_unknown());
    }
    let long = Post { text: "x".repeat(2_001), ..marker };
    assert_eq!(rig.post(&long).await, Err(UpstreamError::Rejected { status: 413 }));
    assert_eq!(rig.control.ledger(), [], "not even a token was asked for");
}

#[tokio::test]
async fn a_transcript_that_may_hide_ours_is_unknown() {
    let rig = Rig::new().await;
    rig.post(&rig.marker()).await.unwrap();
    for listing in [r#"{"entities": []}"#, r#"{"entities": [{"id": "another", "textBody": "x"}]}"#] {
        rig.fault(Route::PlatformMessagesBulk, 1, body(200, listing));
        assert_eq!(rig.transcript().await, None, "{listing}");
    }
    rig.fault(Route::PlatformMessagesBulk, 1, body(200, r#"{"results": []}"#));
    let error = session_resumption::ports::Conversations::transcript(&*rig.genesys, &rig.id, crate::support::soon());
    assert!(matches!(error.await, Err(UpstreamError::Malformed(_))));
    rig.assert_described();
}

#[tokio::test]
async fn what_architect_writes_is_not_written_by_us() {
    let rig = Plan { by_architect: true, ..Plan::default() }.build().await;
    let nobody = Post { contact_id: None, ..rig.marker() };
    assert_eq!(rig.post(&nobody).await, Ok("by-architect".to_owned()));
    assert_eq!(rig.transcript().await, Some(vec![]));
    assert_eq!(rig.control.ledger(), []);
    let customer = Post { kind: "customer", ..rig.marker() };
    assert!(matches!(rig.post(&customer).await, Err(UpstreamError::Withheld(_))));
}

#[tokio::test]
async fn a_refused_message_is_refused() {
    let rig = Rig::new().await;
    for (code, error) in [(400, UpstreamError::Rejected { status: 400 }), (409, UpstreamError::Conflict)] {
        rig.fault(Route::PlatformAgentless, 1, status(code));
        assert_eq!(rig.post(&rig.marker()).await, Err(error));
    }
    assert_eq!(rig.transcript().await.unwrap().len(), 0);
    rig.assert_described();
}
