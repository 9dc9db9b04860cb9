//! Waiting for a change neither hangs nor spins.

use futures_util::FutureExt;

use super::store_of;
use crate::given::{TTL, ana, flow, pair, resumable};
use crate::steps::soon;

#[tokio::test]
async fn nobody_waits_for_a_conversation_that_is_not_kept() {
    let h = store_of(10);
    soon(h.store.changed(&ana().conversation)).await;
}

#[tokio::test]
async fn nothing_wakes_while_nothing_changes() {
    let h = store_of(10);
    let lead = h.lead(&ana(), &flow()).await;
    let bob = pair("chat-2", "bob");
    let other = h.lead(&bob, &flow()).await;
    let mut changed = h.store.changed(&ana().conversation);
    assert!((&mut changed).now_or_never().is_none());
    h.conclude(&bob, other.lease, resumable()).await;
    assert!((&mut changed).now_or_never().is_none(), "another conversation is none of its business");
    h.store.conclude(&ana(), lead.lease, None, resumable(), TTL).await.unwrap();
    soon(changed).await;
}

#[tokio::test]
async fn every_change_wakes_anew() {
    let h = store_of(10);
    for _ in 0..3 {
        let lead = h.lead(&ana(), &flow()).await;
        let changed = h.store.changed(&ana().conversation);
        h.conclude(&ana(), lead.lease, resumable()).await;
        soon(changed).await;
        assert!(h.store.changed(&ana().conversation).now_or_never().is_none());
        h.advance(TTL * 2).await;
    }
}
