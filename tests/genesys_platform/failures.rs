//! Failures are told apart as with the guide's contract, and none of them ends a session.

use genesys_sim::{Fault, Route};
use session_resumption::ports::UpstreamError;

use crate::support::{Plan, Rig, SECOND, status};

fn after(code: u16, seconds: u64) -> Fault {
    Fault::Status { code, retry_after_s: Some(seconds), after_effect: false }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let wait = |seconds| Some(seconds * SECOND);
    for (fault, calls, error) in [
        (status(400), 1, UpstreamError::Rejected { status: 400 }),
        (status(401), 2, UpstreamError::Unauthorized),
        (status(403), 1, UpstreamError::Forbidden),
        (status(408), 3, UpstreamError::Timeout),
        (status(409), 1, UpstreamError::Conflict),
        (status(413), 1, UpstreamError::Rejected { status: 413 }),
        (after(429, 30), 1, UpstreamError::RateLimited { retry_after: wait(30) }),
        (after(429, 0), 3, UpstreamError::RateLimited { retry_after: wait(0) }),
        (status(500), 3, UpstreamError::Server { status: 500, retry_after: None }),
        (status(501), 1, UpstreamError::Server { status: 501, retry_after: None }),
        (after(503, 9), 1, UpstreamError::Server { status: 503, retry_after: wait(9) }),
        (status(504), 3, UpstreamError::Server { status: 504, retry_after: None }),
        (Fault::Reset { after_effect: false }, 3, UpstreamError::Reset),
    ] {
        let rig = Rig::new().await;
        rig.fault(Route::PlatformRead, 9, fault.clone());
        assert_eq!(rig.read().await, Err(error), "{fault:?}");
        assert_eq!(rig.count(Route::PlatformRead), calls, "{fault:?}");
        rig.control.clear_faults();
        assert!(rig.read().await.is_ok(), "the outage is over");
        rig.assert_described();
    }
}

#[tokio::test]
async fn a_genesys_that_does_not_answer_is_left() {
    let rig = Plan { timeout: SECOND / 4, ..Plan::default() }.build().await;
    rig.fault(Route::PlatformRead, 9, Fault::Hang { ms: 30_000 });
    assert_eq!(rig.read().await, Err(UpstreamError::Timeout));
    rig.fault(Route::PlatformAgentless, 9, Fault::Hang { ms: 30_000 });
    assert_eq!(rig.post(&rig.marker()).await, Err(UpstreamError::Timeout));
    assert_eq!((rig.count(Route::PlatformRead), rig.count(Route::PlatformAgentless)), (3, 1));
}

#[tokio::test]
async fn an_attribute_write_without_an_answer_is_tried_again() {
    let rig = Rig::new().await;
    rig.fault(Route::PlatformAttributes, 1, Fault::Reset { after_effect: true });
    assert_eq!(rig.write(2).await, Ok(session_resumption::ports::Settled::Perhaps));
    assert_eq!(rig.count(Route::PlatformAttributes), 2);
    rig.assert_described();
}
