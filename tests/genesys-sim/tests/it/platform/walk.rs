//! One walk through everything a conversation can go through and every answer there is, each held against the
//! platform's description.

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, NewPlatformConversation, Route};
use reqwest::Method;
use serde_json::{Value, json};

use super::checked::{AGENT, Checked, OTHER_AGENT, SPECIALISTS, SUPPORT, queued};
use crate::support::Harness;

/// Reads a conversation in both forms.
async fn look(checked: &mut Checked<'_>, id: &str) {
    let media = checked.get(&format!("conversations/messages/{id}"), 200).await;
    let generic = checked.get(&format!("conversations/{id}"), 200).await;
    let legs = |body: &Value| -> Vec<_> {
        body["participants"].as_array().unwrap().iter().map(|leg| leg["id"].clone()).collect()
    };
    assert_eq!(legs(&media), legs(&generic));
    let ended = media["participants"].as_array().unwrap().iter().all(|leg| leg.get("endTime").is_some());
    assert_eq!(generic.get("endTime").is_some(), ended);
}

#[tokio::test]
async fn every_answer_is_as_described() {
    let h = Harness::start().await;
    h.control.set_rate_limit(10_000);
    let mut checked = Checked::new(&h);
    life(&h, &mut checked).await;
    other_ends(&h, &mut checked).await;
    writes(&h, &mut checked).await;
    configuration(&mut checked).await;
    errors(&h, &mut checked).await;
    println!("validated {} responses, {} failures", checked.validated, checked.failures.len());
    checked.assert_flawless();
    assert!(checked.validated >= 100, "{}", checked.validated);
}

/// From the first message over two agents to the end, and on.
async fn life(h: &Harness, checked: &mut Checked<'_>) {
    let platform = h.control.platform();
    let created =
        h.created(NewPlatformConversation { inactivity_timeout_s: Some(600), ..NewPlatformConversation::default() });
    let id = &created.conversation_id;
    look(checked, id).await;
    platform.customer_message(id, "hello").unwrap();
    platform.bot_message(id, "one moment").unwrap();
    look(checked, id).await;
    platform.join_bot(id).unwrap();
    platform.bot_message(id, "how can I help?").unwrap();
    look(checked, id).await;
    platform.queue(id, SUPPORT).unwrap();
    look(checked, id).await;
    platform.offer(id, AGENT).unwrap();
    look(checked, id).await;
    platform.no_answer(id).unwrap();
    look(checked, id).await;
    platform.offer(id, AGENT).unwrap();
    h.control.advance(Duration::from_secs(3));
    platform.answer(id, AGENT).unwrap();
    look(checked, id).await;
    platform.agent_message(id, "hi").unwrap();
    platform.set_away(id, true).unwrap();
    platform.agent_message(id, "are you there?").unwrap();
    look(checked, id).await;
    platform.set_away(id, false).unwrap();
    platform.park(id, Duration::from_mins(30)).unwrap();
    look(checked, id).await;
    platform.unpark(id).unwrap();
    look(checked, id).await;
    platform.transfer(id, SPECIALISTS).unwrap();
    look(checked, id).await;
    platform.complete_transfer(id, OTHER_AGENT).unwrap();
    look(checked, id).await;
    platform.inactivity(id).unwrap();
    look(checked, id).await;
    platform.answer(id, AGENT).unwrap();
    platform.agent_ends(id).unwrap();
    look(checked, id).await;
    platform.customer_message(id, "one more thing").unwrap();
    look(checked, id).await;
    let ids: Vec<_> = platform.transcript(id).unwrap().into_iter().map(|message| message.id).collect();
    for message in &ids {
        for query in ["", "?useNormalizedMessage=true"] {
            checked.get(&format!("conversations/messages/{message}/details{query}"), 200).await;
            checked.get(&format!("conversations/messages/{id}/messages/{message}{query}"), 200).await;
        }
    }
    let bulk = format!("conversations/messages/{id}/messages/bulk");
    let listing = checked.send(Method::POST, &bulk, Some(json!(ids)), 200).await;
    assert_eq!(listing["entities"].as_array().unwrap().len(), ids.len());
}

/// The ends that leave nothing to resume, and those that the API itself brings about.
async fn other_ends(h: &Harness, checked: &mut Checked<'_>) {
    let platform = h.control.platform();
    let served = h.served();
    platform.expire_session(&served.conversation_id).unwrap();
    look(checked, &served.conversation_id).await;
    let served = h.served();
    platform.clear(&served.conversation_id).unwrap();
    look(checked, &served.conversation_id).await;

    for (method, tail, status) in [
        (Method::PATCH, "messages/{id}/participants/{leg}", 202),
        (Method::PATCH, "messages/{id}/participants/{leg}/communications/c1", 200),
        (Method::PATCH, "messages/{id}", 200),
        (Method::POST, "{id}/disconnect", 202),
        (Method::DELETE, "{id}", 204),
    ] {
        let served = h.served();
        let id = &served.conversation_id;
        let leg = served.agent_participant_id.unwrap();
        let path = format!("conversations/{}", tail.replace("{id}", id).replace("{leg}", &leg));
        let body = (method == Method::PATCH).then(|| json!({"state": "disconnected"}));
        checked.send(method, &path, body, status).await;
        look(checked, id).await;
    }
}

async fn writes(h: &Harness, checked: &mut Checked<'_>) {
    let served = h.served();
    let id = &served.conversation_id;
    let attributes = json!({"attributes": {"resumptionCount": "1"}});
    for root in ["conversations", "conversations/messages"] {
        let path = format!("{root}/{id}/participants/{}/attributes", served.customer_id);
        checked.send(Method::PATCH, &path, Some(attributes.clone()), 202).await;
    }
    let agentless = json!({
        "fromAddress": served.deployment_id,
        "externalContactId": served.external_contact_id,
        "toAddressMessengerType": "webmessaging",
        "textBody": "You are back.",
        "useExistingActiveConversation": true,
    });
    checked.send(Method::POST, "conversations/messages/agentless", Some(agentless), 202).await;
    look(checked, id).await;

    let path = format!("conversations/{id}/customattributes");
    checked.get(&path, 200).await;
    let put = json!({"id": "resumption", "schemaId": "s1", "customAttributes": {"count": 1, "since": "today"}});
    checked.send(Method::PUT, &path, Some(put), 200).await;
    let amendment = json!({"id": "resumption", "version": 1, "customAttributes": {"count": 2}});
    checked.send(Method::PATCH, &path, Some(amendment.clone()), 200).await;
    checked.send(Method::PATCH, &path, Some(amendment), 409).await;
    checked.get(&path, 200).await;
    checked.get(&format!("{path}/resumption"), 200).await;
}

async fn configuration(checked: &mut Checked<'_>) {
    for path in [
        "conversations/messaging/threadingtimeline",
        "tokens/me",
        "tokens/me?preserveIdleTTL=true",
        "notifications/availabletopics",
        "notifications/availabletopics?expand=description&includePreview=false",
    ] {
        checked.get(path, 200).await;
    }
}

async fn errors(h: &Harness, checked: &mut Checked<'_>) {
    let served = h.served();
    let id = &served.conversation_id;
    let read = format!("conversations/messages/{id}");
    let attributes = format!("conversations/{id}/participants/{}/attributes", served.customer_id);
    for path in ["conversations/messages/x", "conversations/x", "conversations/messages/x/details"] {
        checked.get(path, 404).await;
    }
    for path in ["conversations/x/participants/y/attributes", &format!("conversations/{id}/participants/y/attributes")]
    {
        checked.send(Method::PATCH, path, Some(json!({"attributes": {}})), 404).await;
    }
    checked.send(Method::PATCH, &attributes, Some(json!({"attributes": {"count": 1}})), 400).await;
    checked.get(&format!("{read}?expand=all"), 400).await;
    let write = format!("{read}/communications/c1/messages");
    checked.send(Method::POST, &write, Some(json!({"textBody": "hello"})), 400).await;
    checked.check(h.platform(Method::PATCH, &attributes).body("{}"), &attributes, 415).await;
    let big = json!({"attributes": {"big": "x".repeat(512_000)}});
    checked.send(Method::PATCH, &attributes, Some(big), 413).await;
    let stranger = h.http.get(format!("{}/api/v2/{read}", h.sim.url())).bearer_auth("nonsense");
    checked.check(stranger, &read, 401).await;

    h.control.set_missing_permissions(vec!["conversation:webmessaging:view".to_owned()]);
    checked.get(&read, 403).await;
    h.control.set_missing_permissions(Vec::new());

    for code in [400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 503, 504] {
        let fault = Fault::Status { code, retry_after_s: Some(1), after_effect: false };
        h.control.script_fault(FaultScript::once(Route::PlatformRead, fault)).unwrap();
        checked.get(&read, code).await;
    }
    let queued = h.created(queued()).conversation_id;
    h.control.set_rate_limit(1);
    let refused = checked.get(&format!("conversations/{queued}"), 429).await;
    let fixture: Value = serde_json::from_str(include_str!("../../../../genesys/fixtures/error.429.json")).unwrap();
    assert_eq!(refused["limit"]["value"], json!(1));
    for key in ["key", "namespace"] {
        assert_eq!(refused["limit"][key], fixture["limit"][key]);
    }
    h.control.set_rate_limit(10_000);
}
