//! Who is whom: the service's certificate and its clients'.

use std::sync::Arc;

use http::StatusCode;
use reqwest::Identity;
use rustls::{ProtocolVersion, version};
use tokio_rustls::TlsConnector;

use crate::certificates::{Authority, Pair, Place};
use crate::door::{DOORS, Door, by, call, shake, shown};
use crate::served::{PEER, patient};

fn identity(pair: &Pair) -> Identity {
    Identity::from_pem(format!("{}{}", pair.certificate, pair.key).as_bytes()).unwrap()
}

#[tokio::test]
async fn both_protocols_are_served_on_one_port_and_told_their_peer() {
    for door in DOORS {
        let (served, authority, _place) = door.open(&patient());
        let answer = door.client(&authority, None).get(door.url(&served, "/who")).send().await.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, door.version()), "{door:?}");
        let peer: std::net::SocketAddr = answer.headers()[PEER].to_str().unwrap().parse().unwrap();
        assert!(peer.ip().is_loopback() && peer != served.addr);
        assert_eq!(answer.bytes().await.unwrap(), "", "it showed no certificate");
    }
    // On one port, whatever TLS agreed on.
    let (served, authority, _place) = Door::Http1.open(&patient());
    for door in [Door::Http1, Door::Http2] {
        let answer = door.client(&authority, None).get(door.url(&served, "/who")).send().await.unwrap();
        assert_eq!(answer.version(), door.version());
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on_by_tls() {
    let (served, authority, _place) = Door::Https2.open(&patient());
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let mut client = authority.client();
        client.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = served.connect().await;
        let stream = TlsConnector::from(Arc::new(client)).connect(served.addr.ip().into(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes), "{offered:?}");
    }
}

#[tokio::test]
async fn the_two_newest_versions_of_tls_are_spoken() {
    let (served, authority, _place) = Door::Https1.open(&patient());
    for (spoken, expected) in [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)]
    {
        let mut client = authority.client();
        let provider = Arc::clone(client.crypto_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.der()).unwrap();
        client = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[spoken])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = served.connect().await;
        let mut stream = TlsConnector::from(Arc::new(client)).connect(served.addr.ip().into(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        assert!(call(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn a_clients_certificate_is_seen_with_each_of_its_requests() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let mut place = Place::new();
    place.put(&authority.issue());
    place.trust_clients_of(&clients.pem());
    let served = by(place.load().unwrap());
    let known = clients.issue_to_client();
    for door in [Door::Https1, Door::Https2] {
        let client = door.client(&authority, Some(&identity(&known)));
        for _ in 0..3 {
            let answer = client.get(door.url(&served, "/who")).send().await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), known.der.to_vec(), "{door:?}");
        }
        // Others are let in without one, and known by other credentials.
        let answer = door.client(&authority, None).get(door.url(&served, "/who")).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), "", "{door:?}");
    }
}

#[tokio::test]
async fn a_clients_certificate_that_is_not_good_is_refused() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let mut place = Place::new();
    place.put(&authority.issue());
    place.trust_clients_of(&clients.pem());
    let served = by(place.load().unwrap());
    for bad in [Authority::new().issue_to_client(), clients.issue_for(2000, 2001), clients.issue_for(3000, 3001)] {
        for door in [Door::Https1, Door::Https2] {
            let client = door.client(&authority, Some(&identity(&bad)));
            assert!(client.get(door.url(&served, "/who")).send().await.is_err(), "{door:?}");
        }
    }
    assert_eq!(served.calls(), 0);
}

#[tokio::test]
async fn whoever_speaks_in_the_clear_to_tls_is_not_served() {
    let (served, authority, _place) = Door::Https1.open(&patient());
    assert!(Door::Http1.client(&authority, None).get(Door::Http1.url(&served, "/who")).send().await.is_err());
    assert_eq!(served.calls(), 0);
}

#[tokio::test]
async fn the_certificate_is_the_one_in_the_file() {
    let authority = Authority::new();
    let place = Place::new();
    let pair = authority.issue();
    place.put(&pair);
    let served = by(place.load().unwrap());
    assert_eq!(shown(&shake(&served, &authority).await), pair.der);
}
