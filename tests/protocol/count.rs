//! The count: each confirmed handshake counts once, whatever becomes of the writes.

use std::time::Duration;

use proptest::prelude::*;
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::error::Reason;
use session_resumption::domain::lease::Fenced;
use uuid::Uuid;

use crate::drawing::cases;
use crate::given::{REPLAY_TTL, WRITE_FOR, resumable, start, who};
use crate::model::counting::Counting;
use crate::model::counts::{Count, any_count};
use crate::story::Story;

#[test]
fn a_refused_retry_does_not_give_back_a_count_that_an_earlier_try_may_have_written() {
    let mut story = Story::new();
    let id = story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL);
    let (first, count) = story.write(0, id, 0);
    assert_eq!(count, 1);
    story.conversation.settle(first, Written::Unknown).unwrap();
    // Nobody knows whether 1 was written: it was. The retry is refused (429), which says nothing about the first try.
    let (second, count) = story.write(0, id, 1);
    assert_eq!(count, 1);
    story.conversation.settle(second, Written::No).unwrap();
    story.wait(11);
    let (_, count) = story.write(0, id, 1);
    assert_eq!(count, 1, "one handshake, one count");
}

#[test]
fn a_refused_retry_after_a_crash_does_not_give_the_count_back_either() {
    let mut story = Story::new();
    let id = story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL);
    story.write(0, id, 0);
    // Whoever wrote died before telling. Genesys took the write.
    story.wait(11);
    let (second, _) = story.write(0, id, 1);
    story.conversation.settle(second, Written::No).unwrap();
    let (_, count) = story.write(0, id, 1);
    assert_eq!(count, 1, "one handshake, one count");
}

#[test]
fn nobody_else_writes_while_an_earlier_try_may_still_land() {
    let mut story = Story::new();
    let ids = [0, 1].map(|w| story.resume(w, Some(0), Some(0), resumable(start()), REPLAY_TTL));
    let (first, _) = story.write(0, ids[0], 0);
    story.conversation.settle(first, Written::Unknown).unwrap();
    story.wait(1);
    story.confirm(0, ids[0], 0);
    // The retry was taken. The first try can land for nine more seconds, and would then overwrite another's 2 with 1.
    story.wait(1);
    let told = story.claim(1, ids[1], 1);
    assert!(matches!(told, Confirming::Claimed(Claimed::Busy(_))), "{told:?}");
    story.wait(9);
    assert_eq!(story.write(1, ids[1], 1).1, 2);
}

#[test]
fn nobody_else_writes_while_an_earlier_try_of_the_same_write_may_still_land() {
    let mut story = Story::new();
    let ids = [0, 1].map(|w| story.resume(w, Some(0), Some(0), resumable(start()), REPLAY_TTL));
    let (lease, _) = story.write(0, ids[0], 0);
    story.wait(1);
    // Taken at the second try, and nobody knows what became of the first.
    story.conversation.settle(lease, Written::YesInDoubt).unwrap();
    let told = story.claim(1, ids[1], 1);
    assert_eq!(told, Confirming::Claimed(Claimed::Busy(Duration::from_secs(9))));
    story.wait(9);
    assert_eq!(story.write(1, ids[1], 1).1, 2);
}

#[test]
fn a_count_is_written_by_one_at_a_time() {
    let mut story = Story::new();
    let ids = [0, 1].map(|w| story.resume(w, Some(0), None, resumable(start()), REPLAY_TTL));
    let (lease, count) = story.write(0, ids[0], 4);
    assert_eq!(count, 5);
    story.wait(4);
    // Neither the same handshake nor another one's: the write may be on its way for six more seconds.
    for (w, id) in ids.into_iter().enumerate() {
        assert_eq!(story.claim(w, id, 4), Confirming::Claimed(Claimed::Busy(Duration::from_secs(6))));
    }
    // Nobody knows how it ended: the same handshake may try the same again, at once.
    story.conversation.settle(lease, Written::Unknown).unwrap();
    assert!(matches!(story.claim(1, ids[1], 4), Confirming::Claimed(Claimed::Busy(_))));
    let (again, count) = story.write(0, ids[0], 4);
    assert_eq!(count, 5);
    assert_eq!(story.conversation.settle(lease, Written::Yes), Err(Fenced), "the first try was replaced");
    story.conversation.settle(again, Written::Yes).unwrap();
    assert!(matches!(story.claim(0, ids[0], 5), Confirming::Already(confirmation) if confirmation.count == 5));
}

#[test]
fn who_finds_the_newer_handshake_confirmed_is_superseded_and_does_not_count() {
    let mut story = Story::new();
    let [older, newer] = [0, 1].map(|_| story.resume(0, Some(0), None, resumable(start()), Duration::ZERO));
    story.write(0, newer, 0);
    // Whoever confirmed the newer one died before telling. The older one's confirmation reads that the write was taken.
    story.wait(11);
    let claim = Claim {
        claimant: Claimant { participant: who(0), handshake: older },
        metadata: 1,
        counted_at: None,
        read_at: story.now,
        agent_id: None,
        as_of: None,
        owner: Uuid::from_u128(99),
        write_for: WRITE_FOR,
    };
    let told = story.conversation.claim(claim, story.now);
    assert_eq!(told.map_err(|error| error.reason), Err(Reason::HandshakeSuperseded));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn each_confirmed_handshake_counts_exactly_once(
        base in 0_u32..3,
        steps in prop::collection::vec(any_count(), 1..60),
    ) {
        let mut counting = Counting::new(base);
        counting.step(&Count::Open { who: 0 })?;
        for step in &steps {
            counting.step(step)?;
        }
        counting.settle_all()?;
    }
}
