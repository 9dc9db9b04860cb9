//! The transcript: each message stands in it once and in order, whoever writes and whatever is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use session_resumption::domain::conversation::{Conversation, Injection};
use session_resumption::domain::lease::Fenced;
use session_resumption::domain::ledger::{Begun, Item, Unsettled};

use crate::drawing::cases;
use crate::given::{plus, start};
use crate::messages::{TIMEOUT, confirmed_conversation, message};
use crate::model::scenes::any_scene;
use crate::model::writing::Writing;

#[test]
fn one_injection_holds_the_transcript_and_the_next_learns_what_it_left() {
    let (mut conversation, injections) = confirmed_conversation(2);
    let begin = |conversation: &mut Conversation, w: usize, index: usize, now| {
        let injection = Injection { items: vec![message(w, index)], ..injections[w].clone() };
        conversation.begin_injection(&injection, now).unwrap()
    };
    let holding = |begun: Begun| match begun {
        Begun::Holding(held) => held,
        other => panic!("should hold, but {other:?}"),
    };
    let seconds = |seconds| plus(start(), Duration::from_secs(seconds));
    let first = holding(begin(&mut conversation, 0, 1, start()));
    // Announcing renews the hold: it lasts ten seconds from the sixth.
    let after = Some("line-1".to_owned());
    conversation.ledger().announce(first.lease, message(0, 1), after.clone(), TIMEOUT, seconds(6)).unwrap();
    assert_eq!(begin(&mut conversation, 1, 1, seconds(15)), Begun::Busy(Duration::from_secs(1)));
    // Whoever lost the hold announces nothing more, even while nobody else has it.
    let late = conversation.ledger().announce(first.lease, message(0, 2), None, TIMEOUT, seconds(16));
    assert_eq!(late, Err(Fenced));
    let second = holding(begin(&mut conversation, 1, 1, seconds(16)));
    let left = Unsettled { key: message(0, 1).key, fingerprint: message(0, 1).fingerprint, at: seconds(6), after };
    assert_eq!((second.written, second.unsettled, second.claimed), (vec![None], vec![left], BTreeSet::new()));
    let (ledger, key) = (conversation.ledger(), message(0, 1).key);
    assert_eq!(ledger.written(first.lease, &key, "line-2".to_owned()), Err(Fenced));
    assert_eq!(ledger.not_sent(first.lease, &key), Err(Fenced));
    ledger.end(first.lease);
    ledger.written(second.lease, &key, "line-2".to_owned()).unwrap();
    ledger.end(second.lease);
    let third = holding(begin(&mut conversation, 0, 2, seconds(17)));
    assert_eq!((third.unsettled, third.claimed), (Vec::new(), BTreeSet::from(["line-2".to_owned()])));
    // One name, one text: another text under a name that is taken is refused.
    let other = Item { fingerprint: [7; 32], ..message(0, 1) };
    let injection = Injection { items: vec![message(0, 2), other], ..injections[0].clone() };
    assert_eq!(conversation.begin_injection(&injection, seconds(17)), Ok(Begun::Reused(1)));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn each_message_stands_in_the_transcript_once_and_in_order(
        scenes in prop::collection::vec(any_scene(), 1..80),
    ) {
        let mut writing = Writing::new();
        for scene in &scenes {
            writing.step(scene)?;
        }
        writing.settle_all()?;
    }
}
