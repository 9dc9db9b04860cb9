//! What may be forgotten, and what must not.

use session_resumption::domain::conversation::Glimpse;
use session_resumption::domain::snapshot::Reading;
use session_resumption::domain::tabs::{Seat, TabRole};

use crate::given::{FRESH_FOR, REPLAY_TTL, resumable, start, tab, who};
use crate::story::Story;

#[test]
fn a_conversation_is_kept_as_long_as_anything_in_it_matters() {
    let mut story = Story::new();
    story.join(0, Some(0), Some(0));
    story.wait(9);
    assert!(!story.conversation.is_spent(story.now), "it is being led");
    story.wait(2);
    let id = story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL);
    story.confirm(0, id, 0);
    story.wait(24 * 60 * 60 - 1);
    assert!(!story.conversation.is_spent(story.now), "its handshake is usable");
    assert!(story.can_use(0, id));
    story.wait(1);
    assert!(!story.can_use(0, id), "24 hours are over");
    story.wait(24 * 60 * 60);
    assert!(story.conversation.is_spent(story.now));
}

#[test]
fn a_seat_just_given_is_not_given_again_to_another() {
    let mut story = Story::new();
    let reading = Reading::live(None, None);
    let sit = |story: &mut Story, t| {
        let glimpse = Glimpse { reading: reading.clone(), fresh_for: FRESH_FOR, tab: Some(tab(t)) };
        story.conversation.remember(&who(0), &glimpse, story.now)
    };
    assert_eq!(sit(&mut story, 0), Seat { role: Some(TabRole::Active), epoch: 1 });
    // The store looks for what it may forget.
    story.wait(1);
    assert!(!story.conversation.is_spent(story.now), "the reading is fresh");
    assert_eq!(sit(&mut story, 1), Seat { role: Some(TabRole::Suspended), epoch: 1 }, "one ACTIVE tab per epoch");
}
