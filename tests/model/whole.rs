//! All of it at once, in small: two tabs come back, are confirmed, and the ACTIVE one writes.

use crate::checking::{check, ends};
use crate::counting::two_handshakes;
use crate::forgetting::forgetful;
use crate::resuming::two_tabs;
use crate::scene::{Call, Forgetting, Scene};
use crate::sights::Sight;
use crate::writing::one_writer;

/// Two tabs of one customer, each doing everything; the second one takes over before it writes.
pub(crate) fn whole() -> Scene {
    let first = vec![Call::Resume(0), Call::Confirm, Call::InjectAsTab];
    let second = vec![Call::Resume(0), Call::TakeOver, Call::Confirm, Call::InjectAsTab];
    Scene { messages: 1, ..Scene::new(vec![(0, first), (1, second)]) }
}

#[test]
fn a_whole_resumption() {
    let seen = [
        Sight::LeadPassedOn,
        Sight::OldEpochRefused,
        Sight::CrashedBeforeWrite,
        Sight::CrashedAfterWrite,
        Sight::LateCount,
        Sight::LateMessage,
        Sight::WriterAwaited,
        Sight::FoundInTranscript,
    ];
    check("whole", whole().troubled(), &seen);
}

#[test]
fn no_run_is_endless() {
    let scenes = [
        Scene { losses: 1, ..whole() },
        Scene { change: None, ..two_tabs() },
        Scene { crashes: 0, ..two_handshakes() },
        Scene { crashes: 1, ..one_writer() },
        Scene { crashes: 0, ..forgetful(Forgetting::All) },
        Scene { crashes: 0, ..forgetful(Forgetting::LastWrites) },
    ];
    for scene in scenes {
        assert!(ends(&scene), "{:?}", scene.clients);
    }
}
