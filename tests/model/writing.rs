//! The transcript: writers in two replicas, whose messages may be late or lost.

use crate::checking::check;
use crate::given::LEASE_FOR;
use crate::scene::{Call, Change, Scene};
use crate::sights::Sight;

/// Two who write the same two messages, which say the same, for a confirmed handshake.
pub(crate) fn two_writers() -> Scene {
    let inject = |replica| (replica, vec![Call::InjectFor(1)]);
    let clients = vec![inject(0), inject(1)];
    let strides = vec![LEASE_FOR];
    Scene { concluded: 1, confirmed: 1, messages: 2, jumps: 1, strides, ..Scene::new(clients) }.troubled()
}

/// The same, and the conversation goes to a queue meanwhile.
pub(crate) fn queueing() -> Scene {
    Scene { messages: 1, change: Some(Change::Queue), crashes: 0, ..two_writers() }
}

/// One who writes, and again if need be.
pub(crate) fn one_writer() -> Scene {
    Scene { clients: vec![(0, vec![Call::InjectFor(1)])], crashes: 0, ..two_writers() }
}

#[test]
fn messages_stand_once_and_in_order() {
    let seen = [
        Sight::CrashedBeforeWrite,
        Sight::CrashedAfterWrite,
        Sight::LateMessage,
        Sight::FoundInTranscript,
        Sight::CertainlyAbsent,
        Sight::OutcomePending,
        Sight::HoldAwaited,
        Sight::HoldFenced,
        Sight::AllWritten,
    ];
    check("two writers", two_writers(), &seen);
}

#[test]
fn nothing_is_sent_to_a_conversation_that_takes_no_messages() {
    check("queueing", queueing(), &[Sight::NotInjectable, Sight::Refused409, Sight::LateMessage]);
}
