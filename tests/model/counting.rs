//! The count: writers in two replicas, whose writes may be late, lost, refused or tried twice.

use crate::checking::check;
use crate::given::WRITE_FOR;
use crate::scene::{Call, Scene};
use crate::sights::Sight;

/// Two who confirm the same handshake.
fn one_handshake() -> Scene {
    let clients = vec![(0, vec![Call::ConfirmFor(1)]), (1, vec![Call::ConfirmFor(1)])];
    Scene { concluded: 1, jumps: 1, strides: vec![WRITE_FOR], ..Scene::new(clients) }.troubled()
}

/// Two handshakes that nobody has confirmed yet, each confirmed by one.
pub(crate) fn two_handshakes() -> Scene {
    let clients = vec![(0, vec![Call::ConfirmFor(1)]), (1, vec![Call::ConfirmFor(2)])];
    Scene { concluded: 2, jumps: 1, strides: vec![WRITE_FOR], ..Scene::new(clients) }.troubled()
}

/// One after the other: a late write of the first could undo the second.
pub(crate) fn one_after_the_other() -> Scene {
    let clients = vec![(0, vec![Call::ConfirmFor(1), Call::ConfirmFor(2)]), (1, vec![Call::ConfirmFor(2)])];
    Scene { concluded: 2, ..Scene::new(clients) }.troubled()
}

#[test]
fn one_handshake_counts_once_whoever_confirms_it() {
    let seen = [
        Sight::CrashedBeforeWrite,
        Sight::CrashedAfterWrite,
        Sight::LateCount,
        Sight::CountRetried,
        Sight::WriterAwaited,
        Sight::SettleFenced,
    ];
    check("one handshake", one_handshake(), &seen);
}

#[test]
fn two_handshakes_never_share_a_count() {
    let seen = [
        Sight::CrashedBeforeWrite,
        Sight::CrashedAfterWrite,
        Sight::LateCount,
        Sight::CountRetried,
        Sight::WriterAwaited,
        Sight::ReadAgain,
        Sight::SupersededRefused,
        Sight::LostCountJudgedTaken,
        Sight::SettleFenced,
    ];
    check("two handshakes", two_handshakes(), &seen);
}

#[test]
fn a_late_write_never_undoes_a_newer_one() {
    check("one after the other", one_after_the_other(), &[Sight::LateCount, Sight::WriterAwaited]);
}
