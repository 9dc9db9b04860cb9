//! The socket of a channel: connected only where nobody can listen in, and bounded in what it takes.
//!
//! The handshake is made by our HTTP client, so that certificates are checked as those of all other calls, and no library
//! between writes the address, which is a secret, to a log.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::{Client, StatusCode, Upgraded, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use url::Url;

use super::observe::Gap;
use super::timing::SOCKET;
use crate::loopback::is_loopback;

/// Largest frame taken: as large as the largest answer that is read of a conversation.
const MAX_FRAME: usize = 1 << 20;

/// What the platform answers, by a sign of life.
const PING: &str = r#"{"message":"ping"}"#;

/// Connects sockets.
pub(super) struct Dialer {
    client: Client,
    /// Whether the API itself is on this host and without TLS, as a simulator is.
    in_the_clear: bool,
}

/// A connected socket.
pub(super) struct Socket(WebSocketStream<Upgraded>);

/// What came on a socket.
pub(super) enum Received {
    Text(Utf8Bytes),
    /// Bytes, where there should be text.
    Binary,
    /// A sign of life below the frames.
    Control,
}

// === impl Dialer ===

impl Dialer {
    pub(super) fn new(api: &Url) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .retry(retry::never())
            // An upgrade is of HTTP/1.1.
            .http1_only()
            .connect_timeout(SOCKET)
            .build()?;
        Ok(Self { client, in_the_clear: api.scheme() == "http" && is_loopback(api) })
    }

    /// Connects to an address; the error says why not, and nothing of the address.
    pub(super) async fn dial(&self, address: &SecretString) -> Result<Socket, &'static str> {
        let url = self.http(address.expose_secret())?;
        timeout(SOCKET, self.upgrade(url)).await.unwrap_or(Err("the channel's socket did not answer in time"))
    }

    /// The address as HTTP has it.
    fn http(&self, address: &str) -> Result<Url, &'static str> {
        let mut url = Url::parse(address).map_err(|_| "the channel's address is no URL")?;
        let scheme = match url.scheme() {
            "wss" => "https",
            "ws" if self.in_the_clear && is_loopback(&url) => "http",
            _ => return Err("the channel's address is not one of a TLS socket"),
        };
        url.set_scheme(scheme).map_err(|()| "the channel's address is no URL")?;
        Ok(url)
    }

    async fn upgrade(&self, url: Url) -> Result<Socket, &'static str> {
        let key = generate_key();
        let answer = self.client.get(url).headers(headers(&key)?).send().await;
        let answer = answer.map_err(|_| "the channel's socket cannot be reached")?;
        let accepted = answer.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS
            || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
        {
            return Err("the channel's socket was refused");
        }
        let upgraded = answer.upgrade().await.map_err(|_| "the channel's socket was not opened")?;
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_write_buffer_size(64 << 10)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        Ok(Socket(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await))
    }
}

fn headers(key: &str) -> Result<HeaderMap, &'static str> {
    let key = HeaderValue::from_str(key).map_err(|_| "no key was made for the channel's socket")?;
    let fixed: [(HeaderName, &str); 3] =
        [(CONNECTION, "Upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
    let fixed = fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok(fixed.chain([(SEC_WEBSOCKET_KEY, key)]).collect())
}

// === impl Socket ===

impl Socket {
    /// What comes next, or how it ended. Pings are answered on the way.
    pub(super) async fn next(&mut self) -> Result<Received, Gap> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Ok(Received::Text(text)),
            Some(Ok(Message::Binary(_))) => Ok(Received::Binary),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Received::Control),
            Some(Err(Error::Capacity(_) | Error::Utf8(_))) => Err(Gap::Malformed),
            Some(Err(Error::Protocol(error))) if error != NO_FAREWELL => Err(Gap::Malformed),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gap::Closed),
        }
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Gap> {
        match timeout(SOCKET, self.0.send(Message::text(PING))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gap::Closed),
        }
    }

    /// Says goodbye, if the other side listens.
    pub(super) async fn close(mut self) {
        let _ = timeout(SOCKET, self.0.close(None)).await;
    }
}

/// A connection that ended without a word is no breach of the protocol that anybody has to look into.
const NO_FAREWELL: tokio_tungstenite::tungstenite::error::ProtocolError =
    tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;

#[cfg(test)]
mod tests {
    use super::*;

    fn http(api: &str, address: &str) -> Option<String> {
        let dialer = Dialer::new(&Url::parse(api).unwrap()).unwrap();
        dialer.http(address).ok().map(String::from)
    }

    #[test]
    fn a_socket_is_of_tls_unless_the_api_is_on_this_host() {
        for api in ["https://api.example", "http://127.0.0.1:1"] {
            assert_eq!(http(api, "wss://s.example/channels/c").as_deref(), Some("https://s.example/channels/c"));
            for address in ["", "ws://s.example/c", "http://127.0.0.1/c", "https://s.example/c", "file:///c", "/c"] {
                assert_eq!(http(api, address), None, "{api} {address}");
            }
        }
        assert_eq!(http("http://127.0.0.1:1", "ws://127.0.0.1:1/c").as_deref(), Some("http://127.0.0.1:1/c"));
        for api in ["https://127.0.0.1:1", "http://api.example", "https://api.example"] {
            assert_eq!(http(api, "ws://127.0.0.1:1/c"), None, "{api}");
        }
    }
}
