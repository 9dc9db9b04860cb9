//! What reaches a guest, what it misses while it is away, and where it can read it.

use std::time::Duration;

use genesys_sim::SimOptions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    guest_client::{Guest, TOKEN},
    schema::OPENAPI,
    support::{Harness, expect, until},
    ws::{End, Socket},
};

impl Harness {
    /// A guest to whom an agent listens.
    pub(crate) async fn guest_with_agent(&self) -> (Guest, String) {
        let mut guest = self.guest(TOKEN).await;
        guest.say("hello").await;
        let id = self.conversation_id();
        self.control.platform().queue(&id, "support").unwrap();
        self.control.platform().answer(&id, "agent-7").unwrap();
        (guest, id)
    }

    async fn history(&self, jwt: &str, query: &str) -> Value {
        let url = format!("{}/api/v2/webmessaging/messages{query}", self.sim.url());
        let page = expect(self.http.get(url).bearer_auth(jwt), StatusCode::OK).await;
        OPENAPI.check("WebMessagingMessageEntityList", &page);
        page
    }
}

fn texts(page: &Value) -> Vec<&str> {
    page["entities"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_the_other_side_says_reaches_every_socket() {
    let h = Harness::start().await;
    let mut tab = h.guest(TOKEN).await;
    let (mut guest, id) = h.guest_with_agent().await;
    let copy = tab.frame().await;
    assert_eq!((&copy["type"], &copy["body"]["direction"]), (&json!("message"), &json!("Inbound")));

    let said = h.control.platform().agent_message(&id, "how can I help?").unwrap();
    h.control.platform().join_bot(&id).unwrap();
    h.control.platform().bot_message(&id, "beep").unwrap();
    for socket in [&mut guest, &mut tab] {
        let (agent, bot) = (socket.frame().await, socket.frame().await);
        assert_eq!((&agent["class"], &agent["type"]), (&json!("StructuredMessage"), &json!("message")));
        assert_eq!(agent["body"]["id"], said);
        assert_eq!(
            (&agent["body"]["text"], &agent["body"]["direction"]),
            (&json!("how can I help?"), &json!("Outbound"))
        );
        assert_eq!(
            (&agent["body"]["originatingEntity"], &bot["body"]["originatingEntity"]),
            (&json!("Human"), &json!("Bot"))
        );
    }
}

#[tokio::test]
async fn a_lost_socket_changes_no_leg_and_what_is_said_meanwhile_is_undelivered() {
    let h = Harness::start().await;
    let (guest, id) = h.guest_with_agent().await;
    let (_, mut events) = h.listen(&["v2.webmessaging.deployments.d1.undelivered.messages"]).await;
    let before = h.seen_by_platform();
    drop(guest);
    until(|| h.state().sockets == 0).await;
    assert_eq!(h.seen_by_platform(), before);

    let missed = h.control.platform().agent_message(&id, "are you there?").unwrap();
    let undelivered = events.json().await;
    assert_eq!(undelivered["eventBody"]["messages"][0]["id"], missed);
    let mut guest = h.guest(TOKEN).await;
    assert!(guest.missed().await.is_empty(), "nothing is replayed");
    h.control.platform().agent_message(&id, "welcome back").unwrap();
    assert_eq!(guest.frame().await["body"]["text"], "welcome back");
    events.send(json!({"message": "ping"})).await;
    assert_eq!(events.json().await["eventBody"]["message"], "pong", "that was delivered");
}

#[tokio::test]
async fn a_guest_is_away_only_without_any_socket() {
    let h = Harness::start().await;
    let tab = h.guest(TOKEN).await;
    let (guest, id) = h.guest_with_agent().await;
    let (_, mut events) = h.listen(&["v2.webmessaging.deployments.d1.undelivered.messages"]).await;
    drop(tab);
    until(|| h.state().sockets == 1).await;
    h.control.platform().agent_message(&id, "delivered").unwrap();
    assert_eq!(h.control.cut_guest(TOKEN), 1);
    assert_eq!(guest.end().await, End::Cut);
    until(|| h.state().sockets == 0).await;
    let missed = h.control.platform().agent_message(&id, "undelivered").unwrap();
    assert_eq!(events.json().await["eventBody"]["messages"][0]["id"], missed);
}

#[tokio::test]
async fn the_history_has_what_was_missed_the_latest_first() {
    let h = Harness::start().await;
    let (mut guest, id) = h.guest_with_agent().await;
    let jwt = guest.ask("getJwt", json!({})).await;
    assert_eq!(jwt["class"], "JwtResponse");
    assert!(jwt["body"]["exp"].as_i64().unwrap() > h.control.now().as_second());
    let jwt = jwt["body"]["jwt"].as_str().unwrap();
    drop(guest);
    until(|| h.state().sockets == 0).await;
    h.control.platform().agent_message(&id, "are you there?").unwrap();
    h.control.platform().agent_message(&id, "hello?").unwrap();

    let page = h.history(jwt, "").await;
    assert_eq!(texts(&page), ["hello?", "are you there?", "hello"]);
    assert_eq!((&page["pageSize"], &page["pageNumber"], &page["pageCount"]), (&json!(25), &json!(1), &json!(1)));
    let page = h.history(jwt, "?pageSize=2&pageNumber=2").await;
    assert_eq!((texts(&page), &page["total"], &page["pageCount"]), (vec!["hello"], &json!(3), &json!(2)));

    h.control.platform().agent_ends(&id).unwrap();
    assert_eq!(h.history(jwt, "?pageSize=1").await["entities"][0]["events"][0]["presence"]["type"], "Disconnect");
}

#[tokio::test]
async fn the_history_is_the_guests_alone() {
    let domains = vec!["shop.example".to_owned()];
    let h = Harness::with(SimOptions { guest_allowed_domains: domains, ..SimOptions::default() }).await;
    let mut socket = Socket::open_from(&h.guest_uri(), Some("https://www.shop.example")).await.unwrap();
    socket.send(json!({"action": "configureSession", "token": TOKEN, "deploymentId": "d1"})).await;
    socket.json().await;
    socket.send(json!({"action": "getJwt", "token": TOKEN})).await;
    let jwt = socket.json().await["body"]["jwt"].as_str().unwrap().to_owned();

    let url = format!("{}/api/v2/webmessaging/messages", h.sim.url());
    let read = |jwt: &str, origin: &str| h.http.get(&url).bearer_auth(jwt).header("origin", origin);
    let bad_page = h.http.get(format!("{url}?pageNumber=0")).bearer_auth(&jwt).header("origin", "https://shop.example");
    let (ours, theirs) = ("https://shop.example", "https://shop.example.evil");
    expect(read(&jwt, ours), StatusCode::OK).await;
    expect(read(&jwt, theirs), StatusCode::FORBIDDEN).await;
    expect(read(&h.token, ours), StatusCode::UNAUTHORIZED).await;
    expect(bad_page, StatusCode::BAD_REQUEST).await;
    h.control.advance(Duration::from_mins(5));
    expect(read(&jwt, ours), StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn no_frame_names_a_conversation_a_participant_an_agent_or_a_queue() {
    let h = Harness::start().await;
    let (mut guest, id) = h.guest_with_agent().await;
    let platform = h.control.platform();
    platform.agent_message(&id, "how can I help?").unwrap();
    guest.frame().await;
    platform.transfer(&id, "specialists").unwrap();
    platform.complete_transfer(&id, "agent-9").unwrap();
    platform.agent_message(&id, "I know").unwrap();
    guest.frame().await;
    let ids = ids(&h.seen_by_platform());
    platform.agent_ends(&id).unwrap();
    guest.frame().await;
    guest.ask("getJwt", json!({})).await;
    guest.ask("getConfiguration", json!({"deploymentId": "d1"})).await;
    guest.missed().await;
    guest.say("two").await;
    guest.say("three").await;
    guest.ask("closeSession", json!({"closeAllConnections": false})).await;

    assert!(ids.len() >= 8 && ids.contains(&"agent-9".to_owned()) && ids.contains(&"specialists".to_owned()));
    assert!(guest.seen.len() >= 10);
    for frame in &guest.seen {
        let text = frame.to_string();
        for word in
            ["conversationId", "participantId", "agentId", "queueId", "userId"].map(str::to_owned).iter().chain(&ids)
        {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

/// All that the platform calls an id, at any depth.
fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            // The browser knows a message by its id too.
            let rest = fields.iter().filter(|(name, _)| *name != "messages").flat_map(|(_, value)| ids(value));
            own.into_iter().chain(rest).collect()
        }
        Value::Array(items) => items.iter().flat_map(ids).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn no_socket_outlives_the_simulator() {
    let h = Harness::start().await;
    let (_, events) = h.listen(&[]).await;
    let guest = h.guest(TOKEN).await;
    h.sim.stop().await;
    assert_eq!((events.end().await, guest.end().await), (End::Cut, End::Cut));
}

#[tokio::test]
async fn guests_are_steered_over_http_too() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    guest.say("hello").await;
    let path = format!("guests/{TOKEN}");
    let state = json!({"conversation_id": h.conversation_id(), "sockets": 1, "read_only": false});
    assert_eq!(h.sim(Method::GET, &path, Value::Null).await, (200, state));
    assert_eq!(h.sim(Method::DELETE, &format!("{path}/sockets"), Value::Null).await.0, 204);
    assert_eq!(guest.end().await, End::Cut);
    assert_eq!(h.sim(Method::POST, &format!("{path}/expire"), Value::Null).await.0, 204);
    assert_eq!(h.sim(Method::POST, &format!("{path}/expire"), Value::Null).await.0, 404);
    assert_eq!(h.sim(Method::GET, &path, Value::Null).await.0, 404);
}
