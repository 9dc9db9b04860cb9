//! A guest's browser, which holds every frame it gets against the official definitions.

use genesys_sim::GuestState;
use serde_json::{Value, json};

use crate::{
    schema::GUEST,
    support::Harness,
    ws::{End, Socket},
};

pub(crate) const TOKEN: &str = "11111111-2222-4333-8444-555555555555";

pub(crate) struct Guest {
    socket: Socket,
    token: String,
    /// Every frame so far.
    pub(crate) seen: Vec<Value>,
}

impl Harness {
    pub(crate) fn guest_uri(&self) -> String {
        format!("{}/v1?deploymentId=d1&application=test", self.sim.url().replace("http", "ws"))
    }

    /// A socket that is configured; the last frame seen is the answer to that.
    pub(crate) async fn guest(&self, token: &str) -> Guest {
        let mut guest = self.stranger(token).await;
        guest.configure(json!({})).await;
        guest
    }

    /// A socket that is nobody's yet.
    pub(crate) async fn stranger(&self, token: &str) -> Guest {
        Guest { socket: Socket::open(&self.guest_uri()).await, token: token.to_owned(), seen: Vec::new() }
    }

    pub(crate) fn state(&self) -> GuestState {
        self.control.guest(TOKEN).unwrap()
    }

    pub(crate) fn conversation_id(&self) -> String {
        self.state().conversation_id.unwrap()
    }

    /// The guest's conversation as the platform's API shows it.
    pub(crate) fn seen_by_platform(&self) -> Value {
        self.control.platform().conversation(&self.conversation_id()).unwrap()
    }
}

impl Guest {
    pub(crate) async fn send(&mut self, action: &str, more: Value) {
        let mut request = json!({"action": action, "token": self.token, "tracingId": "t-1"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.socket.send(request).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(text).await;
    }

    pub(crate) async fn ask(&mut self, action: &str, more: Value) -> Value {
        self.send(action, more).await;
        self.frame().await
    }

    pub(crate) async fn configure(&mut self, more: Value) -> Value {
        let mut body = json!({"deploymentId": "d1"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("configureSession", body).await
    }

    /// Says something and takes the echo of it.
    pub(crate) async fn say(&mut self, text: &str) -> Value {
        self.ask("onMessage", json!({"message": {"type": "Text", "text": text}})).await
    }

    pub(crate) async fn presence(&mut self, kind: &str) -> Value {
        let events = json!([{"eventType": "Presence", "presence": {"type": kind}}]);
        self.ask("onMessage", json!({"message": {"type": "Event", "events": events}})).await
    }

    pub(crate) async fn frame(&mut self) -> Value {
        let frame = self.socket.json().await;
        check(&frame);
        self.seen.push(frame.clone());
        frame
    }

    /// Whatever came before now, which an echo marks.
    pub(crate) async fn missed(&mut self) -> Vec<Value> {
        self.send("echo", json!({"message": {"type": "Text", "text": "now"}})).await;
        let mut frames = Vec::new();
        loop {
            match self.frame().await {
                frame if frame["body"]["text"] == "now" => return frames,
                frame => frames.push(frame),
            }
        }
    }

    pub(crate) async fn end(self) -> End {
        self.socket.end().await
    }
}

/// The class names a definition of the body; so does `string`, in its way.
fn check(frame: &Value) {
    assert!(frame["type"] == "message" || frame["type"] == "response", "{frame}");
    assert!(frame["code"].is_i64() || frame["code"].is_u64(), "{frame}");
    GUEST.check("MessageDataType", &frame["class"]);
    match frame["class"].as_str().unwrap() {
        "string" => assert!(frame["body"].is_string(), "{frame}"),
        class => GUEST.check(class, &frame["body"]),
    }
}
