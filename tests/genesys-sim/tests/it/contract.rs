//! The guide's calls, answered as the guide says.

use std::time::Duration;

use genesys_sim::{Author, NewConversation, ReadMethod, Route, SimOptions, Status};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Harness, expect, json_of};

#[tokio::test]
async fn a_token_is_issued_in_oauths_shape() {
    let h = Harness::with(SimOptions { token_ttl: Duration::from_mins(5), ..SimOptions::default() }).await;
    let answer = expect(h.token_request(), StatusCode::OK).await;
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 300);
    let issued = h.control.calls(Route::Token);
    assert_eq!(issued[0].token_id.as_deref(), Some("t2"), "the harness got the first");
    assert!(issued[0].effect_applied);
    let secret = answer["access_token"].as_str().unwrap();
    assert!(!format!("{issued:?}").contains(secret));
}

#[tokio::test]
async fn wrong_credentials_are_refused_in_oauths_shape() {
    let h = Harness::start().await;
    let answer = expect(h.token_request_with("wrong"), StatusCode::UNAUTHORIZED).await;
    let failed = "authentication failed";
    assert_eq!(answer, json!({"error": "invalid_client", "description": failed, "error_description": failed}));
    assert_eq!(h.control.calls(Route::Token)[0].violation, None, "a wrong secret is no breach of the contract");
}

#[tokio::test]
async fn a_read_shows_the_conversation_as_the_guide_prints_it() {
    let start = "2024-05-15T14:32:10Z".parse().unwrap();
    let h = Harness::with(SimOptions { start_time: Some(start), ..SimOptions::default() }).await;
    let chat = h.chat();
    h.control.drop_customer(&chat.conversation_id).unwrap();
    let answer = expect(h.read(&chat.conversation_id), StatusCode::OK).await;

    let conversation = h.control.conversation(&chat.conversation_id).unwrap();
    let [customer, agent] = &conversation.participants[..] else { panic!("{conversation:?}") };
    assert_eq!(
        answer,
        json!({
            "id": chat.conversation_id,
            "type": "messaging",
            "status": "DISCONNECTED",
            "updatedTime": format!("{:.3}", conversation.updated_time),
            "queueId": "support",
            "participants": [
                {
                    "id": chat.customer_id,
                    "role": "CUSTOMER",
                    "status": "DISCONNECTED",
                    "updatedTime": format!("{:.3}", customer.updated_time),
                },
                {
                    "id": chat.agent_participant_id,
                    "role": "AGENT",
                    "status": "ACTIVE",
                    "updatedTime": format!("{:.3}", agent.updated_time),
                    "userId": "agent-7",
                },
            ],
        })
    );
    let time = answer["updatedTime"].as_str().unwrap();
    assert!(time.starts_with("2024-05-15T14:32:1") && time.len() == "2024-05-15T14:32:10.000Z".len(), "{time}");
}

#[tokio::test]
async fn a_post_read_may_carry_an_empty_object() {
    let h = Harness::start().await;
    let chat = h.chat();
    expect(h.read(&chat.conversation_id).json(&json!({})), StatusCode::OK).await;
}

#[tokio::test]
async fn the_read_method_is_a_setting() {
    let h = Harness::with(SimOptions { read_method: ReadMethod::Get, ..SimOptions::default() }).await;
    let chat = h.chat();
    let get = h.bare(Method::GET, &chat.conversation_id).header("accept", "application/json");
    expect(get, StatusCode::OK).await;

    let answer = h.read(&chat.conversation_id).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET, PATCH");
}

#[tokio::test]
async fn a_patch_merges_attributes_and_changes_nothing_else() {
    let h = Harness::start().await;
    let chat = h.chat();
    let id = &chat.conversation_id;
    h.control.set_attribute(id, "language", "de").unwrap();
    h.control.set_attribute(id, "resumptionCount", "1").unwrap();
    let before = h.control.conversation(id).unwrap();
    h.control.advance(Duration::from_secs(5));

    let answer = expect(h.patch(id, "resumptionCount", "2"), StatusCode::OK).await;

    assert_eq!(answer["customAttributes"], json!({"language": "de", "resumptionCount": "2"}));
    let mut after = h.control.conversation(id).unwrap();
    after.custom_attributes.clone_from(&before.custom_attributes);
    assert_eq!(after, before);
    let call = &h.control.calls(Route::Patch)[0];
    assert_eq!(call.body, Some(json!({"customAttributes": {"resumptionCount": "2"}})));
    assert!(call.effect_applied && !call.faulted);
}

#[tokio::test]
async fn a_terminated_conversation_can_be_read_but_not_written() {
    let h = Harness::start().await;
    let chat = h.chat();
    let id = &chat.conversation_id;
    h.control.terminate(id).unwrap();

    assert_eq!(expect(h.read(id), StatusCode::OK).await["status"], "TERMINATED");
    let refused = expect(h.patch(id, "a", "b"), StatusCode::CONFLICT).await;
    assert_eq!(refused["code"], "general.conflict");
    expect(h.say(&chat, "hello"), StatusCode::CONFLICT).await;
    assert!(h.control.calls(Route::AnyApi).iter().all(|call| call.violation.is_none()));
}

#[tokio::test]
async fn messages_are_kept_in_the_order_they_were_taken() {
    let h = Harness::start().await;
    let chat = h.chat();
    let id = &chat.conversation_id;
    h.control.agent_message(id, "how can I help?").unwrap();
    let posted = expect(h.say(&chat, "my order is lost"), StatusCode::OK).await;
    assert_eq!(posted["authorId"], json!(chat.customer_id));
    assert_eq!(posted["type"], "customer");
    let marker = json!({"authorId": "system", "type": "system", "text": "resumed", "to": [chat.agent_participant_id]});
    expect(h.post(id, &marker), StatusCode::OK).await;
    h.control.customer_message(id, "still there?").unwrap();

    let transcript = expect(h.transcript(id), StatusCode::OK).await;
    let entities = transcript["entities"].as_array().unwrap();
    let texts: Vec<_> = entities.iter().map(|entity| entity["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["how can I help?", "my order is lost", "resumed", "still there?"]);
    assert_eq!(entities[1], posted);

    let seen = h.control.transcript(id).unwrap();
    assert_eq!(json!(seen), transcript["entities"]);
    let authors: Vec<_> = seen.iter().map(|message| message.author).collect();
    assert_eq!(authors, [Author::Agent, Author::Customer, Author::System, Author::Customer]);
}

#[tokio::test]
async fn a_message_may_be_to_nobody_only_if_there_is_no_agent() {
    let h = Harness::start().await;
    let new = NewConversation { with_system: true, ..NewConversation::default() };
    let alone = h.control.create_conversation(new).unwrap();
    let body = json!({"authorId": alone.customer_id, "type": "customer", "text": "hello"});
    expect(h.post(&alone.conversation_id, &body), StatusCode::OK).await;

    let chat = h.chat();
    let body = json!({"authorId": chat.customer_id, "type": "customer", "text": "hello", "to": []});
    expect(h.post(&chat.conversation_id, &body), StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn messages_are_taken_in_active_and_disconnected_only() {
    let h = Harness::start().await;
    let statuses = ["ACTIVE", "DISCONNECTED", "QUEUE", "REROUTE", "TRANSFER", "TERMINATED", "PARKED"];
    for (status, expected) in statuses.into_iter().zip([200, 200, 409, 409, 409, 409, 409]) {
        let chat = h.chat();
        h.control.set_status(&chat.conversation_id, status).unwrap();
        let answer = h.say(&chat, "hello").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{status}");
        let written = h.control.transcript(&chat.conversation_id).unwrap().len();
        assert_eq!(written, usize::from(expected == 200), "{status}");
    }
}

#[tokio::test]
async fn an_unknown_status_is_shown_as_it_is() {
    let h = Harness::start().await;
    let chat = h.chat();
    h.control.set_status(&chat.conversation_id, "On Hold").unwrap();
    assert_eq!(expect(h.read(&chat.conversation_id), StatusCode::OK).await["status"], "On Hold");
    let status = h.control.conversation(&chat.conversation_id).unwrap().status;
    assert_eq!(status, Status::Other("On Hold".to_owned()));
}

#[tokio::test]
async fn an_unknown_conversation_is_not_found_by_any_call() {
    let h = Harness::start().await;
    let chat = h.chat();
    let id = &chat.conversation_id;
    h.control.forget(id).unwrap();
    for request in [h.read(id), h.patch(id, "a", "b"), h.say(&chat, "hello"), h.transcript(id)] {
        let answer = request.send().await.unwrap();
        let correlation_id = answer.headers()["inin-correlation-id"].to_str().unwrap().to_owned();
        let body: Value = json_of(answer, StatusCode::NOT_FOUND).await;
        assert_eq!(body["code"], "not.found");
        assert_eq!(body["status"], 404);
        assert_eq!(body["contextId"], json!(correlation_id));
    }
    assert!(h.control.ledger().iter().all(|call| call.violation.is_none() && !call.effect_applied));
}

#[tokio::test]
async fn a_transcript_that_cannot_be_read_back_answers_405() {
    let h = Harness::with(SimOptions { transcript_supported: false, ..SimOptions::default() }).await;
    let chat = h.chat();
    let answer = h.transcript(&chat.conversation_id).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "POST");
    h.control.set_transcript_support(true);
    expect(h.transcript(&chat.conversation_id), StatusCode::OK).await;
    assert!(h.control.ledger().iter().all(|call| call.violation.is_none()));
}

#[tokio::test]
async fn the_date_header_follows_the_clock() {
    let start = "1994-11-06T08:49:37Z".parse().unwrap();
    let h = Harness::with(SimOptions { start_time: Some(start), ..SimOptions::default() }).await;
    let chat = h.chat();
    h.control.advance(Duration::from_hours(24));
    let answer = h.read(&chat.conversation_id).send().await.unwrap();
    let date = answer.headers()["date"].to_str().unwrap();
    assert!(date.starts_with("Mon, 07 Nov 1994 08:49:") && date.ends_with(" GMT"), "{date}");
    assert_eq!(answer.headers().get_all("date").iter().count(), 1);
}

#[tokio::test]
async fn a_stopped_simulator_takes_no_connections_and_its_control_survives() {
    let h = Harness::start().await;
    let chat = h.chat();
    let request = h.read(&chat.conversation_id);
    h.sim.stop().await;
    assert!(request.send().await.unwrap_err().is_connect());
    assert!(h.control.conversation(&chat.conversation_id).is_ok());
}

#[tokio::test]
async fn a_dropped_simulator_stops_too() {
    let Harness { sim, http, .. } = Harness::start().await;
    let clock = http.get(sim.url() + "/_sim/clock");
    drop(sim);
    let stopped = async { while clock.try_clone().unwrap().send().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), stopped).await.unwrap();
}
