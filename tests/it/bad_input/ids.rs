//! The ids that all three calls take.

use session_resumption::pb;

use super::{BAD_IDS, BAD_UUIDS, assert_refused, nothing_was_asked, quiet, uuid};
use crate::support::Harness;

/// One id of a request: who asks with it set to a text, and all else right.
struct Place {
    field: &'static str,
    required: bool,
    call: Call,
    set: fn(&mut Ids, String),
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Validate,
    Confirm,
    Inject,
}

struct Ids {
    conversation: String,
    participant: String,
    handshake: String,
    tab: String,
    attempt: String,
    message: String,
}

impl Call {
    async fn ask(self, harness: &Harness, ids: Ids) -> Result<String, tonic::Status> {
        let Ids { conversation: conversation_id, participant: participant_id, handshake: handshake_id, .. } = ids;
        match self {
            Self::Validate => {
                let request = pb::ValidateSessionRequest {
                    conversation_id,
                    participant_id,
                    handshake_id,
                    client_instance_id: ids.tab,
                    attempt_id: ids.attempt,
                    ..Default::default()
                };
                harness.validate(request).await.map(|answer| format!("{answer:?}"))
            }
            Self::Confirm => {
                let request = pb::ConfirmReattachRequest { conversation_id, participant_id, handshake_id };
                harness.confirm(request).await.map(|answer| format!("{answer:?}"))
            }
            Self::Inject => {
                let message = pb::inject_context_request::Message {
                    client_message_id: ids.message,
                    text: "hello".into(),
                    sent_time: None,
                };
                let request = pb::InjectContextRequest {
                    conversation_id,
                    participant_id,
                    handshake_id,
                    client_instance_id: ids.tab,
                    messages: vec![message],
                    ..Default::default()
                };
                harness.inject(request).await.map(|answer| format!("{answer:?}"))
            }
        }
    }
}

fn good() -> Ids {
    Ids {
        conversation: "conversation".into(),
        participant: "participant".into(),
        handshake: uuid(),
        tab: "tab".into(),
        attempt: uuid(),
        message: "m-1".into(),
    }
}

fn places(names: &[&str]) -> Vec<Place> {
    let place = |field, required, call, set| Place { field, required, call, set };
    let all = [
        place("conversation_id", true, Call::Validate, (|ids, text| ids.conversation = text) as fn(&mut Ids, String)),
        place("conversation_id", true, Call::Confirm, |ids, text| ids.conversation = text),
        place("conversation_id", true, Call::Inject, |ids, text| ids.conversation = text),
        place("participant_id", true, Call::Validate, |ids, text| ids.participant = text),
        place("participant_id", true, Call::Confirm, |ids, text| ids.participant = text),
        place("participant_id", true, Call::Inject, |ids, text| ids.participant = text),
        place("client_instance_id", false, Call::Validate, |ids, text| ids.tab = text),
        place("client_instance_id", false, Call::Inject, |ids, text| ids.tab = text),
        place("messages[0].client_message_id", true, Call::Inject, |ids, text| ids.message = text),
        place("handshake_id", false, Call::Validate, |ids, text| ids.handshake = text),
        place("handshake_id", true, Call::Confirm, |ids, text| ids.handshake = text),
        place("handshake_id", true, Call::Inject, |ids, text| ids.handshake = text),
        place("attempt_id", false, Call::Validate, |ids, text| ids.attempt = text),
    ];
    all.into_iter().filter(|place| names.iter().any(|name| place.field.ends_with(name))).collect()
}

const TEXT_IDS: &[&str] = &["conversation_id", "participant_id", "client_instance_id", "client_message_id"];
const UUIDS: &[&str] = &["handshake_id", "attempt_id"];

async fn refused(harness: &Harness, place: &Place, text: &str, reason: &str) {
    let mut ids = good();
    (place.set)(&mut ids, text.to_owned());
    let case = format!("{:?} {} = {text:?}", place.call, place.field);
    let outcome = place.call.ask(harness, ids).await;
    assert_refused(&case, outcome, &[(place.field, reason)]);
}

#[tokio::test]
async fn what_is_no_id_is_refused_wherever_it_stands() {
    let harness = quiet().await;
    let long = ["x".repeat(129), "x".repeat(100_000), "..".repeat(65), "ä".repeat(65)];
    for place in places(TEXT_IDS) {
        for text in BAD_IDS.iter().copied().chain(long.iter().map(String::as_str)) {
            refused(&harness, &place, text, "INVALID_ID").await;
        }
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn what_is_no_uuid_is_refused_wherever_it_stands() {
    let harness = quiet().await;
    for place in places(UUIDS) {
        for text in BAD_UUIDS {
            refused(&harness, &place, text, "INVALID_UUID").await;
        }
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn what_has_to_be_there_is_asked_for() {
    let harness = quiet().await;
    for place in places(TEXT_IDS).iter().chain(&places(UUIDS)).filter(|place| place.required) {
        refused(&harness, place, "", "INVALID_ID").await;
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_uuid_has_one_form_the_hyphenated() {
    let harness = quiet().await;
    let hyphenated = uuid();
    for text in [hyphenated.replace('-', ""), format!("{{{hyphenated}}}"), format!("urn:uuid:{hyphenated}")] {
        for place in places(UUIDS) {
            refused(&harness, &place, &text, "INVALID_UUID").await;
        }
    }
    nothing_was_asked(harness).await;
}
