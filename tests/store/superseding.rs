//! A confirmation ends every earlier handshake of its pair, and no other.

use session_resumption::domain::counter::Written;
use session_resumption::domain::error::Reason;
use session_resumption::domain::ids::{HandshakeId, Pair};

use crate::given::{TTL, WRITE, ana, flow, injection, message, pair};
use crate::harness::Harness;
use crate::steps::{claim, refused};

for_every_store!(
    earlier_handshakes_are_superseded_for_every_use,
    an_earlier_confirmation_is_superseded_too,
    confirming_the_earlier_one_leaves_the_newer,
    confirming_late_does_not_bring_an_earlier_one_back,
    a_write_that_landed_supersedes_too,
    a_claim_is_refused_when_it_finds_a_newer_write_that_landed,
    other_customers_handshakes_are_not_superseded,
);

/// Two handshakes of one pair, the newer one opened when the first was no longer replayed.
async fn two(h: &Harness) -> [HandshakeId; 2] {
    let older = h.open(&ana(), &flow()).await;
    h.advance(TTL * 2).await;
    [older, h.open(&ana(), &flow()).await]
}

async fn is_superseded(h: &Harness, pair: &Pair, id: HandshakeId) {
    let superseded = Reason::HandshakeSuperseded;
    assert_eq!(refused(h.store.view(pair, id, None).await), superseded);
    assert_eq!(refused(h.store.confirmation(pair, id).await), superseded);
    let claim = claim(pair, id, 0, h.now().await);
    assert_eq!(refused(h.store.claim(&pair.conversation, claim).await), superseded);
    let injection = injection(pair, id, &[message(pair, "m-1", 1)]);
    assert_eq!(refused(h.store.begin_injection(&pair.conversation, &injection).await), superseded);
}

async fn earlier_handshakes_are_superseded_for_every_use(h: &Harness) {
    let [older, newer] = two(h).await;
    let confirmation = h.confirm(&ana(), newer).await;
    is_superseded(h, &ana(), older).await;
    assert_eq!(h.confirmation(&ana(), newer).await, Some(confirmation));
}

async fn an_earlier_confirmation_is_superseded_too(h: &Harness) {
    let [older, newer] = two(h).await;
    h.confirm(&ana(), older).await;
    h.confirm(&ana(), newer).await;
    is_superseded(h, &ana(), older).await;
}

async fn confirming_the_earlier_one_leaves_the_newer(h: &Harness) {
    let [older, newer] = two(h).await;
    assert_eq!(h.confirm(&ana(), older).await.count, 1);
    assert_eq!(h.confirm(&ana(), newer).await.count, 2);
}

async fn confirming_late_does_not_bring_an_earlier_one_back(h: &Harness) {
    let [oldest, older] = two(h).await;
    h.confirm(&ana(), older).await;
    h.advance(TTL * 2).await;
    let newest = h.open(&ana(), &flow()).await;
    is_superseded(h, &ana(), oldest).await;
    h.confirm(&ana(), newest).await;
    for id in [oldest, older] {
        is_superseded(h, &ana(), id).await;
    }
}

async fn a_write_that_landed_supersedes_too(h: &Harness) {
    let [older, newer] = two(h).await;
    let writing = h.claim_write(&ana(), newer, 0).await;
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    let bob = pair("chat-1", "bob");
    let id = h.open(&bob, &flow()).await;
    h.claim_write(&bob, id, 1).await;
    is_superseded(h, &ana(), older).await;
}

async fn a_claim_is_refused_when_it_finds_a_newer_write_that_landed(h: &Harness) {
    let [older, newer] = two(h).await;
    let writing = h.claim_write(&ana(), newer, 0).await;
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    // This very claim finds out that the newer one is confirmed.
    let late = claim(&ana(), older, 1, h.now().await);
    let refused = refused(h.store.claim(&ana().conversation, late).await);
    assert_eq!(refused, Reason::HandshakeSuperseded);
    assert_eq!(h.confirmation(&ana(), newer).await, Some(writing.confirmation));
}

async fn other_customers_handshakes_are_not_superseded(h: &Harness) {
    let [bob, elsewhere] = [pair("chat-1", "bob"), pair("chat-2", "ana")];
    let others = [(&bob, h.open(&bob, &flow()).await), (&elsewhere, h.open(&elsewhere, &flow()).await)];
    h.advance(TTL * 2).await;
    let id = h.open(&ana(), &flow()).await;
    h.confirm(&ana(), id).await;
    for (pair, id) in others {
        assert_eq!(h.store.view(pair, id, None).await.unwrap().handshake, Some(id));
    }
}
