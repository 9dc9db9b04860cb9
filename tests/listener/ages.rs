//! Connections do not last for ever.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use session_resumption::listener::{Settings, Times};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep, timeout};

use crate::door::{DOORS, call, rest};
use crate::served::{PATIENT, PEER, SOON, Served, patient};

/// Long enough for a request that is sent at once to be read before it.
const AGE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn an_old_connection_is_closed_when_it_is_idle() {
    let served = Served::start(Settings { max_connection_age: Some(AGE), ..patient() });
    let began = Instant::now();
    let mut stream = served.connect().await;
    call(&mut stream).await;
    rest(&mut stream).await;
    // A tenth less at most.
    assert!(began.elapsed() >= AGE.mul_f64(0.9), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_call_in_flight_outlives_the_age_but_not_the_grace() {
    let outlives = DOORS.map(async |door| {
        let settings = Settings { max_connection_age: Some(AGE), ..patient() };
        let (mut served, authority, _place) = door.open(&settings);
        let asking = tokio::spawn(door.client(&authority, None).get(door.url(&served, "/held")).send());
        served.begun().await;
        sleep(AGE * 2).await;
        served.release.add_permits(1);
        let answer = timeout(SOON, asking).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.text().await.unwrap(), "released", "{door:?}");

        let times = Times { grace: AGE, ..PATIENT };
        let (mut served, authority, _place) = door.open(&Settings { times, ..settings });
        let asking = tokio::spawn(door.client(&authority, None).get(door.url(&served, "/held")).send());
        served.begun().await;
        assert!(timeout(SOON, asking).await.unwrap().unwrap().is_err(), "{door:?}");
    });
    join_all(outlives).await;
}

/// HTTP/1.1 has no way to tell that a request crossed the end of its connection; HTTP/2 has, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn with_http2_no_call_is_lost_when_connections_end() {
    for door in DOORS.into_iter().filter(|door| door.version() == reqwest::Version::HTTP_2) {
        let settings = Settings { max_connection_age: Some(AGE), ..patient() };
        let (served, authority, _place) = door.open(&settings);
        let client = door.client(&authority, None);
        let mut peers = HashSet::new();
        while peers.len() < 4 {
            let answer = client.get(door.url(&served, "/who")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            peers.insert(answer.headers()[PEER].clone());
        }
    }
}

#[tokio::test]
async fn whoever_drops_the_listener_drops_its_connections() {
    let mut served = Served::start(patient());
    let mut stream = served.connect().await;
    stream.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    served.begun().await;
    served.serving.abort();
    assert_eq!(rest(&mut stream).await, b"");
}
