//! A simulator, a client that keeps to the contract, and a conversation to talk about.

use std::time::Duration;

use genesys_sim::{Control, Created, NewConversation, Sim, SimOptions};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) struct Harness {
    pub(crate) sim: Sim,
    pub(crate) control: Control,
    pub(crate) http: Client,
    pub(crate) token: String,
}

impl Harness {
    pub(crate) async fn start() -> Self {
        Self::with(SimOptions::default()).await
    }

    pub(crate) async fn with(options: SimOptions) -> Self {
        let sim = Sim::start(options).await.unwrap();
        let control = sim.control();
        let mut harness = Self { sim, control, http: Client::new(), token: String::new() };
        harness.token = harness.issue_token().await;
        harness.control.clear_ledger();
        harness
    }

    pub(crate) fn token_request(&self) -> RequestBuilder {
        self.token_request_with("sim-secret")
    }

    pub(crate) fn token_request_with(&self, secret: &str) -> RequestBuilder {
        self.http
            .post(self.sim.url() + "/oauth/token")
            .basic_auth("sim-client", Some(secret))
            .form(&[("grant_type", "client_credentials")])
    }

    pub(crate) async fn issue_token(&self) -> String {
        let answer = self.token_request().send().await.unwrap();
        json_of(answer, StatusCode::OK).await["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of the API below the messaging root, with nothing but the token on it.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v2/conversations/messaging/{path}", self.sim.url());
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) fn read(&self, id: &str) -> RequestBuilder {
        self.bare(Method::POST, id).header("accept", "application/json")
    }

    pub(crate) fn patch(&self, id: &str, key: &str, value: &str) -> RequestBuilder {
        self.bare(Method::PATCH, id).json(&json!({"customAttributes": {key: value}}))
    }

    pub(crate) fn post(&self, id: &str, body: &Value) -> RequestBuilder {
        self.bare(Method::POST, &format!("{id}/messages")).json(body)
    }

    /// A message as the guide prints it.
    pub(crate) fn say(&self, to: &Created, text: &str) -> RequestBuilder {
        self.post(&to.conversation_id, &message(to, text))
    }

    pub(crate) fn transcript(&self, id: &str) -> RequestBuilder {
        self.bare(Method::GET, &format!("{id}/messages")).header("accept", "application/json")
    }

    /// An ACTIVE conversation with an agent, in a queue.
    pub(crate) fn chat(&self) -> Created {
        self.control
            .create_conversation(NewConversation {
                agent_user_id: Some("agent-7".to_owned()),
                queue_id: Some("support".to_owned()),
                ..NewConversation::default()
            })
            .unwrap()
    }
}

pub(crate) fn message(to: &Created, text: &str) -> Value {
    json!({"authorId": to.customer_id, "type": "customer", "text": text, "to": [to.agent_participant_id]})
}

pub(crate) async fn json_of(answer: Response, status: StatusCode) -> Value {
    assert_eq!(answer.status(), status);
    answer.json().await.unwrap()
}

/// Sends and checks the status.
pub(crate) async fn expect(request: RequestBuilder, status: StatusCode) -> Value {
    json_of(request.send().await.unwrap(), status).await
}

/// Waits, without assuming how long, until `holds`.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}
