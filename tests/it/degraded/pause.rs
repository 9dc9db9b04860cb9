//! A server that is there and says nothing.

use std::time::Duration;

use futures_util::future::join_all;
use session_resumption::pb::validate_session_response::Decision;
use session_resumption::server::health::Condition;
use tokio::time::{Instant, sleep, timeout};

use super::{becomes, over};
use crate::servers::Server;
use crate::support::{Chat, Harness, Refusal};

/// How long the server says nothing.
const SILENCE: Duration = Duration::from_secs(10);
/// What callers allow, and what a busy machine adds.
const PATIENCE: Duration = Duration::from_secs(6);
const SLACK: Duration = Duration::from_secs(3);

/// Asks again and again until the time is up: validates, confirms, injects. Returns how many answers were degraded.
async fn busy(harness: &Harness, until: Instant) -> usize {
    let chat = Chat::dropped(harness);
    let mut degraded = 0;
    while Instant::now() < until {
        let mut request = tonic::Request::new(chat.validate_request());
        request.set_timeout(PATIENCE);
        let answer = timeout(PATIENCE + SLACK, harness.validate(request)).await.expect("validated in time").unwrap();
        assert_eq!(answer.decision(), Decision::Resumable, "nobody is sent away");
        degraded += usize::from(answer.degraded);
        // A handshake that nobody knows.
        let id = uuid::Uuid::new_v4().to_string();
        let confirming = timeout(PATIENCE + SLACK, chat.confirm(&id));
        let refusal = Refusal::of(&confirming.await.expect("refused in time").unwrap_err());
        assert!(matches!(&*refusal.reason, "STORE_UNAVAILABLE" | "HANDSHAKE_NOT_FOUND"), "{refusal:?}");
        sleep(Duration::from_millis(50)).await;
    }
    degraded
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_answered_in_time_and_everything_recovers() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    let until = Instant::now() + SILENCE;
    let silence = async {
        server.stop();
        tokio::time::sleep_until(until).await;
        server.cont();
    };
    let (degraded, ()) = tokio::join!(join_all((0..10).map(|_| busy(&harness, until))), silence);
    assert!(degraded.iter().all(|answers| *answers > 0), "{degraded:?}");
    becomes(&harness, Condition::Ready).await;
    let opened = Chat::dropped(&harness).validate().await.unwrap();
    assert!(!opened.degraded && !opened.handshake_id.is_empty(), "{opened:?}");
    harness.stop().await.unwrap();
}
