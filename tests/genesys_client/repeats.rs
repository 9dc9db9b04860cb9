//! What is sent again, and what never is.

use genesys_sim::{Fault, Route};
use session_resumption::ports::{Conversations, Settled, UpstreamError};
use tokio::time::Instant;

use crate::faults::{HANG, RESET, RESET_AFTER, body, status, status_after};
use crate::support::{Rig, SECOND};

#[tokio::test]
async fn a_message_of_unknown_outcome_is_never_repeated() {
    for (fault, unknown) in [
        (RESET, true),
        (RESET_AFTER, true),
        (HANG, true),
        (Fault::Truncate, true),
        (Fault::Malformed, true),
        (body(200, "{}"), true),
        (body(404, "<html>"), true),
        (status(500), true),
        (status_after(503, 0), true),
        (status_after(429, 0), false),
        (status(409), false),
    ] {
        let rig = Rig::facing(&fault).await;
        // A kept connection is the one whose loss clients like to paper over by sending again.
        rig.read().await.unwrap();
        rig.fault(Route::PostMessage, 9, fault.clone());
        let error = rig.post().await.unwrap_err();
        assert_eq!(error.outcome_unknown(), unknown, "{fault:?} {error:?}");
        assert_eq!(rig.count(Route::PostMessage), 1, "{fault:?}");
        rig.sim.stop().await;
    }
}

#[tokio::test]
async fn a_message_refused_for_its_token_is_sent_again_with_a_fresh_one() {
    let rig = Rig::new().await;
    rig.genesys.sign_in().await.unwrap();
    rig.control.expire_tokens();
    rig.post().await.unwrap();
    assert_eq!(rig.control.transcript(rig.id.as_str()).unwrap().len(), 1);
    assert_eq!((rig.count(Route::PostMessage), rig.count(Route::Token), rig.taken()), (2, 2, 2));
}

#[tokio::test]
async fn metadata_is_written_again_until_it_stands() {
    for fault in [RESET, RESET_AFTER, HANG, Fault::Truncate, status(502), status_after(429, 0)] {
        let rig = Rig::facing(&fault).await;
        rig.fault(Route::Patch, 2, fault.clone());
        assert_eq!(rig.patch().await, Ok(()), "{fault:?}");
        assert_eq!(rig.count(Route::Patch), 3, "{fault:?}");
        assert_eq!(rig.taken(), 3, "each try is paid for");
        rig.sim.stop().await;
    }
}

#[tokio::test]
async fn a_write_that_needed_more_than_one_try_says_whether_one_of_them_is_in_doubt() {
    let rig = Rig::new().await;
    assert_eq!(rig.patch_settled().await, Ok(Settled::Surely));
    rig.fault(Route::Patch, 1, status_after(429, 0));
    assert_eq!(rig.patch_settled().await, Ok(Settled::Surely), "what was refused is over");
    rig.fault(Route::Patch, 1, RESET);
    assert_eq!(rig.patch_settled().await, Ok(Settled::Perhaps));
}

#[tokio::test]
async fn a_write_in_doubt_stays_in_doubt_when_a_later_try_is_refused() {
    let rig = Rig::with(|_| {}, |_| {}, 1).await;
    rig.fault(Route::Patch, 1, RESET_AFTER);
    assert_eq!(rig.patch().await, Err(UpstreamError::Reset), "not the budget's refusal of the second try");

    let rig = Rig::new().await;
    rig.fault(Route::Patch, 1, RESET_AFTER);
    rig.fault(Route::Patch, 1, status(409));
    assert_eq!(rig.patch().await, Err(UpstreamError::Reset));
    rig.fault(Route::Patch, 1, status(409));
    assert_eq!(rig.patch().await, Err(UpstreamError::Conflict));
}

#[tokio::test]
async fn a_short_wait_is_kept_and_a_long_one_handed_on() {
    let rig = Rig::new().await;
    rig.fault(Route::Read, 1, status_after(429, 1));
    let began = Instant::now();
    assert!(rig.read().await.is_ok());
    assert!(began.elapsed() >= SECOND);
    assert_eq!(rig.count(Route::Read), 2);

    rig.fault(Route::Read, 1, status_after(429, 1));
    let reading = rig.genesys.read(&rig.id, Instant::now() + SECOND / 2).await;
    assert_eq!(reading, Err(UpstreamError::RateLimited { retry_after: Some(SECOND) }), "it does not fit");
    assert_eq!(rig.count(Route::Read), 3);
}
