//! Tokens are minted once for everybody, and a login that fails is left alone.

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::genesys::{Settings, TokenRefresh};
use session_resumption::ports::UpstreamError;

use crate::faults::{RESET, body, status};
use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_first_calls_share_one_mint() {
    let rig = Rig::new().await;
    let readings = join_all((0..100).map(|_| rig.read())).await;
    assert!(readings.iter().all(Result::is_ok), "{readings:?}");
    assert_eq!((rig.count(Route::Token), rig.count(Route::Read)), (1, 100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refusals_of_a_token_share_one_mint() {
    let rig = Rig::new().await;
    rig.genesys.sign_in().await.unwrap();
    rig.control.expire_tokens();
    let readings = join_all((0..50).map(|_| rig.read())).await;
    assert!(readings.iter().all(Result::is_ok), "{readings:?}");
    assert_eq!(rig.count(Route::Token), 2);
    assert!(rig.control.ledger().iter().any(|call| call.status == Some(401)));
}

#[tokio::test]
async fn an_api_that_refuses_every_token_does_not_hammer_login() {
    let rig = Rig::new().await;
    rig.fault(Route::AnyApi, 99, status(401));
    for _ in 0..10 {
        assert_eq!(rig.read().await, Err(UpstreamError::Unauthorized));
    }
    assert_eq!((rig.count(Route::Token), rig.count(Route::Read)), (2, 11));
    rig.control.clear_faults();
    assert!(rig.read().await.is_ok());
}

#[tokio::test]
async fn wrong_credentials_are_shown_once_and_nothing_is_sent() {
    for refresh in [TokenRefresh::Cached, TokenRefresh::PerRequest] {
        let wrong = |settings: &mut Settings| {
            settings.client_secret = "wrong".into();
            settings.token_refresh = refresh;
        };
        let rig = Rig::with(|_| {}, wrong, u32::MAX).await;
        for _ in 0..10 {
            assert_eq!(rig.read().await, Err(UpstreamError::Unauthorized));
        }
        assert_eq!((rig.count(Route::Token), rig.count(Route::AnyApi)), (1, 0));
    }
}

#[tokio::test]
async fn a_failing_login_is_tried_thrice_and_then_left_alone() {
    for (fault, tries, error) in [
        (status(500), 3, UpstreamError::Server { status: 500, retry_after: None }),
        (RESET, 3, UpstreamError::Reset),
        (Fault::Malformed, 1, UpstreamError::Malformed("it is not the expected json")),
        (body(404, "<html>"), 1, UpstreamError::Malformed("404 that is not from genesys")),
    ] {
        let rig = Rig::new().await;
        rig.fault(Route::Token, 99, fault.clone());
        assert_eq!(rig.genesys.sign_in().await, Err(error.clone()), "{fault:?}");
        let posts = join_all((0..5).map(|_| rig.post())).await;
        assert!(posts.iter().all(|post| *post == Err(UpstreamError::Unreachable)), "nothing was sent: {posts:?}");
        assert_eq!(rig.genesys.sign_in().await, Err(error));
        assert_eq!((rig.count(Route::Token), rig.count(Route::AnyApi)), (tries, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn per_request_mints_for_each_call() {
    let rig = Rig::with(|_| {}, |settings| settings.token_refresh = TokenRefresh::PerRequest, u32::MAX).await;
    for _ in 0..3 {
        rig.read().await.unwrap();
    }
    let tokens: Vec<_> = rig.control.calls(Route::Read).into_iter().filter_map(|call| call.token_id).collect();
    assert_eq!(tokens, ["t1", "t2", "t3"]);

    rig.fault(Route::Read, 9, status(401));
    assert_eq!(rig.read().await, Err(UpstreamError::Unauthorized));
    assert_eq!((rig.count(Route::Token), rig.count(Route::Read)), (4, 4), "a fresh token was refused already");
}
