//! Metadata are written without being read back, and a higher count is never lost.

use std::sync::Arc;

use futures_util::future::join_all;
use genesys_sim::{Route, SimOptions, VersionMismatch};
use reqwest::Method;
use serde_json::{Value, json};
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::genesys::MetadataHome;
use session_resumption::ports::{Conversations, Settled, UpstreamError};

use crate::support::{Plan, Rig, metadata, soon, status};

const COUNT: &str = "resumptionCount";
const TIME: &str = "lastResumptionTimestamp";

/// A rig whose metadata are in a record of custom attributes, made by the flow that began the conversation.
async fn with_record(version_mismatch: VersionMismatch) -> Rig {
    let sim = SimOptions { version_mismatch, ..Plan::default().sim };
    let rig = Plan { sim, metadata: MetadataHome::CustomAttributes, ..Plan::default() }.build().await;
    put(&rig, "resumption", json!({"colour": "red"})).await;
    rig
}

async fn put(rig: &Rig, record: &str, attributes: Value) {
    let body = json!({"id": record, "schemaId": "s", "divisions": ["d1"], "customAttributes": attributes});
    let (status, _) = rig.call(Method::PUT, &format!("{}/customattributes", rig.id), &body).await;
    assert_eq!(status, 200);
    rig.control.clear_ledger();
}

async fn record(rig: &Rig) -> Value {
    let path = format!("{}/customattributes/resumption", rig.id);
    rig.call(Method::GET, &path, &Value::Null).await.1
}

#[tokio::test]
async fn an_accepted_write_is_over_and_not_read_back() {
    let rig = Rig::new().await;
    assert_eq!(rig.write(2).await, Ok(Settled::Surely));
    let calls = rig.control.calls(Route::AnyApi);
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!((call.route, call.status), (Some(Route::PlatformAttributes), Some(202)));
    let attributes = json!({TIME: "2026-05-15T14:35:22.000Z", COUNT: "2"});
    assert_eq!(call.body, Some(json!({"attributes": attributes})));
    let snapshot = rig.read_with_metadata().await;
    assert_eq!(json!(snapshot.attributes), attributes, "and no call more");
    assert_eq!(rig.count(Route::PlatformCustomAttributesList), 0);
    rig.assert_described();
}

#[tokio::test]
async fn a_participant_that_is_not_there_is_not_written_to() {
    let rig = Rig::new().await;
    let pair = Pair { conversation: rig.id.clone(), participant: ParticipantId::parse("nobody").unwrap() };
    assert_eq!(rig.genesys.write_metadata(&pair, &metadata(1), soon()).await, Err(UpstreamError::NotFound));
    rig.assert_described();
}

#[tokio::test]
async fn a_conversation_named_as_another_resource_is_not_written_to() {
    let rig = Rig::new().await;
    for family in ["messages", "calls", "participants"] {
        let conversation = ConversationId::parse(family).unwrap();
        let pair = Pair { conversation, participant: ParticipantId::parse("p").unwrap() };
        let written = rig.genesys.write_metadata(&pair, &metadata(1), soon()).await;
        assert!(matches!(written, Err(UpstreamError::Withheld(_))), "{family}: {written:?}");
    }
    assert_eq!(rig.control.ledger(), [], "not even a token was asked for");
}

#[tokio::test]
async fn a_record_is_amended_and_its_other_parts_left() {
    let rig = with_record(VersionMismatch::Conflict).await;
    assert!(!rig.read_with_metadata().await.attributes.contains_key(COUNT));
    assert_eq!(rig.write(2).await, Ok(Settled::Surely));
    let attributes = rig.read_with_metadata().await.attributes;
    assert_eq!((&*attributes[COUNT], &*attributes[TIME]), ("2", "2026-05-15T14:35:22.000Z"));
    rig.assert_described();
    let record = record(&rig).await;
    assert_eq!((&record["customAttributes"]["colour"], &record["divisions"]), (&json!("red"), &json!(["d1"])));
    assert_eq!(record["version"], 2);
}

#[tokio::test]
async fn the_same_is_written_once() {
    let rig = with_record(VersionMismatch::Conflict).await;
    rig.write(2).await.unwrap();
    assert_eq!(rig.write(2).await, Ok(Settled::Surely));
    assert_eq!(rig.count(Route::PlatformCustomAttributesPatch), 1);
    rig.assert_described();
}

#[tokio::test]
async fn a_higher_count_stays() {
    let rig = with_record(VersionMismatch::Conflict).await;
    rig.write(5).await.unwrap();
    assert_eq!(rig.write(4).await, Err(UpstreamError::Conflict));
    assert_eq!(rig.count(Route::PlatformCustomAttributesPatch), 1);
    assert_eq!(rig.read_with_metadata().await.attributes[COUNT], "5");
    rig.assert_described();
}

#[tokio::test]
async fn a_version_that_is_gone_is_looked_up_once_more() {
    let stale =
        r#"{"status": 400, "code": "bad.request", "message": "Version 1 does not match the current version 2"}"#;
    for fault in [status(409), crate::support::body(400, stale)] {
        let rig = with_record(VersionMismatch::Conflict).await;
        rig.fault(Route::PlatformCustomAttributesPatch, 1, fault.clone());
        assert_eq!(rig.write(2).await, Ok(Settled::Surely), "{fault:?}");
        assert_eq!(rig.count(Route::PlatformCustomAttributesList), 2);
        rig.fault(Route::PlatformCustomAttributesPatch, 2, fault.clone());
        assert_eq!(rig.write(3).await, Err(UpstreamError::Conflict), "{fault:?}");
        assert_eq!(rig.count(Route::PlatformCustomAttributesPatch), 4);
        assert_eq!(rig.read_with_metadata().await.attributes[COUNT], "2");
        rig.assert_described();
    }
}

#[tokio::test]
async fn of_many_writers_at_once_the_highest_remains() {
    for mismatch in [VersionMismatch::Conflict, VersionMismatch::BadRequest] {
        let rig = Arc::new(with_record(mismatch).await);
        let writers = (1..=12).map(|count| {
            let rig = Arc::clone(&rig);
            async move {
                // Conflict with a lower count is for the caller to claim anew; here it has been overtaken.
                while rig.write(count).await == Err(UpstreamError::Conflict) {
                    let stands: u32 = rig.read_with_metadata().await.attributes[COUNT].parse().unwrap();
                    if stands > count {
                        return;
                    }
                }
            }
        });
        join_all(writers).await;
        assert_eq!(rig.read_with_metadata().await.attributes[COUNT], "12", "{mismatch:?}");
        let calls = rig.control.calls(Route::PlatformCustomAttributesPatch);
        let taken = calls.iter().filter(|call| call.status == Some(200));
        let counts = taken.map(|call| call.body.as_ref().unwrap()["customAttributes"][COUNT].clone());
        let counts: Vec<u32> = counts.map(|count| count.as_str().unwrap().parse().unwrap()).collect();
        assert!(counts.is_sorted(), "{counts:?}");
        rig.assert_described();
    }
}

#[tokio::test]
async fn without_a_record_of_ours_nothing_is_written() {
    let plan = Plan { metadata: MetadataHome::CustomAttributes, ..Plan::default() };
    let rig = plan.build().await;
    assert!(matches!(rig.write(1).await, Err(UpstreamError::Withheld(_))));
    assert!(!rig.read_with_metadata().await.attributes.contains_key(COUNT));
    put(&rig, "a", json!({"colour": "red"})).await;
    put(&rig, "b", json!({"colour": "blue"})).await;
    assert!(matches!(rig.write(1).await, Err(UpstreamError::Withheld(_))), "nobody knows which");
    assert_eq!(rig.count(Route::PlatformCustomAttributesPatch), 0);
    rig.assert_described();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_leaves_no_doubt() {
    let rig = with_record(VersionMismatch::Conflict).await;
    rig.fault(Route::PlatformCustomAttributesList, 3, status(503));
    let error = rig.write(1).await.unwrap_err();
    assert!(!error.outcome_unknown(), "{error:?}");
    rig.fault(Route::PlatformCustomAttributesList, 3, status(503));
    let error = rig.genesys.read_with_metadata(&rig.id, soon()).await.unwrap_err();
    assert_eq!(error, UpstreamError::Server { status: 503, retry_after: None }, "a count must not begin anew");
    rig.fault(Route::PlatformCustomAttributesPatch, 1, status(404));
    assert_eq!(rig.write(1).await, Err(UpstreamError::Rejected { status: 404 }), "the conversation is there");
    rig.assert_described();
}
