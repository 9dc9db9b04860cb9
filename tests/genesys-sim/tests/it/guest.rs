//! A guest's session, from its first socket to its end.

use std::time::Duration;

use genesys_sim::{AgentDisconnect, SimOptions};
use serde_json::{Value, json};

use crate::{
    guest_client::TOKEN,
    support::{Harness, until},
    ws::End,
};

const HOUR: Duration = Duration::from_hours(1);

async fn with_hour() -> Harness {
    Harness::with(SimOptions { guest_session_duration: HOUR, ..SimOptions::default() }).await
}

fn customer(conversation: &Value) -> &Value {
    let participants = conversation["participants"].as_array().unwrap();
    participants.iter().rfind(|leg| leg["purpose"] == "customer").unwrap()
}

#[tokio::test]
async fn a_token_is_a_new_session_once_and_the_same_ever_after() {
    let h = with_hour().await;
    let first = h.guest(TOKEN).await;
    let body = &first.seen[0]["body"];
    assert_eq!(first.seen[0]["class"], "SessionResponse");
    assert_eq!(first.seen[0]["tracingId"], "t-1");
    assert_eq!(
        (&body["connected"], &body["newSession"], &body["readOnly"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(body["durationSeconds"], 3600);
    let expires = body["expirationDate"].as_i64().unwrap();
    assert!((3590..=3600).contains(&(expires - h.control.now().as_second())));

    drop(first);
    until(|| h.state().sockets == 0).await;
    assert_eq!(h.guest(TOKEN).await.seen[0]["body"]["newSession"], false);
    assert_eq!(h.guest("another").await.seen[0]["body"]["newSession"], true);
}

#[tokio::test]
async fn the_first_message_starts_the_conversation_with_the_pages_attributes() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    assert_eq!(h.state().conversation_id, None);
    let message = json!({
        "type": "Text",
        "text": "hello",
        "metadata": {"customMessageId": "m-1"},
        "channel": {"metadata": {"customAttributes": {"resumeKey": "k-1"}}},
    });
    let echo = guest.ask("onMessage", json!({"message": message})).await;
    assert_eq!((&echo["type"], &echo["tracingId"]), (&json!("response"), &json!("t-1")));
    assert_eq!((&echo["body"]["text"], &echo["body"]["direction"]), (&json!("hello"), &json!("Inbound")));
    assert_eq!(echo["body"]["metadata"]["customMessageId"], "m-1");

    let id = h.conversation_id();
    let shown = h.seen_by_platform();
    assert_eq!(customer(&shown)["attributes"]["context.resumeKey"], "k-1");
    guest.say("more").await;
    assert_eq!(h.conversation_id(), id);
    let transcript = h.control.platform().transcript(&id).unwrap();
    assert_eq!(transcript.iter().map(|said| said.text.as_str()).collect::<Vec<_>>(), ["hello", "more"]);
    assert_eq!(echo["body"]["id"], transcript[0].id, "the browser and the API know a message by the same id");
}

#[tokio::test]
async fn attributes_may_follow_later_and_a_join_starts_the_conversation_too() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    guest.presence("Join").await;
    let id = h.conversation_id();
    let channel = json!({"metadata": {"customAttributes": {"a": "1"}}});
    guest.ask("onMessage", json!({"message": {"type": "Text", "text": "hello", "channel": channel}})).await;
    assert_eq!(h.conversation_id(), id);
    assert_eq!(customer(&h.seen_by_platform())["attributes"]["context.a"], "1");
    let typing = json!([{"eventType": "Typing", "typing": {"type": "On"}}]);
    h.control.advance(Duration::from_secs(1));
    guest.ask("onMessage", json!({"message": {"type": "Event", "events": typing}})).await;
    assert_eq!(h.control.platform().transcript(&id).unwrap().len(), 1);
}

#[tokio::test]
async fn only_messages_keep_a_session_alive() {
    let h = with_hour().await;
    let mut guest = h.guest(TOKEN).await;
    let expires = guest.seen[0]["body"]["expirationDate"].as_i64().unwrap();
    let echo = json!({"message": {"type": "Text", "text": "ping"}});
    h.control.advance(HOUR / 2);
    let told = guest.ask("echo", echo.clone()).await;
    assert_eq!((&told["body"]["durationSeconds"], &told["body"]["expirationDate"]), (&json!(3600), &json!(expires)));
    guest.say("hello").await;
    let told = guest.ask("echo", echo).await;
    assert!(told["body"]["expirationDate"].as_i64().unwrap() >= expires + 1800);

    h.control.advance(HOUR.checked_sub(Duration::from_mins(1)).unwrap());
    h.control.platform().bot_message(&h.conversation_id(), "still there?").unwrap();
    guest.frame().await;
    h.control.advance(HOUR.checked_sub(Duration::from_mins(1)).unwrap());
    assert!(guest.missed().await.is_empty(), "the bot's message kept it alive");
}

#[tokio::test]
async fn an_expired_session_ends_the_conversation_and_leaves_nothing_to_resume() {
    let h = with_hour().await;
    let mut guest = h.guest(TOKEN).await;
    guest.say("hello").await;
    let id = h.conversation_id();
    h.control.advance(HOUR);
    assert_eq!(guest.frame().await["class"], "SessionExpiredEvent");
    assert_eq!(customer(&h.control.platform().conversation(&id).unwrap())["disconnectType"], "session.expired");
    assert!(h.control.guest(TOKEN).is_err());
    assert_eq!(guest.say("hello?").await["code"], 4007);

    assert_eq!(guest.configure(json!({})).await["body"]["newSession"], true);
    guest.say("hello again").await;
    assert_ne!(h.conversation_id(), id);

    h.control.expire_guest(TOKEN).unwrap();
    assert_eq!(guest.frame().await["class"], "SessionExpiredEvent");
}

#[tokio::test]
async fn a_guest_who_clears_is_told_and_disconnected() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    let mut tab = h.guest(TOKEN).await;
    guest.say("hello").await;
    tab.frame().await;
    let id = h.conversation_id();
    assert_eq!(guest.presence("Clear").await["class"], "SessionClearedEvent");
    for mut socket in [guest, tab] {
        let mut frame = socket.frame().await;
        if frame["class"] == "SessionClearedEvent" {
            frame = socket.frame().await;
        }
        assert_eq!(frame["body"]["reasonCode"], "ConversationCleared");
        assert_eq!(socket.end().await, End::Closed(1000));
    }
    assert_eq!(customer(&h.control.platform().conversation(&id).unwrap())["disconnectType"], "client");
    assert_eq!(h.guest(TOKEN).await.seen[0]["body"]["newSession"], true);
}

#[tokio::test]
async fn what_the_agent_ends_a_message_reopens_while_the_threading_timeline_lasts() {
    let h = Harness::with(SimOptions { threading_timeline: HOUR, ..SimOptions::default() }).await;
    let (mut guest, id) = h.guest_with_agent().await;
    h.control.platform().agent_ends(&id).unwrap();
    let told = guest.frame().await;
    assert_eq!(told["body"]["events"], json!([{"eventType": "Presence", "presence": {"type": "Disconnect"}}]));
    assert_eq!(told["body"]["metadata"]["readOnly"], "false");
    h.control.advance(HOUR / 2);
    guest.say("one more thing").await;
    assert_eq!(h.conversation_id(), id);

    h.control.platform().answer(&id, "agent-7").unwrap();
    h.control.platform().agent_ends(&id).unwrap();
    guest.frame().await;
    h.control.advance(HOUR * 2);
    guest.say("something else").await;
    assert_ne!(h.conversation_id(), id);
}

#[tokio::test]
async fn a_read_only_session_has_to_be_started_anew() {
    let h = Harness::with(SimOptions { agent_disconnect: AgentDisconnect::ReadOnly, ..SimOptions::default() }).await;
    let (mut guest, id) = h.guest_with_agent().await;
    h.control.platform().agent_ends(&id).unwrap();
    assert_eq!(guest.frame().await["body"]["metadata"]["readOnly"], "true");
    h.control.advance(Duration::from_secs(1));
    assert_eq!(guest.say("hello?").await["code"], 403);
    assert_eq!(guest.configure(json!({})).await["body"]["readOnly"], true);

    let closed = guest.ask("closeSession", json!({"closeAllConnections": true})).await;
    assert_eq!((&closed["body"]["connected"], &closed["body"]["readOnly"]), (&json!(false), &json!(true)));
    let new = guest.configure(json!({"startNew": true})).await;
    assert_eq!((&new["body"]["newSession"], &new["body"]["readOnly"]), (&json!(true), &json!(false)));
    assert_eq!(new["body"]["clearedExistingSession"], true);
    guest.say("hello").await;
    assert_ne!(h.conversation_id(), id);
}

#[tokio::test]
async fn a_silent_deployment_tells_nothing_of_the_agents_end() {
    let h = Harness::with(SimOptions { agent_disconnect: AgentDisconnect::Silent, ..SimOptions::default() }).await;
    let (mut guest, id) = h.guest_with_agent().await;
    h.control.platform().agent_ends(&id).unwrap();
    assert!(guest.missed().await.is_empty());
}

#[tokio::test]
async fn closing_the_session_keeps_the_socket_and_the_conversation() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    let mut tab = h.guest(TOKEN).await;
    guest.say("hello").await;
    tab.frame().await;
    let before = h.seen_by_platform();
    guest.ask("closeSession", json!({"closeAllConnections": false})).await;
    assert_eq!(h.state().sockets, 1);
    assert_eq!(guest.say("hello?").await["code"], 4007);

    guest.configure(json!({})).await;
    guest.ask("closeSession", json!({"closeAllConnections": true})).await;
    assert_eq!(tab.frame().await["class"], "ConnectionClosedEvent");
    assert_eq!(tab.end().await, End::Closed(1000));
    assert_eq!(h.seen_by_platform(), before);
    assert_eq!(guest.configure(json!({})).await["body"]["newSession"], false);
}
