//! Handshakes: two tabs, two replicas, a crash and a lost answer.

use crate::checking::check;
use crate::given::{LEASE_FOR, REPLAY_FOR};
use crate::scene::{Call, Change, Scene};
use crate::sights::Sight;

/// Two tabs that come back at once, each to its replica, and may find that the conversation has just ended.
pub(crate) fn two_tabs() -> Scene {
    let clients = vec![(0, vec![Call::Resume(0)]), (1, vec![Call::Resume(0)])];
    Scene { jumps: 1, strides: vec![LEASE_FOR], change: Some(Change::End), ..Scene::new(clients) }.troubled()
}

/// The same in one replica, while a heartbeat was on its way.
fn heartbeat() -> Scene {
    let clients = vec![(0, vec![Call::Heartbeat, Call::Resume(0)]), (0, vec![Call::Resume(0)])];
    Scene { change: Some(Change::End), ..Scene::new(clients) }.troubled()
}

/// One tab takes over from the other, which takes over again.
fn taking_over() -> Scene {
    let clients =
        vec![(0, vec![Call::Resume(0), Call::TakeOver]), (1, vec![Call::Resume(0), Call::TakeOver, Call::Resume(0)])];
    Scene { jumps: 1, strides: vec![REPLAY_FOR], ..Scene::new(clients) }.troubled()
}

#[test]
fn two_tabs_share_one_handshake() {
    let seen = [Sight::Replayed, Sight::FailureShared, Sight::LeadPassedOn, Sight::LeadFenced];
    check("two tabs", two_tabs(), &seen);
}

#[test]
fn a_heartbeat_costs_one_read_and_opens_nothing() {
    check("heartbeat", heartbeat(), &[Sight::GlimpseUsed, Sight::Replayed, Sight::LeadPassedOn]);
}

#[test]
fn one_tab_is_active_in_each_epoch() {
    check("taking over", taking_over(), &[Sight::TakenOver, Sight::SecondHandshake, Sight::LeadFenced]);
}
