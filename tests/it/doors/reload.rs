//! Callers are named anew while the service runs.

use std::time::Duration;

use session_resumption::pb;
use tokio::time::{Instant, sleep};
use tonic::Code;

use super::ask::{Door, Protocol};
use super::callers::{KEYS, Known};

/// Longer than the service takes to look again, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_away_ends_and_a_new_one_begins() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    let ask = async |key: &str| {
        let request = pb::ConfirmReattachRequest::default();
        door.ask(Protocol::Grpc, "ConfirmReattach", &[("x-api-key", key)], &request).await.code
    };
    assert_eq!((ask(KEYS[0].1).await, ask("the-next-key").await), (Code::InvalidArgument, Code::Unauthenticated));
    known.name_only(&[("service", "the-next-key")]);
    let until = Instant::now() + PATIENCE;
    while ask("the-next-key").await != Code::InvalidArgument {
        assert!(Instant::now() < until, "the file is not read again");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(ask(KEYS[0].1).await, Code::Unauthenticated);
    known.harness.stop().await.unwrap();
}
