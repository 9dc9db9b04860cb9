//! A client of plain HTTP, and its view of answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Method, StatusCode};
use prost::Message;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::support::Harness;

pub(super) const JSON: &str = "application/json";
pub(super) const PROTO: &str = "application/proto";

pub(super) struct Door {
    client: Client,
    address: String,
}

impl Door {
    /// As curl comes: by HTTP/1.1.
    pub(super) fn to(harness: &Harness) -> Self {
        Self { client: Client::new(), address: harness.address.clone() }
    }

    pub(super) fn by_http2(harness: &Harness) -> Self {
        let client = Client::builder().http2_prior_knowledge().build().unwrap();
        Self { client, address: harness.address.clone() }
    }

    /// A request to any path, without a type and a body.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    /// A POST to a method of the service, without a type and a body.
    pub(super) fn post(&self, method: &str) -> RequestBuilder {
        self.request(Method::POST, &format!("/sessionresumption.v1.SessionResumption/{method}"))
    }

    pub(super) async fn json(&self, method: &str, request: &Value) -> Answer {
        Answer::of(self.post(method).header(CONTENT_TYPE, JSON).body(request.to_string())).await
    }

    pub(super) async fn proto(&self, method: &str, request: &impl Message) -> Answer {
        Answer::of(self.post(method).header(CONTENT_TYPE, PROTO).body(request.encode_to_vec())).await
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Self { status, headers, body: answer.bytes().await.unwrap().to_vec() }
    }

    #[track_caller]
    fn assert_is(&self, status: StatusCode, kind: &str) {
        let told = String::from_utf8_lossy(&self.body);
        let found = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        assert_eq!((self.status, found), (status, Some(kind)), "{told}");
    }

    /// The message of an answer in JSON.
    #[track_caller]
    pub(super) fn ok(&self) -> Value {
        self.assert_is(StatusCode::OK, JSON);
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The message of an answer in protobuf.
    #[track_caller]
    pub(super) fn message<M: Message + Default>(&self) -> M {
        self.assert_is(StatusCode::OK, PROTO);
        M::decode(&*self.body).unwrap()
    }

    /// An error in the protocol's form, whatever type the request had.
    #[track_caller]
    pub(super) fn refused(&self, status: StatusCode, code: &str) -> Refused {
        self.assert_is(status, JSON);
        let told = String::from_utf8_lossy(&self.body);
        let error: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(error["code"], code, "{told}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{told}");
        Refused(error)
    }
}

pub(super) struct Refused(pub(super) Value);

impl Refused {
    /// The fields of a detail, as shown for people.
    pub(super) fn detail(&self, name: &str) -> Option<&Value> {
        let mut details = self.0["details"].as_array().unwrap().iter();
        details.find(|detail| detail["type"] == name).map(|detail| &detail["debug"])
    }

    pub(super) fn reason(&self) -> &str {
        let info = self.detail("google.rpc.ErrorInfo").unwrap_or_else(|| panic!("no ErrorInfo: {}", self.0));
        assert_eq!(info["domain"], "sessionresumption");
        info["reason"].as_str().unwrap()
    }

    /// The details as programs read them: name and bytes.
    pub(super) fn details(&self) -> Vec<(String, Vec<u8>)> {
        let details = self.0["details"].as_array().unwrap().iter();
        let bytes = |detail: &Value| STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap()).unwrap();
        details.map(|detail| (detail["type"].as_str().unwrap().to_owned(), bytes(detail))).collect()
    }
}
