//! Failures are told apart, and none of them is trusted further than it reaches.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::response::Redirect;
use futures_util::stream;
use genesys_sim::{Fault, Route, Sim, SimOptions};
use serde_json::json;
use session_resumption::genesys::Settings;
use session_resumption::ports::UpstreamError;
use tokio::net::TcpListener;

use crate::faults::{HANG, RESET, RESET_AFTER, body, status, status_after};
use crate::support::{Rig, SECOND, rig_with_api, stub};

const BLANKS: &[u8] = &[b' '; 4096];

#[tokio::test]
async fn failures_are_told_apart() {
    let is_malformed = |error: &UpstreamError| matches!(error, UpstreamError::Malformed(_));
    let after = |seconds| Some(seconds * SECOND);
    for (fault, calls, error) in [
        (status(400), 1, UpstreamError::Rejected { status: 400 }),
        (status(403), 1, UpstreamError::Forbidden),
        (status(409), 1, UpstreamError::Conflict),
        (status(429), 1, UpstreamError::RateLimited { retry_after: after(60) }),
        (status_after(429, 30), 1, UpstreamError::RateLimited { retry_after: after(30) }),
        (status_after(429, 0), 3, UpstreamError::RateLimited { retry_after: after(0) }),
        (status(500), 3, UpstreamError::Server { status: 500, retry_after: None }),
        (status(501), 1, UpstreamError::Server { status: 501, retry_after: None }),
        (status_after(503, 9), 1, UpstreamError::Server { status: 503, retry_after: after(9) }),
        (HANG, 3, UpstreamError::Timeout),
        (RESET, 3, UpstreamError::Reset),
        (RESET_AFTER, 3, UpstreamError::Reset),
        (Fault::Truncate, 3, UpstreamError::Reset),
        (status(401), 2, UpstreamError::Unauthorized),
    ] {
        let rig = Rig::facing(&fault).await;
        rig.fault(Route::Read, 9, fault.clone());
        assert_eq!(rig.read().await, Err(error), "{fault:?}");
        assert_eq!(rig.count(Route::Read), calls, "{fault:?}");
        rig.control.clear_faults();
        assert!(rig.read().await.is_ok(), "the outage is over");
    }
    let other = json!({"id": "somebody-else", "status": "ACTIVE", "participants": []}).to_string();
    for fault in [
        Fault::Malformed,
        body(404, "<html>Not Found</html>"),
        body(302, ""),
        body(200, ""),
        body(200, "{}"),
        body(200, &other),
    ] {
        let rig = Rig::facing(&fault).await;
        rig.fault(Route::Read, 9, fault.clone());
        assert!(rig.read().await.is_err_and(|error| is_malformed(&error)), "{fault:?}");
        assert_eq!(rig.count(Route::Read), 1, "{fault:?}");
        rig.control.clear_faults();
        assert!(rig.read().await.is_ok(), "the outage is over");
    }
}

#[tokio::test]
async fn an_endless_answer_is_left_early() {
    let endless =
        || async { Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(BLANKS)))) };
    let announced = || async {
        Response::builder()
            .header("content-length", 1 << 30)
            .body(Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()))
            .unwrap()
    };
    for router in [Router::new().fallback(endless), Router::new().fallback(announced)] {
        let rig = rig_with_api(stub(router).await).await;
        assert_eq!(rig.read().await, Err(UpstreamError::Malformed("it is too large")));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Sim::start(SimOptions::default()).await.unwrap();
    let target = elsewhere.url();
    let api = stub(Router::new().fallback(|| async move { Redirect::temporary(&target) })).await;
    let rig = rig_with_api(api).await;
    assert!(matches!(rig.post().await, Err(UpstreamError::Malformed(_))));
    assert_eq!(elsewhere.control().ledger(), [], "neither the token nor the message went there");
}

#[tokio::test]
async fn nobody_at_the_other_end_is_told_from_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let rig = rig_with_api(addr).await;
    assert_eq!(rig.read().await, Err(UpstreamError::Unreachable));
    assert_eq!(rig.taken(), 3);
    assert_eq!(rig.post().await, Err(UpstreamError::Unreachable));
    assert_eq!(rig.taken(), 6, "a message that was not sent may be tried again");
}

#[tokio::test]
async fn a_connection_that_is_never_made_carries_no_message() {
    // It accepts and says nothing, so TLS is never agreed upon.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let client = |settings: &mut Settings| {
        settings.api_url = url.parse().unwrap();
        settings.timeout = SECOND / 2;
    };
    let rig = Rig::with(|_| {}, client, u32::MAX).await;
    assert_eq!(rig.post().await, Err(UpstreamError::Unreachable));
    assert_eq!(rig.taken(), 3);
}
