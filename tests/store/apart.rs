//! Customers of one conversation, and conversations, do not get in each other's way.

use session_resumption::domain::decision;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::Pair;
use session_resumption::domain::pair::Join;

use crate::given::{ana, drop_of, flow, message, pair, resumable, seconds, start_over, tab};
use crate::harness::Harness;
use crate::steps::{active, replay};

for_every_store!(
    each_pair_has_its_own_lead_and_answer,
    each_pair_has_its_own_failure,
    each_pair_has_its_own_active_tab,
    each_pair_has_its_own_drops,
    customers_of_one_conversation_share_its_count,
    each_conversation_has_its_own_count,
    each_conversation_has_its_own_transcript,
    names_that_look_alike_are_kept_apart,
);

fn bob() -> Pair {
    pair("chat-1", "bob")
}

fn elsewhere() -> Pair {
    pair("chat-2", "ana")
}

async fn each_pair_has_its_own_lead_and_answer(h: &Harness) {
    let mine = h.lead(&ana(), &flow()).await;
    let bobs = h.lead(&bob(), &flow()).await;
    let other = h.lead(&elsewhere(), &flow()).await;
    h.conclude(&bob(), bobs.lease, start_over(decision::Reason::Ended)).await;
    h.conclude(&elsewhere(), other.lease, start_over(decision::Reason::WindowExpired)).await;
    h.conclude(&ana(), mine.lease, resumable()).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await).answer, resumable());
    assert_eq!(replay(h.join(&bob(), &flow()).await).answer, start_over(decision::Reason::Ended));
    let answer = replay(h.join(&elsewhere(), &flow()).await).answer;
    assert_eq!(answer, start_over(decision::Reason::WindowExpired));
}

async fn each_pair_has_its_own_failure(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    h.store.fail(&ana(), lead.lease, Error::new(Reason::UpstreamTimeout, "late"), seconds(1)).await.unwrap();
    for pair in [bob(), elsewhere()] {
        h.lead(&pair, &Join { waited_on: Some(lead.lease.fence), ..flow() }).await;
    }
}

async fn each_pair_has_its_own_active_tab(h: &Harness) {
    for pair in [ana(), bob(), elsewhere()] {
        h.open(&pair, &drop_of("one", 1)).await;
        assert!(active(replay(h.join(&pair, &drop_of("one", 1)).await).seat), "{pair:?}");
    }
    h.store.take_over(&bob(), &tab("two")).await.unwrap();
    for pair in [ana(), elsewhere()] {
        assert!(active(replay(h.join(&pair, &drop_of("one", 1)).await).seat), "{pair:?}");
    }
}

async fn each_pair_has_its_own_drops(h: &Harness) {
    let mine = h.open(&ana(), &drop_of("one", 1)).await;
    let bobs = h.open(&bob(), &drop_of("one", 1)).await;
    h.confirm(&ana(), mine).await;
    assert_eq!(replay(h.join(&bob(), &drop_of("one", 2)).await).handshake, Some(bobs), "this one is not confirmed");
    assert_ne!(h.lead(&ana(), &drop_of("one", 2)).await.id, mine);
}

async fn customers_of_one_conversation_share_its_count(h: &Harness) {
    for (pair, count) in [(ana(), 1), (bob(), 2), (pair("chat-1", "eve"), 3)] {
        let id = h.open(&pair, &flow()).await;
        assert_eq!(h.confirm(&pair, id).await.count, count);
    }
}

async fn each_conversation_has_its_own_count(h: &Harness) {
    let [mine, other] = [h.open(&ana(), &flow()).await, h.open(&elsewhere(), &flow()).await];
    // Both writes are in flight at once.
    let mine = h.claim_write(&ana(), mine, 0).await;
    let other = h.claim_write(&elsewhere(), other, 0).await;
    assert_eq!((mine.confirmation.count, other.confirmation.count), (1, 1));
}

async fn each_conversation_has_its_own_transcript(h: &Harness) {
    let [mine, other] = [h.confirmed(&ana()).await, h.confirmed(&elsewhere()).await];
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), mine, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.announce(&ana(), held.lease, &message(&ana(), "m-2", 2), None).await;
    let held = h.hold(&elsewhere(), other, &[message(&elsewhere(), "m-1", 9)]).await;
    assert_eq!(held.written, [None]);
    assert!(held.claimed.is_empty() && held.unsettled.is_empty());
}

async fn names_that_look_alike_are_kept_apart(h: &Harness) {
    let long = |last: char| format!("{}{last}", "x".repeat(127));
    let alike = [
        pair("a", "b.c"),
        pair("a.b", "c"),
        pair("a-b", "c"),
        pair("a", "b-c"),
        pair("a_b", "c"),
        pair("a~b", "c"),
        pair("A", "b.c"),
        pair("a", "B.c"),
        pair("c", "a.b"),
        pair(&long('1'), "x"),
        pair(&long('2'), "x"),
        pair("x", &long('1')),
        pair("x", &long('2')),
        pair("...", "a"),
        pair("00", "0"),
        pair("0", "00"),
    ];
    for pair in &alike {
        let join = flow();
        assert_eq!(h.lead(pair, &join).await.id, join.new_id, "{pair:?}");
    }
}
