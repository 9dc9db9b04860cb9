//! A server that answers and can never serve is refused at start, by a word that says what is wrong.

use session_resumption::ports::Outage;
use session_resumption::store::redis::Unfit;

use super::fake::{Fake, hello};
use super::{outage, store};
use crate::servers::Server;

#[tokio::test]
async fn a_server_that_is_fit_is_told() {
    for server in [Server::shared(), Server::shared_valkey()] {
        assert_eq!(store(&server.url()).check().await, Ok(Ok(())));
    }
}

#[tokio::test]
async fn a_replica_is_refused_and_takes_no_writes() {
    let primary = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary.port().to_string()]);
    let store = store(&replica.url());
    assert_eq!(store.check().await, Ok(Err(Unfit::Replica)));
    assert_eq!(outage(&store).await, Outage::ReadOnly);
}

/// Servers this old cannot be had any more: one that says so stands in for them.
#[tokio::test]
async fn an_old_server_is_refused() {
    let old = |command: &str| match command.split(' ').next() {
        Some("HELLO") => hello("6.2.14", "standalone", "master"),
        _ => "+OK\r\n".to_owned(),
    };
    let older = |command: &str| match command.split(' ').next() {
        Some("HELLO") => "-ERR unknown command 'HELLO'\r\n".to_owned(),
        _ => "+OK\r\n".to_owned(),
    };
    let [old, older] = [Fake::start(old).await, Fake::start(older).await];
    for (fake, version) in [(old, "6.2.14"), (older, "5 or older")] {
        assert_eq!(store(&fake.url).check().await, Ok(Err(Unfit::TooOld(version.to_owned()))));
    }
}

/// Neither a wrong decision nor a panic.
#[tokio::test]
async fn who_speaks_another_language_is_told() {
    let http = Fake::start(|_| "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_owned()).await;
    let agreeable = Fake::start(|_| "+OK\r\n".to_owned()).await;
    let nothing = Fake::start(|_| "*0\r\n".to_owned()).await;
    for fake in [http, agreeable, nothing] {
        let told = outage(&store(&fake.url)).await;
        assert!(matches!(told, Outage::Malformed | Outage::Unreachable), "{told:?}");
    }
}

#[tokio::test]
async fn a_database_that_the_server_does_not_have_is_refused() {
    let server = Server::shared();
    assert_eq!(store(&format!("{}/15", server.url())).check().await, Ok(Ok(())));
    let beyond = store(&format!("{}/16", server.url()));
    assert_eq!(beyond.check().await, Ok(Err(Unfit::NoDatabase(16))));
    assert_eq!(outage(&beyond).await, Outage::NotReady);
}
