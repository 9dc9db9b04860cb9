//! One thing done wrong at a time: the checker has to find out. A model that cannot fail proves nothing.

use crate::checking::broken;
use crate::counting::{one_after_the_other, two_handshakes};
use crate::forgetting::forgetful;
use crate::resuming::two_tabs;
use crate::scene::{Call, Forgetting, Mutant, Scene};
use crate::whole::whole;
use crate::writing::{one_writer, queueing, two_writers};

/// Fails unless this is found to break the invariant of this number.
fn finds(mutant: Mutant, scene: Scene, number: &str) {
    let (violations, actions) =
        broken(scene.with(mutant), number).unwrap_or_else(|| panic!("{mutant:?} is not found to break {number}"));
    println!("{mutant:?}: {violations:?} after {} steps: {actions:?}", actions.len());
}

#[test]
fn a_leader_that_is_not_fenced_is_found() {
    finds(Mutant::LeadWithoutFence, two_tabs(), "2:");
}

#[test]
fn tabs_that_all_read_are_found() {
    finds(Mutant::EveryoneReads, two_tabs(), "1:");
}

#[test]
fn an_epoch_that_is_not_checked_is_found() {
    finds(Mutant::EpochUnchecked, whole(), "10:");
}

#[test]
fn a_count_that_is_not_reserved_is_found() {
    finds(Mutant::CountUnreserved, two_handshakes(), "3:");
}

#[test]
fn a_doubt_that_is_not_told_is_found() {
    finds(Mutant::DoubtUntold, one_after_the_other(), "3:");
}

#[test]
fn a_time_asked_for_after_the_read_of_the_count_is_found() {
    finds(Mutant::ReadBeforeTheTime, two_handshakes(), "3:");
}

#[test]
fn a_lost_write_that_counts_as_refused_is_found() {
    finds(Mutant::LostIsRefused, two_handshakes(), "3:");
}

#[test]
fn a_message_sent_again_without_looking_is_found() {
    finds(Mutant::NoLookUp, one_writer(), "4:");
}

#[test]
fn an_absence_believed_too_early_is_found() {
    finds(Mutant::Impatient, one_writer(), "4:");
}

#[test]
fn a_time_asked_for_after_the_transcript_is_found() {
    finds(Mutant::TranscriptBeforeTheTime, one_writer(), "4:");
}

#[test]
fn a_message_to_a_conversation_that_takes_none_is_found() {
    finds(Mutant::StatusIgnored, queueing(), "6:");
}

#[test]
fn a_message_before_the_confirmation_is_found() {
    let scene = Scene { concluded: 1, messages: 1, ..Scene::new(vec![(0, vec![Call::InjectFor(1)])]) };
    finds(Mutant::Unconfirmed, scene, "5:");
}

#[test]
fn a_reservation_that_only_the_lost_server_knew_is_found() {
    let forgetting = Some(Forgetting::LastWrites);
    finds(Mutant::UnheardUsed, Scene { forgetting, ..one_writer() }, "4:");
    finds(Mutant::UnheardUsed, forgetful(Forgetting::LastWrites), "3:");
}

/// The hole that the design states: Genesys takes no fencing token.
#[test]
fn a_process_frozen_between_its_reservation_and_its_write_is_the_hole_that_is_known() {
    let calm = |scene| Scene { crashes: 0, losses: 0, ..scene };
    finds(Mutant::Frozen, calm(two_writers()), "4:");
    finds(Mutant::Frozen, calm(two_handshakes()), "3:");
}
