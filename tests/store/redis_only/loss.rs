//! A server that lost its data is noticed: nothing given out before is mistaken for something given out after.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use session_resumption::domain::error::Reason;
use session_resumption::ports::Handshakes;
use session_resumption::store::redis::StoreClock;

use crate::given::{TTL, ana, drop_of, flow, injection, message, pair, resumable, tab};
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::servers::Server;
use crate::steps::{is_fenced, leading, refused, replay};

async fn forget(server: &Server) {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn leases_and_epochs_from_before_are_refused() {
    let server = Server::start(&[]);
    let store = redis_store(&server.url(), &prefix(), StoreClock::Server);
    let h = Harness::new(Arc::new(store.clone()), Arc::new(Ahead::default()));
    h.open(&ana(), &drop_of("one", 1)).await;
    let before = store.take_over(&ana(), &tab("two")).await.unwrap().seat.epoch;
    h.somebody_comes_by().await;
    // Sequences begin anew with each millisecond.
    tokio::time::sleep(Duration::from_millis(5)).await;
    forget(&server).await;

    let lead = leading(&store.join(&ana(), &drop_of("two", 2)).await.unwrap().0);
    let id = store.conclude(&ana(), lead.lease, None, resumable(), TTL).await.unwrap().handshake.unwrap();
    h.confirm(&ana(), id).await;
    let after = replay(h.join(&ana(), &drop_of("two", 2)).await).seat.epoch;
    assert!(after > before, "{after} after {before}");
    let mut begin = injection(&ana(), id, &[message(&ana(), "m-1", 1)]);
    begin.tab = Some((tab("two"), before));
    assert_eq!(refused(store.begin_injection(&ana().conversation, &begin).await), Reason::Superseded);
}

#[tokio::test]
async fn whoever_led_before_is_fenced_off() {
    let server = Server::start(&[]);
    // This thread's own: other cases of the process lose leases too.
    let recorder = PrometheusBuilder::new().build_recorder();
    let (metrics, _here) = (recorder.handle(), metrics::set_default_local_recorder(&recorder));
    let reported = || metrics.render().contains("session_resumption_store_losses_total{evidence=\"lease\"} 1\n");
    let store = redis_store(&server.url(), &prefix(), StoreClock::Server);
    let lead = leading(&store.join(&ana(), &drop_of("one", 1)).await.unwrap().0);
    let next = leading(&store.join(&pair("chat-2", "ana"), &flow()).await.unwrap().0);
    assert!(is_fenced(&store.conclude(&pair("chat-2", "bob"), next.lease, None, resumable(), TTL).await));
    assert!(!metrics.render().contains("losses_total"), "a lease that was never given out tells nothing");
    forget(&server).await;
    assert!(is_fenced(&store.conclude(&ana(), lead.lease, None, resumable(), TTL).await));
    assert!(reported());
    // Sequences begin anew with each millisecond, so whoever leads now has a later fence.
    tokio::time::sleep(Duration::from_millis(5)).await;
    leading(&store.join(&ana(), &drop_of("one", 1)).await.unwrap().0);
    assert!(is_fenced(&store.conclude(&ana(), lead.lease, None, resumable(), TTL).await));
    assert!(reported());
}
