//! What a drop is, and what it gets: single rules of the handshake, one by one.

use std::time::Duration;

use session_resumption::domain::decision::Reason as Why;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::pair::Joined;

use crate::given::{REPLAY_TTL, resumable, start, start_over, who};
use crate::story::Story;

#[test]
fn an_answer_that_was_replaced_is_never_replayed_again() {
    let mut story = Story::new();
    let first = story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL);
    story.confirm(0, first, 0);
    // The customer drops a second time, and by now the conversation is gone. That answer is replayed for 5 s only ...
    story.wait(1);
    story.resume(0, Some(0), Some(1), start_over(Why::SessionNotFound, start()), REPLAY_TTL);
    story.wait(6);
    // ... but that does not bring the older, resumable one back, although its own 60 s are not over.
    let joined = story.join(0, Some(1), None);
    assert!(matches!(joined, Joined::Lead { .. }), "{joined:?}");
}

#[test]
fn a_new_drop_has_a_credit_of_its_own() {
    let mut story = Story::new();
    let fail = |story: &mut Story, seconds| {
        let Joined::Lead { lease, arrived, .. } = story.join(0, Some(0), None) else { panic!("should lead") };
        let back_in = Duration::from_secs(seconds);
        let error = Error::retry(Reason::UpstreamTimeout, "slow", back_in);
        story.conversation.fail(&who(0), lease, error, back_in, story.now).unwrap();
        arrived
    };
    // The first drop is told to come back, and never does: the chat went on by itself.
    fail(&mut story, 10);
    story.wait(2 * 60 * 60);
    // Two hours later the second drop is told to come back, and does so in time.
    let second = story.now;
    assert_eq!(fail(&mut story, 10), second);
    story.wait(20);
    assert_eq!(fail(&mut story, 10), second, "judged as of when it first asked");
}

#[test]
fn a_repeat_is_no_second_drop_however_many_attempts_came_before() {
    let mut story = Story::new();
    let id = story.resume(0, Some(0), Some(0), resumable(start()), REPLAY_TTL);
    for repeated in 1..200 {
        assert!(matches!(story.join(0, Some(0), Some(repeated)), Joined::Replay(_)));
    }
    story.confirm(0, id, 0);
    for repeated in 0..200 {
        let joined = story.join(0, Some(0), Some(repeated));
        assert!(matches!(joined, Joined::Replay(_)), "attempt {repeated} was here before, yet {joined:?}");
    }
}
