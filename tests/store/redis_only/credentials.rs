//! A server lets in whom it knows, as far as it allows.

use redis::RedisResult;
use session_resumption::ports::{Handshakes, Outage, StoreError};

use super::{becomes, mends, outage, store};
use crate::given::{ana, flow};
use crate::servers::Server;

/// A user with these rights.
fn user(server: &Server, name: &str, rights: &[&str]) -> RedisResult<()> {
    redis::cmd("ACL").arg(&["SETUSER", name, "reset", "on", ">word"]).arg(rights).exec(&mut server.admin())
}

#[tokio::test]
async fn wrong_credentials_are_told() {
    for (user, password) in [("", "wrong"), ("nobody", "only-a-test")] {
        let store = store(&Server::shared().url_of(user, password));
        assert_eq!(outage(&store).await, Outage::Denied);
        assert_eq!(store.check().await, Err(StoreError::Unavailable(Outage::Denied)));
        assert!(!format!("{store:?}").contains(password));
    }
}

#[tokio::test]
async fn no_credentials_are_not_enough() {
    let store = store(&format!("redis://127.0.0.1:{}", Server::shared().port()));
    assert_eq!(outage(&store).await, Outage::Denied);
}

#[tokio::test]
async fn a_server_that_learns_the_password_later_is_found() {
    let server = Server::start(&[]);
    let store = store(&server.url_of("", "new"));
    assert_eq!(outage(&store).await, Outage::Denied);
    redis::cmd("CONFIG").arg(&["SET", "requirepass", "new"]).exec(&mut server.admin()).unwrap();
    mends(&store).await;
}

#[tokio::test]
async fn a_user_who_is_thrown_out_is_told_and_let_in_again() {
    let server = Server::start(&[]);
    user(&server, "ann", &["~*", "+@all"]).unwrap();
    let store = store(&server.url_of("ann", "word"));
    store.join(&ana(), &flow()).await.unwrap();
    // This ends the user's connections, too.
    redis::cmd("ACL").arg(&["DELUSER", "ann"]).exec(&mut server.admin()).unwrap();
    becomes(&store, Outage::Denied).await;
    user(&server, "ann", &["~*", "+@all"]).unwrap();
    mends(&store).await;
}

#[tokio::test]
async fn a_user_whose_rights_are_taken_is_told_and_goes_on_with_them() {
    let server = Server::start(&[]);
    for (name, rights) in [("no-scripts", ["~*", "+@all", "-@scripting"]), ("no-keys", ["~other:*", "+@all", "+ping"])]
    {
        user(&server, name, &["~*", "+@all"]).unwrap();
        let store = store(&server.url_of(name, "word"));
        store.join(&ana(), &flow()).await.unwrap();
        user(&server, name, &rights).unwrap();
        becomes(&store, Outage::Denied).await;
        user(&server, name, &["~*", "+@all"]).unwrap();
        mends(&store).await;
    }
}
