//! Budget and deadline bound every call.

use genesys_sim::{Fault, Route};
use session_resumption::ports::{Conversations, UpstreamError};
use tokio::time::Instant;

use crate::faults::HANG;
use crate::support::{Rig, SECOND};

#[tokio::test]
async fn nothing_is_sent_without_budget() {
    let rig = Rig::with(|_| {}, |_| {}, 0).await;
    assert_eq!(rig.read().await, Err(UpstreamError::Budget { retry_after: 7 * SECOND }));
    assert_eq!(rig.post().await, Err(UpstreamError::Budget { retry_after: 7 * SECOND }));
    assert_eq!(rig.control.calls(Route::AnyApi), []);
}

#[tokio::test]
async fn the_deadline_bounds_everything() {
    let rig = Rig::with(|_| {}, |settings| settings.timeout = 60 * SECOND, u32::MAX).await;
    let deadline = || Instant::now() + SECOND / 4;
    let began = Instant::now();

    rig.fault(Route::Token, 1, Fault::Delay { ms: 1000, after_effect: false });
    assert_eq!(rig.post_by(deadline()).await, Err(UpstreamError::Unreachable), "login is slow: nothing was sent");
    rig.genesys.sign_in().await.unwrap();
    assert_eq!(rig.count(Route::Token), 1, "the mint outlived the caller who began it");

    rig.fault(Route::AnyApi, 9, HANG);
    assert_eq!(rig.genesys.read(&rig.id, deadline()).await, Err(UpstreamError::Timeout));
    assert_eq!(rig.genesys.transcript(&rig.id, deadline()).await, Err(UpstreamError::Timeout));

    rig.control.clear_ledger();
    for late in [deadline(), Instant::now()] {
        assert_eq!(rig.post_by(late).await, Err(UpstreamError::Unreachable));
    }
    assert_eq!(rig.control.ledger(), [], "a write that would be cut short is not begun");
    assert!(began.elapsed() < 10 * SECOND, "{:?}", began.elapsed());
}
