//! One tab is ACTIVE, the others SUSPENDED, and an epoch tells which one it was when.

use session_resumption::domain::decision;
use session_resumption::domain::error::{Error, Reason};

use crate::given::{TTL, ana, drop_of, flow, pair, resumable, seconds, start_over, tab};
use crate::harness::Harness;
use crate::steps::{active, refused, replay, suspended};

for_every_store!(
    the_first_tab_is_active_and_all_others_are_suspended,
    a_caller_that_is_no_tab_takes_no_seat,
    the_leader_is_told_its_seat,
    taking_over_makes_active_and_counts_the_epoch,
    taking_over_again_changes_nothing,
    every_change_of_hands_counts,
    taking_over_answers_with_what_is_known,
    taking_over_answers_with_the_newest_answer,
    a_new_start_can_be_taken_over,
    nothing_to_take_over,
    a_leader_that_was_taken_over_from_is_told_so,
    seats_outlive_the_handshake,
    a_heartbeat_seats_its_tab,
    a_seat_outlives_the_heartbeat_that_gave_it,
    looking_at_a_handshake_seats_the_tab,
);

async fn the_first_tab_is_active_and_all_others_are_suspended(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    let one = replay(h.join(&ana(), &drop_of("one", 1)).await).seat;
    let two = replay(h.join(&ana(), &drop_of("two", 2)).await).seat;
    let three = replay(h.join(&ana(), &drop_of("three", 3)).await).seat;
    assert!(active(one) && suspended(two) && suspended(three), "{one:?} {two:?} {three:?}");
    assert!(one.epoch > 0 && two.epoch == one.epoch && three.epoch == one.epoch);
}

async fn a_caller_that_is_no_tab_takes_no_seat(h: &Harness) {
    h.open(&ana(), &flow()).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await).seat.role, None);
    assert!(active(replay(h.join(&ana(), &drop_of("one", 1)).await).seat));
    assert_eq!(replay(h.join(&ana(), &flow()).await).seat.role, None);
}

async fn the_leader_is_told_its_seat(h: &Harness) {
    let lead = h.lead(&ana(), &drop_of("one", 1)).await;
    h.join(&ana(), &drop_of("two", 2)).await;
    let told = h.store.conclude(&ana(), lead.lease, Some(&tab("one")), resumable(), TTL).await.unwrap();
    assert!(active(told.seat));
}

async fn taking_over_makes_active_and_counts_the_epoch(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    let before = replay(h.join(&ana(), &drop_of("two", 2)).await).seat;
    let after = h.store.take_over(&ana(), &tab("two")).await.unwrap().seat;
    assert!(active(after));
    assert_eq!(after.epoch, before.epoch + 1);
    let one = replay(h.join(&ana(), &drop_of("one", 1)).await).seat;
    assert!(suspended(one));
    assert_eq!(one.epoch, after.epoch);
}

async fn taking_over_again_changes_nothing(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    let first = h.store.take_over(&ana(), &tab("two")).await.unwrap();
    let again = h.store.take_over(&ana(), &tab("two")).await.unwrap();
    assert_eq!(first, again);
}

async fn every_change_of_hands_counts(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    let start = replay(h.join(&ana(), &drop_of("one", 1)).await).seat.epoch;
    for (name, changes) in [("two", 1), ("one", 2), ("two", 3), ("three", 4)] {
        let seat = h.store.take_over(&ana(), &tab(name)).await.unwrap().seat;
        assert!(active(seat));
        assert_eq!(seat.epoch, start + changes);
    }
}

async fn taking_over_answers_with_what_is_known(h: &Harness) {
    let id = h.open(&ana(), &drop_of("one", 1)).await;
    h.advance(TTL * 5).await;
    let view = h.store.take_over(&ana(), &tab("two")).await.unwrap();
    assert_eq!((view.handshake, view.answer), (Some(id), resumable()));
}

async fn taking_over_answers_with_the_newest_answer(h: &Harness) {
    let first = h.open(&ana(), &drop_of("one", 1)).await;
    h.advance(TTL * 2).await;
    let lead = h.lead(&ana(), &drop_of("one", 2)).await;
    let view = h.store.take_over(&ana(), &tab("two")).await.unwrap();
    assert_eq!(view.handshake, Some(first), "nothing newer is known yet");
    h.conclude(&ana(), lead.lease, resumable()).await;
    let view = h.store.take_over(&ana(), &tab("three")).await.unwrap();
    assert_eq!(view.handshake, Some(lead.id));
}

async fn a_new_start_can_be_taken_over(h: &Harness) {
    let lead = h.lead(&ana(), &drop_of("one", 1)).await;
    h.conclude(&ana(), lead.lease, start_over(decision::Reason::Ended)).await;
    let view = h.store.take_over(&ana(), &tab("two")).await.unwrap();
    assert_eq!((view.handshake, view.answer), (None, start_over(decision::Reason::Ended)));
    assert!(active(view.seat));
}

async fn nothing_to_take_over(h: &Harness) {
    let [unknown, led, failed, seen] = ["unknown", "led", "failed", "seen"].map(|name| pair(name, "ana"));
    h.lead(&led, &drop_of("one", 1)).await;
    let unlucky = h.lead(&failed, &drop_of("one", 1)).await;
    h.store.fail(&failed, unlucky.lease, Error::new(Reason::UpstreamTimeout, "late"), seconds(1)).await.unwrap();
    h.remember(&seen, "agent-7", Some(tab("one"))).await;
    for pair in [unknown, led, failed, seen] {
        let taken = h.store.take_over(&pair, &tab("two")).await;
        assert_eq!(refused(taken), Reason::NothingToTakeOver, "{pair:?}");
        // A refusal leaves no trace: the tab that came first is still the ACTIVE one.
        h.remember(&pair, "agent-7", Some(tab("one"))).await;
        assert!(active(h.remember(&pair, "agent-7", Some(tab("one"))).await), "{pair:?}");
    }
}

async fn a_leader_that_was_taken_over_from_is_told_so(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    h.advance(TTL * 2).await;
    let lead = h.lead(&ana(), &drop_of("one", 2)).await;
    let taken = h.store.take_over(&ana(), &tab("two")).await.unwrap().seat;
    let told = h.store.conclude(&ana(), lead.lease, Some(&tab("one")), resumable(), TTL).await.unwrap();
    assert!(suspended(told.seat));
    assert_eq!(told.seat.epoch, taken.epoch);
}

async fn seats_outlive_the_handshake(h: &Harness) {
    h.open(&ana(), &drop_of("one", 1)).await;
    let before = h.store.take_over(&ana(), &tab("two")).await.unwrap().seat;
    h.advance(TTL * 5).await;
    h.open(&ana(), &drop_of("one", 2)).await;
    assert!(suspended(replay(h.join(&ana(), &drop_of("one", 2)).await).seat));
    assert_eq!(replay(h.join(&ana(), &drop_of("two", 3)).await).seat, before);
}

async fn a_heartbeat_seats_its_tab(h: &Harness) {
    assert_eq!(h.remember(&ana(), "agent-7", None).await.role, None);
    let one = h.remember(&ana(), "agent-7", Some(tab("one"))).await;
    let two = h.remember(&ana(), "agent-7", Some(tab("two"))).await;
    assert!(active(one) && suspended(two), "{one:?} {two:?}");
    assert_eq!(one.epoch, two.epoch);
    let flow = h.remember(&ana(), "agent-7", None).await;
    assert_eq!((flow.role, flow.epoch), (None, one.epoch));
    let lead = h.lead(&ana(), &drop_of("two", 1)).await;
    let told = h.store.conclude(&ana(), lead.lease, Some(&tab("two")), resumable(), TTL).await.unwrap();
    assert_eq!(told.seat, two);
}

async fn a_seat_outlives_the_heartbeat_that_gave_it(h: &Harness) {
    let one = h.remember(&ana(), "agent-7", Some(tab("one"))).await;
    assert!(active(one));
    h.advance(seconds(20)).await;
    h.somebody_comes_by().await;
    h.open(&ana(), &drop_of("two", 1)).await;
    let two = replay(h.join(&ana(), &drop_of("two", 1)).await).seat;
    assert!(suspended(two), "tab one was told it is ACTIVE in epoch {}, and tab two in {}", one.epoch, two.epoch);
}

async fn looking_at_a_handshake_seats_the_tab(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    assert_eq!(h.store.view(&ana(), id, None).await.unwrap().seat.role, None);
    assert!(active(h.store.view(&ana(), id, Some(&tab("one"))).await.unwrap().seat));
    assert!(suspended(h.store.view(&ana(), id, Some(&tab("two"))).await.unwrap().seat));
}
