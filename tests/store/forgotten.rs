//! A store that lost data learns so from the metadata: a count that it should remember. From then on it does not claim that a
//! message was never sent.

use jiff::{SignedDuration, Timestamp};
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claim, Claimed, Written};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::ledger::Begun;

use crate::given::{HOLD, WRITE, ana, flow, hours, marker, message, pair};
use crate::harness::Harness;
use crate::steps::{Writing, claim, is_busy, writing};

for_every_store!(
    a_recent_count_that_is_not_remembered_is_a_loss,
    what_was_under_way_before_a_loss_is_waited_for,
    the_loss_is_told_until_it_is_made_good,
    an_old_count_may_be_forgotten,
    a_count_without_a_time_tells_nothing,
    a_count_that_is_remembered_is_no_loss,
    a_count_is_remembered_as_long_as_it_has_to_be,
    after_a_loss_a_message_may_have_been_sent_before,
    what_is_known_to_be_sent_stays_so,
    what_was_not_sent_is_announced_like_any_other,
);

/// Metadata that counted a resumption some time ago.
async fn seen(h: &Harness, id: HandshakeId, metadata: u32, ago: SignedDuration) -> Claim {
    let now = h.now().await;
    Claim { counted_at: Some(earlier(now, ago)), ..claim(&ana(), id, metadata, now) }
}

fn earlier(now: Timestamp, ago: SignedDuration) -> Timestamp {
    now.checked_sub(ago).unwrap()
}

/// Claims, and waits for what may have been under way when the store lost data.
async fn forgets(h: &Harness, claim: Claim) -> (Writing, bool) {
    let mut told = h.store.claim(&ana().conversation, claim.clone()).await.unwrap();
    if is_busy(&told) {
        h.advance(WRITE).await;
        told = h.store.claim(&ana().conversation, Claim { read_at: h.now().await, ..claim }).await.unwrap();
    }
    let Confirming::Claimed(Claimed::Write { forgotten, .. }) = told else { panic!("{told:?}") };
    (writing(told), forgotten)
}

/// A confirmed handshake in a store that lost what was before it.
async fn confirmed_after_a_loss(h: &Harness) -> HandshakeId {
    let id = h.open(&ana(), &flow()).await;
    let (writing, forgotten) = forgets(h, seen(h, id, 1, SignedDuration::from_mins(5)).await).await;
    assert!(forgotten);
    h.settle(&ana(), writing.lease, Written::Yes).await;
    id
}

async fn a_recent_count_that_is_not_remembered_is_a_loss(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let (writing, forgotten) = forgets(h, seen(h, id, 3, SignedDuration::from_hours(23)).await).await;
    assert!(forgotten);
    assert_eq!(writing.confirmation.count, 4);
}

async fn what_was_under_way_before_a_loss_is_waited_for(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let claim = seen(h, id, 3, SignedDuration::ZERO).await;
    for _ in 0..2 {
        assert!(is_busy(&h.store.claim(&ana().conversation, claim.clone()).await.unwrap()));
        h.advance(WRITE / 3).await;
    }
    h.advance(WRITE / 3).await;
    // It landed meanwhile.
    let (writing, forgotten) = forgets(h, Claim { metadata: 4, ..claim }).await;
    assert_eq!((writing.confirmation.count, forgotten), (5, true));
}

async fn the_loss_is_told_until_it_is_made_good(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    for written in [Written::No, Written::Yes] {
        let (writing, forgotten) = forgets(h, seen(h, id, 3, SignedDuration::ZERO).await).await;
        assert!(forgotten);
        h.settle(&ana(), writing.lease, written).await;
    }
    let next = h.open(&pair("chat-1", "bob"), &flow()).await;
    let now = h.now().await;
    let seen = Claim { counted_at: Some(now), ..claim(&pair("chat-1", "bob"), next, 4, now) };
    assert!(!forgets(h, seen).await.1);
}

async fn an_old_count_may_be_forgotten(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    assert!(!forgets(h, seen(h, id, 3, SignedDuration::from_hours(25)).await).await.1);
}

async fn a_count_without_a_time_tells_nothing(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    assert!(!forgets(h, claim(&ana(), id, 3, h.now().await)).await.1);
}

async fn a_count_that_is_remembered_is_no_loss(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.confirm(&bob, two).await;
    let seen = Claim { counted_at: Some(first.time), ..claim(&ana(), one, first.count, h.now().await) };
    assert!(!forgets(h, seen).await.1);
}

async fn a_count_is_remembered_as_long_as_it_has_to_be(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    // Confirmed late: the count outlives the handshake.
    h.advance(hours(20)).await;
    let first = h.confirm(&ana(), id).await;
    h.advance(hours(20)).await;
    h.somebody_comes_by().await;
    let next = h.open(&ana(), &flow()).await;
    let seen = Claim { counted_at: Some(first.time), ..claim(&ana(), next, first.count, h.now().await) };
    assert!(!forgets(h, seen).await.1);
}

async fn after_a_loss_a_message_may_have_been_sent_before(h: &Harness) {
    let id = confirmed_after_a_loss(h).await;
    let items = [marker(&ana(), id), message(&ana(), "m-1", 1), message(&ana(), "m-2", 2)];
    let held = h.hold(&ana(), id, &items).await;
    assert_eq!(held.written, [None, None, None]);
    let doubted: Vec<_> = held.unsettled.iter().map(|lost| (&lost.key, lost.after.as_deref())).collect();
    // Where in the transcript it would stand nobody knows. The marker is that of a handshake which is known.
    assert_eq!(doubted, [(&items[1].key, None), (&items[2].key, None)]);
    assert_eq!(held.unsettled[0].fingerprint, items[1].fingerprint);
    assert!(held.unsettled[0].at <= h.now().await);
}

async fn what_is_known_to_be_sent_stays_so(h: &Harness) {
    let id = confirmed_after_a_loss(h).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    h.store.written(&ana().conversation, held.lease, &items[0].key, "t-1".to_owned()).await.unwrap();
    h.end(&ana(), held.lease).await;
    assert_eq!(h.begin(&ana(), id, &items).await, Begun::AllWritten(vec!["t-1".to_owned()]));
    let both = [items[0].clone(), message(&ana(), "m-2", 2)];
    let held = h.hold(&ana(), id, &both).await;
    assert_eq!(held.written, [Some("t-1".to_owned()), None]);
    assert_eq!(held.unsettled.len(), 1);
}

async fn what_was_not_sent_is_announced_like_any_other(h: &Harness) {
    let id = confirmed_after_a_loss(h).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    h.store.not_sent(&ana().conversation, held.lease, &item.key).await.unwrap();
    let announced = h.store.announce(&ana().conversation, held.lease, item.clone(), Some("t-9".to_owned()), HOLD).await;
    announced.unwrap();
    h.end(&ana(), held.lease).await;
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    assert_eq!(held.unsettled[0].after.as_deref(), Some("t-9"));
}
