//! A server lets in whom it knows, as far as it allows.

use session_resumption::ports::{Handshakes, Outage, StoreError};
use session_resumption::store::redis::Unfit;

use super::{becomes, mends, outage, store};
use crate::given::{ana, flow};
use crate::harness::RIGHTS;
use crate::servers::Server;

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
    server.allow("ann", RIGHTS);
    let store = store(&server.url_of("ann", "ann"));
    store.join(&ana(), &flow()).await.unwrap();
    // This ends the user's connections, too.
    redis::cmd("ACL").arg(&["DELUSER", "ann"]).exec(&mut server.admin()).unwrap();
    becomes(&store, Outage::Denied).await;
    server.allow("ann", RIGHTS);
    mends(&store).await;
}

#[tokio::test]
async fn a_user_whose_rights_are_taken_is_told_and_goes_on_with_them() {
    let server = Server::start(&[]);
    for less in ["~* +@all -@scripting", "~other:* +@all", "~sr:* +@all -hgetall -get"] {
        server.allow("ann", RIGHTS);
        let store = store(&server.url_of("ann", "ann"));
        store.join(&ana(), &flow()).await.unwrap();
        server.allow("ann", less);
        becomes(&store, Outage::Denied).await;
        server.allow("ann", RIGHTS);
        mends(&store).await;
    }
}

/// Whatever is missing is named at start, together with all that is needed.
#[tokio::test]
async fn a_user_who_may_do_too_little_is_refused_at_start() {
    let server = Server::start(&[]);
    let checked = async || store(&server.url_of("ann", "ann")).check().await;
    let commands = RIGHTS.split(' ').filter(|right| right.starts_with('+') && *right != "+ping");
    for missing in commands.chain(["~sr:*"]) {
        let rest: Vec<&str> = RIGHTS.split(' ').filter(|right| *right != missing).collect();
        server.allow("ann", &rest.join(" "));
        let refused = match checked().await {
            Ok(Err(unfit @ Unfit::NotPermitted(_))) => unfit.to_string(),
            other => panic!("without {missing}: {other:?}"),
        };
        assert!(refused.contains(RIGHTS), "{refused}");
    }
    server.allow("ann", RIGHTS);
    assert_eq!(checked().await, Ok(Ok(())));
}
