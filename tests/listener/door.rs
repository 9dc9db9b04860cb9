//! The ways in: either protocol, in the clear or by TLS.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, Version};
use rustls::pki_types::{CertificateDer, ServerName};
use session_resumption::listener::{Settings, Tls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{Authority, Place};
use crate::served::{SOON, Served, patient};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Http1,
    Http2,
    Https1,
    Https2,
}

pub(crate) const DOORS: [Door; 4] = [Door::Http1, Door::Http2, Door::Https1, Door::Https2];

impl Door {
    fn is_tls(self) -> bool {
        matches!(self, Self::Https1 | Self::Https2)
    }

    pub(crate) fn version(self) -> Version {
        if matches!(self, Self::Http1 | Self::Https1) { Version::HTTP_11 } else { Version::HTTP_2 }
    }

    /// A listener for the door, and where its certificates are.
    pub(crate) fn open(self, settings: &Settings) -> (Served, Authority, Place) {
        let authority = Authority::new();
        let place = Place::new();
        place.put(&authority.issue());
        let tls = self.is_tls().then(|| Arc::new(place.load().unwrap()) as Arc<Tls>);
        (Served::start(Settings { tls, ..*settings }), authority, place)
    }

    /// A client that goes through the door, and keeps its connections.
    pub(crate) fn client(self, authority: &Authority, identity: Option<&Identity>) -> Client {
        let mut builder = builder(authority);
        if let Some(identity) = identity {
            builder = builder.identity(identity.clone());
        }
        let builder = match self {
            Self::Http1 | Self::Https1 => builder.http1_only(),
            Self::Http2 => builder.http2_prior_knowledge(),
            // As TLS agrees on it.
            Self::Https2 => builder,
        };
        builder.build().unwrap()
    }

    pub(crate) fn url(self, served: &Served, path: &str) -> String {
        let scheme = if self.is_tls() { "https" } else { "http" };
        format!("{scheme}://{}{path}", served.addr)
    }
}

fn builder(authority: &Authority) -> ClientBuilder {
    let trusted = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([trusted]).timeout(Duration::from_mins(1))
}

/// A listener with the certificates of a place.
pub(crate) fn by(tls: Tls) -> Served {
    Served::start(Settings { tls: Some(Arc::new(tls)), ..patient() })
}

/// TLS by hand: what the server shows can be looked at.
pub(crate) async fn shake(served: &Served, authority: &Authority) -> TlsStream<TcpStream> {
    let stream = served.connect().await;
    let name = ServerName::from(served.addr.ip());
    timeout(SOON, TlsConnector::from(Arc::new(authority.client())).connect(name, stream)).await.unwrap().unwrap()
}

/// The certificate that the server showed.
pub(crate) fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone()
}

/// One call by HTTP/1.1 on a connection that goes on; the head of its answer.
pub(crate) async fn call(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    stream.write_all(b"GET /who HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    answer(stream).await
}

/// The head of an answer without a body.
pub(crate) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = String::new();
    let reading = async {
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(stream.read_u8().await.unwrap()));
        }
    };
    timeout(SOON, reading).await.expect("an answer");
    head
}

/// All that still comes until the connection ends, in whatever way.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut all)).await.expect("the connection ends");
    all
}
