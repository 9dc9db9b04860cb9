//! The end of the listener: nobody comes in any more, and those who are in are answered.

use tokio::time::timeout;

use crate::door::{DOORS, call, rest};
use crate::served::{SOON, Served, patient};

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_are_answered_through_every_door() {
    for door in DOORS {
        let (mut served, authority, _place) = door.open(&patient());
        let client = door.client(&authority, None);
        let asking = tokio::spawn(client.get(door.url(&served, "/held")).send());
        served.begun().await;
        served.closing.cancel();
        served.refusing().await;
        assert!(!served.serving.is_finished(), "{door:?}: a call is in flight");
        served.release.add_permits(1);
        let answer = timeout(SOON, asking).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.version(), door.version());
        assert_eq!(answer.text().await.unwrap(), "released", "{door:?}");
        served.ended().await;
    }
}

#[tokio::test]
async fn idle_connections_end_at_once() {
    let served = Served::start(patient());
    let (mut used, mut silent) = (served.connect().await, served.connect().await);
    call(&mut used).await;
    served.closing.cancel();
    rest(&mut used).await;
    rest(&mut silent).await;
    served.ended().await;
}

#[tokio::test]
async fn a_listener_without_connections_ends_at_once() {
    let served = Served::start(patient());
    served.closing.cancel();
    served.ended().await;
}
