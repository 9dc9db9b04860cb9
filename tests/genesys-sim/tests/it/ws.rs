//! A WebSocket client for tests: frames in order, and how the socket ended.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// Generous: it only bounds a test that has failed already.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// How a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed(u16),
    Cut,
}

impl Socket {
    pub(crate) async fn open(uri: &str) -> Self {
        Self::open_from(uri, None).await.unwrap()
    }

    /// Connects as a page of `origin` would; an error is the status of the refusal.
    pub(crate) async fn open_from(uri: &str, origin: Option<&str>) -> Result<Self, u16> {
        let mut request = uri.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        match timeout(PATIENCE, connect_async(request)).await.unwrap() {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, text: impl ToString) {
        self.0.send(Message::text(text.to_string())).await.unwrap();
    }

    /// The text of the next frame.
    pub(crate) async fn text(&mut self) -> String {
        match timeout(PATIENCE, self.0.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The frames up to the first that `is_last`, which is left out.
    pub(crate) async fn until(&mut self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            match self.json().await {
                last if is_last(&last) => return frames,
                frame => frames.push(frame),
            }
        }
    }

    /// Waits for the end, past any frames before it.
    pub(crate) async fn end(mut self) -> End {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => return End::Closed(frame.code.into()),
                Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
                Some(Err(_)) | None => return End::Cut,
                other => panic!("{other:?}"),
            }
        }
    }
}
