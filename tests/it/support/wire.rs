//! gRPC by hand: what a client library would not send, and without the timer that one runs beside the server's.

use prost::Message;
use reqwest::Client;
use tonic::{Code, Status};

use super::Harness;

pub(crate) const VALIDATE: &str = "ValidateSession";
pub(crate) const CONFIRM: &str = "ConfirmReattach";
pub(crate) const INJECT: &str = "InjectContext";

#[derive(Clone)]
pub(crate) struct Wire {
    client: Client,
    address: String,
}

impl Wire {
    pub(crate) fn to(harness: &Harness) -> Self {
        let client = Client::builder().http2_prior_knowledge().build().unwrap();
        Self { client, address: harness.address.clone() }
    }

    /// Calls a method with a message and a `grpc-timeout`.
    pub(crate) async fn call(&self, method: &str, timeout: Option<&str>, message: &impl Message) -> Status {
        self.send(method, timeout, frame(&message.encode_to_vec())).await
    }

    /// Sends any bytes to a method. `Ok` stands for every answer that is no error.
    pub(crate) async fn send(&self, method: &str, timeout: Option<&str>, body: Vec<u8>) -> Status {
        let url = format!("{}/sessionresumption.v1.SessionResumption/{method}", self.address);
        let mut request =
            self.client.post(url).header("content-type", "application/grpc").header("te", "trailers").body(body);
        if let Some(timeout) = timeout {
            request = request.header("grpc-timeout", timeout);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        // An error stands in the headers; after an answer, OK stands in the trailers.
        Status::from_header_map(answer.headers()).unwrap_or_else(|| Status::new(Code::Ok, ""))
    }
}

/// A message as gRPC frames it: not compressed, its length, itself.
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0], &length.to_be_bytes()[..], message].concat()
}
