//! Bounds: no flood of calls makes a conversation keep more than so much.

use std::time::Duration;

use session_resumption::domain::conversation::Conversation;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::{Fenced, Lease};
use session_resumption::domain::ledger::Begun;
use session_resumption::domain::pair::Joined;
use uuid::Uuid;

use crate::given::{REPLAY_TTL, handshake, no_such_handshake, resumable, start, tab, who};
use crate::messages::{confirmed_conversation, message};
use crate::story::Story;

const NO_LEASE: Lease = Lease { owner: Uuid::nil(), fence: 1 };

/// A measure of what is kept.
fn size(conversation: &Conversation) -> usize {
    format!("{conversation:?}").len()
}

#[test]
fn tabs_and_attempts_of_a_handshake_are_bounded() {
    let mut story = Story::new();
    story.resume(0, None, None, resumable(start()), REPLAY_TTL);
    let mut sizes = Vec::new();
    for flood in 1_000..3_000 {
        story.join(0, Some(flood), Some(flood));
        story.conversation.take_over(&who(0), &tab(flood), story.now).unwrap();
        sizes.push(size(&story.conversation));
    }
    // A larger epoch has a digit more; that is all.
    assert!(sizes[1_999] <= sizes[199] + 4, "{} after 200, {} after 2,000", sizes[199], sizes[1_999]);
}

#[test]
fn waiting_callers_are_bounded() {
    let mut story = Story::new();
    story.join(0, None, None);
    let mut sizes = Vec::new();
    for flood in 1_000..3_000 {
        assert!(matches!(story.join(0, Some(flood), Some(flood)), Joined::Wait { .. }));
        sizes.push(size(&story.conversation));
    }
    assert_eq!(sizes[199], sizes[1_999]);
}

#[test]
fn handshakes_of_a_pair_are_bounded_and_the_newest_are_kept() {
    let mut story = Story::new();
    let ids: Vec<HandshakeId> = (0..1_000)
        .map(|_| {
            story.wait(61);
            story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL)
        })
        .collect();
    let usable: Vec<bool> = ids.iter().map(|id| story.can_use(0, *id)).collect();
    let kept = usable.iter().filter(|usable| **usable).count();
    assert!((60..=128).contains(&kept), "{kept} are kept");
    assert!(usable[1_000 - kept..].iter().all(|usable| *usable), "the newest are kept");
}

#[test]
fn failing_and_dying_leads_pile_nothing_up() {
    let mut story = Story::new();
    story.join(0, Some(0), Some(0));
    let before = size(&story.conversation);
    for _ in 0..500 {
        story.wait(11);
        let Joined::Lead { lease, .. } = story.join(0, Some(0), Some(0)) else { panic!("should lead") };
        story.wait(11);
        story.join(0, Some(0), Some(0));
        let error = Error::new(Reason::UpstreamTimeout, "late");
        assert_eq!(story.conversation.fail(&who(0), lease, error, Duration::ZERO, story.now), Err(Fenced));
    }
    assert!(size(&story.conversation) < before + 250);
}

#[test]
fn pairs_of_a_conversation_are_bounded() {
    let mut story = Story::new();
    let ids: Vec<HandshakeId> =
        (0..1_000).map(|w| story.resume(w, Some(0), Some(0), resumable(start()), REPLAY_TTL)).collect();
    let kept = ids.iter().enumerate().filter(|(w, id)| story.can_use(*w, **id)).count();
    assert!((1..=64).contains(&kept), "{kept} are kept");
}

#[test]
fn taking_over_what_does_not_exist_keeps_nothing() {
    let mut story = Story::new();
    let before = size(&story.conversation);
    for w in 0..1_000 {
        let told = story.conversation.take_over(&who(w), &tab(0), story.now);
        assert_eq!(told.unwrap_err().reason, Reason::NothingToTakeOver);
    }
    let kept = size(&story.conversation) - before;
    assert!(kept < 64 * 200, "1,000 refused calls left {kept} characters behind");
}

#[test]
fn naming_what_does_not_exist_keeps_nothing() {
    let mut story = Story::new();
    let before = story.conversation.clone();
    for w in 0..100 {
        assert!(!story.can_use(w, handshake(1)));
        assert!(story.conversation.confirmation(&who(w), handshake(1), story.now).is_err());
        assert!(story.conversation.fail(&who(w), NO_LEASE, no_such_handshake(), Duration::ZERO, story.now).is_err());
    }
    assert_eq!(story.conversation, before);
}

#[test]
fn a_full_ledger_refuses_rather_than_forget() {
    let (mut conversation, injection) = confirmed_conversation(1);
    let mut injection = injection.into_iter().next().unwrap();
    let mut announced = 0;
    loop {
        injection.items = (announced..announced + 50).map(|index| message(0, index)).collect();
        match conversation.begin_injection(&injection, start()).unwrap() {
            Begun::Holding(held) => {
                for item in &injection.items {
                    let ledger = conversation.ledger();
                    ledger.announce(held.lease, item.clone(), None, Duration::from_secs(1), start()).unwrap();
                    ledger.written(held.lease, &item.key, format!("id-{announced}")).unwrap();
                    announced += 1;
                }
                conversation.ledger().end(held.lease);
            }
            Begun::Full => break,
            other => panic!("{other:?}"),
        }
        assert!(announced <= 2_000, "the ledger has a bound");
    }
    // What it holds it still knows, the first as well as the last.
    injection.items = vec![message(0, 0), message(0, announced - 1)];
    assert!(matches!(conversation.begin_injection(&injection, start()), Ok(Begun::AllWritten(_))));
}
