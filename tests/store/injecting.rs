//! Who may write context, and that one does at a time.

use session_resumption::domain::conversation::Injection;
use session_resumption::domain::error::Reason;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::Begun;

use crate::given::{HOLD, TTL, ana, drop_of, flow, injection, marker, message, pair, tab, uuid};
use crate::harness::Harness;
use crate::steps::{holding, is_fenced, is_held, refused, replay};

for_every_store!(
    nothing_is_injected_before_the_confirmation,
    a_tab_must_be_the_active_one_and_know_the_epoch,
    the_first_injection_holds_the_transcript,
    one_injection_at_a_time_holds_it,
    a_hold_runs_out_and_passes_on,
    whoever_lost_the_hold_is_fenced_off,
    the_end_of_a_lost_hold_does_not_end_the_next,
    an_announcement_renews_the_hold,
    nothing_is_announced_after_the_hold_ran_out,
    what_was_sent_is_recorded_after_the_hold_ran_out,
    nothing_is_done_after_the_end,
    a_lease_nobody_was_given_writes_nothing,
);

async fn nothing_is_injected_before_the_confirmation(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let items = [marker(&ana(), id), message(&ana(), "m-1", 1)];
    let begin = async || h.store.begin_injection(&ana().conversation, &injection(&ana(), id, &items)).await;
    assert_eq!(refused(begin().await), Reason::NotConfirmed);
    h.claim_write(&ana(), id, 0).await;
    assert_eq!(refused(begin().await), Reason::NotConfirmed);
}

async fn a_tab_must_be_the_active_one_and_know_the_epoch(h: &Harness) {
    let id = h.open(&ana(), &drop_of("one", 1)).await;
    h.confirm(&ana(), id).await;
    let old = replay(h.join(&ana(), &drop_of("one", 1)).await).seat.epoch;
    let new = h.store.take_over(&ana(), &tab("two")).await.unwrap().seat.epoch;
    let items = [message(&ana(), "m-1", 1)];
    let begin = async |speaker| {
        let injection = Injection { tab: speaker, ..injection(&ana(), id, &items) };
        h.store.begin_injection(&ana().conversation, &injection).await
    };
    for (name, epoch) in [("one", old), ("one", new), ("two", old), ("two", new + 1), ("three", new)] {
        assert_eq!(refused(begin(Some((tab(name), epoch))).await), Reason::Superseded, "{name} {epoch}");
    }
    let held = holding(begin(Some((tab("two"), new))).await.unwrap());
    h.end(&ana(), held.lease).await;
    // A flow or a service is no tab, and speaks for the customer.
    holding(begin(None).await.unwrap());
}

async fn the_first_injection_holds_the_transcript(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let injection = injection(&ana(), id, &[marker(&ana(), id), message(&ana(), "m-1", 1)]);
    let held = holding(h.store.begin_injection(&ana().conversation, &injection).await.unwrap());
    assert_eq!(held.lease.owner, injection.owner);
    assert_eq!(held.written, [None, None]);
    assert!(held.unsettled.is_empty() && held.claimed.is_empty());
}

async fn one_injection_at_a_time_holds_it(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.confirmed(&ana()).await, h.confirmed(&bob).await];
    let held = h.hold(&ana(), one, &[message(&ana(), "m-1", 1)]).await;
    assert!(is_held(&h.begin(&ana(), one, &[message(&ana(), "m-1", 1)]).await));
    assert!(is_held(&h.begin(&ana(), one, &[message(&ana(), "m-2", 2)]).await));
    assert!(is_held(&h.begin(&bob, two, &[message(&bob, "m-1", 1)]).await), "a transcript is the conversation's");
    h.end(&ana(), held.lease).await;
    h.hold(&bob, two, &[message(&bob, "m-1", 1)]).await;
}

async fn a_hold_runs_out_and_passes_on(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let dead = h.hold(&ana(), id, &items).await;
    h.advance(HOLD / 3).await;
    assert!(is_held(&h.begin(&ana(), id, &items).await));
    h.advance(HOLD).await;
    let next = h.hold(&ana(), id, &items).await;
    assert!(next.lease.fence > dead.lease.fence);
}

async fn whoever_lost_the_hold_is_fenced_off(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let old = h.hold(&ana(), id, &items).await;
    h.announce(&ana(), old.lease, &items[0], None).await;
    h.advance(HOLD * 2).await;
    let new = h.hold(&ana(), id, &items).await;
    refuses_all(h, old.lease).await;
    assert_eq!(new.unsettled.len(), 1, "nobody knows whether it was sent");
    h.write(&ana(), new.lease, &items[0], "t-1").await;
    assert_eq!(h.begin(&ana(), id, &items).await, Begun::AllWritten(vec!["t-1".to_owned()]));
}

/// Whether a lease does nothing to the message "m-1" any more.
async fn refuses_all(h: &Harness, lease: Lease) {
    let (conversation, item) = (ana().conversation, message(&ana(), "m-1", 1));
    let announced = h.store.announce(&conversation, lease, item.clone(), None, HOLD).await;
    let written = h.store.written(&conversation, lease, &item.key, "t-9".to_owned()).await;
    let not_sent = h.store.not_sent(&conversation, lease, &item.key).await;
    assert!(is_fenced(&announced), "{announced:?}");
    assert!(is_fenced(&written), "{written:?}");
    assert!(is_fenced(&not_sent), "{not_sent:?}");
}

async fn the_end_of_a_lost_hold_does_not_end_the_next(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let old = h.hold(&ana(), id, &items).await;
    h.advance(HOLD * 2).await;
    let new = h.hold(&ana(), id, &items).await;
    h.end(&ana(), old.lease).await;
    assert!(is_held(&h.begin(&ana(), id, &items).await));
    h.announce(&ana(), new.lease, &items[0], None).await;
}

async fn an_announcement_renews_the_hold(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2), message(&ana(), "m-3", 3)];
    let held = h.hold(&ana(), id, &items).await;
    for item in &items {
        h.advance(HOLD * 2 / 3).await;
        h.announce(&ana(), held.lease, item, None).await;
    }
    h.advance(HOLD / 3).await;
    assert!(is_held(&h.begin(&ana(), id, &items).await));
}

async fn nothing_is_announced_after_the_hold_ran_out(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    h.advance(HOLD * 2).await;
    // Nobody took over yet, but somebody may at any moment, and then both would send.
    let announced = h.store.announce(&ana().conversation, held.lease, items[0].clone(), None, HOLD).await;
    assert!(is_fenced(&announced));
    assert!(h.hold(&ana(), id, &items).await.unsettled.is_empty());
}

async fn what_was_sent_is_recorded_after_the_hold_ran_out(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    h.announce(&ana(), held.lease, &items[0], None).await;
    h.advance(HOLD * 2).await;
    h.store.written(&ana().conversation, held.lease, &items[0].key, "t-1".to_owned()).await.unwrap();
    assert_eq!(h.begin(&ana(), id, &items).await, Begun::AllWritten(vec!["t-1".to_owned()]));
}

async fn nothing_is_done_after_the_end(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let held = h.hold(&ana(), id, &[message(&ana(), "m-1", 1)]).await;
    h.end(&ana(), held.lease).await;
    h.end(&ana(), held.lease).await;
    refuses_all(h, held.lease).await;
}

async fn a_lease_nobody_was_given_writes_nothing(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    let forged = Lease { owner: uuid(), ..held.lease };
    refuses_all(h, forged).await;
    h.end(&ana(), forged).await;
    assert!(is_held(&h.begin(&ana(), id, &items).await));

    let elsewhere = pair("chat-2", "ana").conversation;
    let announced = h.store.announce(&elsewhere, held.lease, items[0].clone(), None, HOLD).await;
    assert!(is_fenced(&announced));
    h.store.end_injection(&elsewhere, held.lease).await.unwrap();
    h.advance(TTL / 60).await;
    h.announce(&ana(), held.lease, &items[0], None).await;
}
