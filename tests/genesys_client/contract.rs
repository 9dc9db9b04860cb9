//! Each call is made as the guide has it, and what is not there is no error.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use genesys_sim::Route;
use serde_json::json;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::snapshot::Status;
use session_resumption::genesys::ReadMethod;
use session_resumption::ports::{Conversations, UpstreamError};

use crate::support::{Rig, rig_with_api, soon, stub};

#[tokio::test]
async fn each_call_is_made_to_the_letter_of_the_contract() {
    for (sim_method, method) in
        [(genesys_sim::ReadMethod::Post, ReadMethod::Post), (genesys_sim::ReadMethod::Get, ReadMethod::Get)]
    {
        let rig =
            Rig::with(|options| options.read_method = sim_method, |settings| settings.read_method = method, 9).await;
        let reading = rig.read().await.unwrap();
        let snapshot = reading.found.unwrap();
        assert_eq!((snapshot.status, snapshot.conversation), (Status::Active, rig.id.clone()));
        assert!(snapshot.participants[0].active && snapshot.updated.is_some());
        assert!((rig.control.now() - reading.date.unwrap()).get_seconds() <= 2);

        rig.patch().await.unwrap();
        let attributes = &rig.control.calls(Route::Patch)[0].body.clone().unwrap()["customAttributes"];
        assert_eq!(*attributes, json!({"lastResumptionTimestamp": "2024-05-15T14:35:22.000Z", "resumptionCount": "2"}));

        let message = rig.post().await.unwrap();
        let lines = rig.genesys.transcript(&rig.id, soon()).await.unwrap().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].id.as_str(), lines[0].author_id.as_str()), (message.as_str(), rig.customer.as_str()));
        assert_eq!((lines[0].kind.as_str(), lines[0].text.as_str()), ("customer", "hello"));

        let ledger = rig.control.ledger();
        assert!(ledger.iter().all(|call| call.violation.is_none() && call.status == Some(200)), "{ledger:#?}");
        rig.sim.stop().await;
    }
}

#[tokio::test]
async fn the_read_by_post_says_that_it_has_no_body() {
    let (seen, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let handler = |headers: HeaderMap, body: Bytes| async move {
        seen.send((headers, body)).unwrap();
        "{}"
    };
    let rig = rig_with_api(stub(Router::new().fallback(handler)).await).await;
    assert!(matches!(rig.read().await, Err(UpstreamError::Malformed(_))));
    let (headers, body) = heard.recv().await.unwrap();
    assert_eq!((headers["content-length"].to_str().unwrap(), body.len()), ("0", 0));
    assert!(headers["user-agent"].to_str().unwrap().starts_with("session-resumption/"));
}

#[tokio::test]
async fn what_is_not_there_is_a_reading_and_no_error() {
    let rig = Rig::new().await;
    rig.control.forget(rig.id.as_str()).unwrap();
    let reading = rig.read().await.unwrap();
    assert!(reading.found.is_none() && reading.date.is_some());
    assert_eq!(rig.patch().await, Err(UpstreamError::NotFound));
    assert_eq!(rig.post().await, Err(UpstreamError::NotFound));
    assert_eq!(rig.genesys.transcript(&rig.id, soon()).await, Ok(None));
}

#[tokio::test]
async fn a_genesys_without_a_transcript_is_no_error() {
    let rig = Rig::with(|options| options.transcript_supported = false, |_| {}, 9).await;
    assert_eq!(rig.genesys.transcript(&rig.id, soon()).await, Ok(None));
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    let rig = Rig::new().await;
    for id in ["...", "a..b", "~", "-._~", "..messages"] {
        let id = ConversationId::parse(id).unwrap();
        assert!(rig.genesys.read(&id, soon()).await.unwrap().found.is_none());
        let call = rig.control.calls(Route::Read).pop().unwrap();
        assert_eq!(call.path, format!("/api/v2/conversations/messaging/{id}"));
        assert_eq!(call.conversation_id.as_deref(), Some(id.as_str()));
    }
}
