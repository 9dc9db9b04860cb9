//! A replica that is cut off from the store alone: it is honest about it, the other one serves on, and afterwards both agree.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, TabRole};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::customer::{Loss, bounded};
use crate::proxy::Road;
use crate::servers::Server;
use crate::stage::Stage;
use crate::way::{Phase, Way};

const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than a call on the store may take, and less than a caller waits.
const AT_ONCE: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn whose_connections_are_reset_is_cut_off() {
    cut_off(Road::Reset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_packets_are_lost_is_cut_off() {
    cut_off(Road::Silent).await;
}

async fn cut_off(by: Road) {
    let stage = Stage::set(Server::shared()).await;
    let road = &stage.roads[0].store;

    // One who came back before, through both replicas, and one who is about to.
    let back = Way::begin(&Arc::new(stage.customer()), Loss::new(1));
    assert_eq!(back.walk(&[Phase::Validate, Phase::TakeOver, Phase::Confirm]).await, [""; 0]);
    let coming = Way::begin(&Arc::new(stage.customer()), Loss::new(1));

    road.road(by);
    for _ in 0..3 {
        let [mut one, mut two, mut three] = [0; 3].map(|_| stage.replicas[0].client());
        let request = bounded(&coming.customer.validate_request(&coming.loss, 0, Intent::Resume));
        is_degraded(&in_time(one.validate_session(request)).await.unwrap());
        let request = bounded(&back.customer.confirm_request(back.handshake()));
        is_unavailable(&in_time(two.confirm_reattach(request)).await.unwrap_err());
        let request = bounded(&back.customer.inject_request(&back.loss, back.handshake()));
        is_unavailable(&in_time(three.inject_context(request)).await.unwrap_err());
    }
    // The other one goes all the way with one, and the rest of it with the other. The reads of the one cut off come besides.
    coming.customer.first_is_gone();
    back.customer.first_is_gone();
    assert_eq!(coming.walk(&Phase::ALL).await, [""; 0]);
    assert_eq!(back.walk(&[Phase::Inject]).await, [""; 0]);

    road.road(Road::Open);
    stage.replicas[0].becomes_ready().await;
    // What the other one found out is what it answers.
    let until = Instant::now() + PATIENCE;
    let answer = loop {
        let request = bounded(&coming.customer.validate_request(&coming.loss, 0, Intent::Resume));
        match stage.replicas[0].client().validate_session(request).await.map(Response::into_inner) {
            Ok(answer) if !answer.degraded => break answer,
            told => assert!(Instant::now() < until, "{told:?}"),
        }
        sleep(Duration::from_millis(100)).await;
    };
    assert_eq!((answer.handshake_id.as_str(), answer.replayed), (coming.handshake(), true));
    let request = bounded(&coming.customer.confirm_request(coming.handshake()));
    let confirmed = stage.replicas[0].client().confirm_reattach(request).await.unwrap().into_inner();
    assert_eq!((confirmed.resumption_count, confirmed.replayed), (1, true));

    for (way, reads) in [(coming, 3), (back, 0)] {
        assert_eq!(way.customer.verdict(&[way.chapter(reads + stage.reads_in_vain().await)]), [""; 0]);
    }
    stage.sim.stop().await;
}

async fn in_time<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Status> {
    timeout(AT_ONCE, call).await.expect("it answers in time").map(Response::into_inner)
}

/// A decision without a handshake and without a role.
fn is_degraded(answer: &pb::ValidateSessionResponse) {
    assert!(answer.degraded && answer.handshake_id.is_empty(), "{answer:?}");
    let told = (answer.decision(), answer.tab_role(), answer.tab_epoch);
    assert_eq!(told, (Decision::Resumable, TabRole::Unspecified, 0), "{answer:?}");
}

fn is_unavailable(status: &Status) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    assert_eq!((status.code(), reason), (Code::Unavailable, Some("STORE_UNAVAILABLE")), "{status:?}");
    assert!(details.retry_info().is_some_and(|info| info.retry_delay.is_some()), "{status:?}");
}
