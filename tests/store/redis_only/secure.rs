//! TLS: whoever cannot show that it is the server is told nothing.

use session_resumption::ports::{Handshakes, Outage};
use session_resumption::store::redis::{RedisStore, StoreClock};
use session_resumption::store_url::RedisUrl;

use super::{mends, outage, store};
use crate::given::{ana, flow};
use crate::harness::prefix;
use crate::servers::{Authority, Cluster, Identity, Sentinels, Server};

const HERE: [&str; 2] = ["127.0.0.1", "localhost"];

fn trusting(authority: &Authority, url: &str) -> RedisStore {
    let (url, pem) = (RedisUrl::parse(url).unwrap(), authority.pem());
    RedisStore::new(&url, Some(pem.as_bytes()), &prefix(), StoreClock::Server).unwrap()
}

fn genuine() -> (Authority, Identity) {
    let authority = Authority::new();
    let identity = authority.issue(&HERE);
    (authority, identity)
}

#[tokio::test]
async fn a_server_is_trusted_by_its_certificate() {
    let (authority, identity) = genuine();
    let server = Server::with(Some(&identity), &[]);
    let by_name = server.url().replace("127.0.0.1", "localhost");
    for url in [server.url(), by_name] {
        let store = trusting(&authority, &url);
        assert_eq!(store.check().await, Ok(Ok(())));
        store.join(&ana(), &flow()).await.unwrap();
    }
}

#[tokio::test]
async fn sentinels_and_the_servers_they_name_are_trusted_by_their_certificates() {
    let (authority, identity) = genuine();
    let servers = Sentinels::with(Some(&identity), 1);
    let store = trusting(&authority, &servers.url());
    assert_eq!(store.check().await, Ok(Ok(())));
    servers.failover().await;
    mends(&store).await;
    let stranger = trusting(&Authority::new(), &servers.url());
    assert_eq!(outage(&stranger).await, Outage::Untrusted);
}

#[tokio::test]
async fn a_cluster_is_trusted_by_its_certificates() {
    let (authority, identity) = genuine();
    let cluster = Cluster::with(Some(&identity), 0);
    let store = trusting(&authority, &cluster.url());
    assert_eq!(store.check().await, Ok(Ok(())));
    store.join(&ana(), &flow()).await.unwrap();
    let stranger = trusting(&Authority::new(), &cluster.url());
    assert_eq!(outage(&stranger).await, Outage::Untrusted);
}

#[tokio::test]
async fn a_certificate_by_someone_else_is_not_trusted() {
    let (_, identity) = genuine();
    let server = Server::with(Some(&identity), &[]);
    assert_eq!(outage(&trusting(&Authority::new(), &server.url())).await, Outage::Untrusted);
    // Nor do the system's authorities know it.
    assert_eq!(outage(&store(&server.url())).await, Outage::Untrusted);
}

#[tokio::test]
async fn a_certificate_for_someone_else_is_not_trusted_until_it_is_renewed() {
    let authority = Authority::new();
    let server = Server::with(Some(&authority.issue(&["elsewhere.example"])), &[]);
    let store = trusting(&authority, &server.url());
    assert_eq!(outage(&store).await, Outage::Untrusted);
    server.renew(&authority.issue(&HERE));
    mends(&store).await;
}

#[tokio::test]
async fn plain_text_and_tls_do_not_understand_each_other() {
    let (authority, identity) = genuine();
    let server = Server::with(Some(&identity), &[]);
    let plain = store(&format!("redis://:only-a-test@127.0.0.1:{}", server.entry()));
    let secure = trusting(&authority, &format!("rediss://:only-a-test@127.0.0.1:{}", server.port()));
    for store in [plain, secure] {
        for _ in 0..3 {
            let told = outage(&store).await;
            let expected = [Outage::Unreachable, Outage::Malformed, Outage::TimedOut, Outage::Untrusted];
            assert!(expected.contains(&told), "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_file_without_a_certificate_is_refused_at_once() {
    let url = RedisUrl::parse("rediss://localhost").unwrap();
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let made = RedisStore::new(&url, Some(text.as_bytes()), &prefix(), StoreClock::Server);
        assert!(made.is_err(), "{text:?}");
    }
}
