//! A server forgets the script at any time: with a restart, a failover, or because it is told to.

use session_resumption::ports::Handshakes;

use super::store;
use crate::given::{ana, flow};
use crate::servers::Server;

#[tokio::test]
async fn a_script_that_is_forgotten_is_sent_again() {
    let server = Server::start(&[]);
    let store = store(&server.url());
    for _ in 0..3 {
        store.join(&ana(), &flow()).await.unwrap();
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut server.admin()).unwrap();
    }
    store.join(&ana(), &flow()).await.unwrap();
}
