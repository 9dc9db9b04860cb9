//! The judge finds what is wrong: requests that are bad on purpose, and good ones beside them.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::description::strict;
use crate::prism::Prism;
use crate::witness::Witness;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;

const AGENTLESS: &str = "conversations/messages/agentless";
const ATTRIBUTES: &str = "conversations/c/participants/p/attributes";
const RECORD: &str = "conversations/c/customattributes";
const BULK: &str = "conversations/messages/c/messages/bulk";
const TOPICS: &str = "notifications/channels/h/subscriptions";

/// Prism, and a client that knows nothing of the API.
struct Court {
    witness: Witness,
    client: Client,
}

impl Court {
    async fn sits() -> Self {
        let witness = Witness::of(Prism::start(&strict()).await).await;
        Self { witness, client: Client::builder().no_proxy().build().unwrap() }
    }

    /// What is found against a request.
    async fn finds(&self, method: &Method, path: &str, body: &Value) -> String {
        let request = self.request(method, path).header(AUTHORIZATION, "Bearer a-token");
        self.hears(if body.is_null() { request } else { request.json(body) }).await
    }

    fn request(&self, method: &Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.clone(), format!("{}/api/v2/{path}", self.witness.url))
    }

    async fn hears(&self, request: reqwest::RequestBuilder) -> String {
        request.send().await.unwrap();
        let mut judged = self.witness.take();
        assert_eq!(judged.len(), 1);
        judged.remove(0).violations.join("\n")
    }
}

#[tokio::test]
async fn a_bad_request_is_found_and_a_good_one_is_not() {
    let court = Court::sits().await;
    let bulk = |query: &str| format!("{BULK}?useNormalizedMessage={query}");
    let message = |key: &str, value: Value| {
        let mut message = json!({"fromAddress": "d", "toAddressMessengerType": "webmessaging", "textBody": "back"});
        message[key] = value;
        message
    };
    let record = |key: &str, value: Value| {
        let mut record = json!({"id": "r", "version": 1, "divisions": [], "customAttributes": {"count": "1"}});
        record[key] = value;
        record
    };
    for (method, path, body) in [
        (GET, "conversations/messages/c", Value::Null),
        (POST, AGENTLESS, message("useExistingActiveConversation", json!(true))),
        (PATCH, ATTRIBUTES, json!({"attributes": {"count": "1"}})),
        (PATCH, RECORD, record("version", json!(2))),
        (POST, &bulk("true"), json!(["m"])),
        (POST, "notifications/channels", Value::Null),
        (PUT, TOPICS, json!([{"id": "t"}])),
    ] {
        assert_eq!(court.finds(&method, path, &body).await, "", "{method} {path} {body}");
    }
    for (method, path, body, found) in [
        // What is not there.
        (GET, "conversations/zebra/c/d", Value::Null, "NO_PATH_MATCHED"),
        (POST, "conversations/messaging/c", Value::Null, "NO_PATH_MATCHED"),
        (PUT, "conversations/messages/c", Value::Null, "NO_METHOD_MATCHED"),
        (PUT, AGENTLESS, message("textBody", json!("back")), "NO_METHOD_MATCHED"),
        // What is missing.
        (POST, AGENTLESS, Value::Null, "required"),
        (POST, AGENTLESS, json!({"fromAddress": "d"}), "toAddressMessengerType"),
        (PATCH, RECORD, json!({"id": "r"}), "customAttributes"),
        (PUT, TOPICS, Value::Null, "required"),
        // What is of another type.
        (POST, AGENTLESS, message("textBody", json!(7)), "textBody must be string"),
        (POST, AGENTLESS, message("useExistingActiveConversation", json!("yes")), "must be boolean"),
        (POST, AGENTLESS, json!([]), "must be object"),
        (PATCH, ATTRIBUTES, json!({"attributes": {"count": 1}}), "attributes.count must be string"),
        (PATCH, ATTRIBUTES, json!({"attributes": ["count"]}), "attributes must be object"),
        (PATCH, RECORD, record("version", json!("1")), "version must be integer"),
        (POST, &bulk("true"), json!({"ids": ["m"]}), "must be array"),
        (POST, &bulk("true"), json!([7]), "must be string"),
        (POST, &bulk("maybe"), json!(["m"]), "must be boolean"),
        (PUT, TOPICS, json!(["t"]), "must be object"),
        // What nobody knows.
        (POST, AGENTLESS, message("toAddressMessengerType", json!("zebra")), "allowed values"),
        (POST, AGENTLESS, message("textbody", json!("back")), "additional"),
        (PATCH, ATTRIBUTES, json!({"customAttributes": {"count": "1"}}), "additional"),
        (PATCH, RECORD, record("schema", json!("s")), "additional"),
        (PUT, TOPICS, json!([{"topic": "t"}]), "additional"),
    ] {
        let violations = court.finds(&method, path, &body).await;
        assert!(violations.contains(found), "{method} {path} {body}: {found} is not in {violations:?}");
    }
}

#[tokio::test]
async fn who_asks_and_in_which_form_is_judged_as_well() {
    let court = Court::sits().await;
    let nobody = court.hears(court.request(&GET, "conversations/messages/c")).await;
    assert!(nobody.contains("security"), "{nobody:?}");
    let request = court.request(&PATCH, ATTRIBUTES).header(AUTHORIZATION, "Bearer a-token");
    let text = court.hears(request.header(CONTENT_TYPE, "text/plain").body(r#"{"attributes": {"a": "1"}}"#)).await;
    assert!(text.contains("content types"), "{text:?}");
}
