//! What was, or may have been, written: named, remembered, never twice.

use session_resumption::domain::ledger::{Begun, Unsettled};

use crate::given::{HOLD, TTL, ana, flow, hours, marker, message, pair, seconds};
use crate::harness::Harness;
use crate::steps::is_held;

for_every_store!(
    what_is_written_is_told_in_the_order_asked,
    what_is_written_is_told_even_while_another_holds,
    nothing_asked_is_nothing_to_do,
    what_is_missing_is_told_apart,
    a_name_is_not_used_for_other_content,
    what_may_have_been_sent_is_told_oldest_first,
    what_was_settled_is_not_told_again,
    what_was_not_sent_frees_its_name,
    what_is_written_cannot_become_unsent,
    an_announcement_repeated_starts_anew,
    ids_of_the_transcript_are_claimed_across_customers,
    names_belong_to_their_pair,
    each_handshake_has_its_own_marker,
    what_is_written_is_written_for_the_next_handshake_too,
    what_is_written_is_remembered_after_its_handshake_expired,
    a_full_ledger_refuses_what_is_new_only,
);

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

async fn what_is_written_is_told_in_the_order_asked(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let [one, two, three] = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2), marker(&ana(), id)];
    let held = h.hold(&ana(), id, &[one.clone(), two.clone(), three.clone()]).await;
    for (item, message_id) in [(&one, "t-8"), (&two, "t-7"), (&three, "t-9")] {
        h.write(&ana(), held.lease, item, message_id).await;
    }
    h.end(&ana(), held.lease).await;
    let begun = h.begin(&ana(), id, &[two.clone(), three, one]).await;
    assert_eq!(begun, Begun::AllWritten(ids(&["t-7", "t-9", "t-8"])));
    assert_eq!(h.begin(&ana(), id, &[two]).await, Begun::AllWritten(ids(&["t-7"])));
}

async fn what_is_written_is_told_even_while_another_holds(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let [one, two] = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2)];
    let held = h.hold(&ana(), id, &[one.clone(), two.clone()]).await;
    h.write(&ana(), held.lease, &one, "t-1").await;
    assert_eq!(h.begin(&ana(), id, std::slice::from_ref(&one)).await, Begun::AllWritten(ids(&["t-1"])));
    assert!(is_held(&h.begin(&ana(), id, &[one, two]).await));
}

async fn nothing_asked_is_nothing_to_do(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    assert_eq!(h.begin(&ana(), id, &[]).await, Begun::AllWritten(vec![]));
}

async fn what_is_missing_is_told_apart(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let [one, two, three] = [1, 2, 3].map(|n| message(&ana(), &format!("m-{n}"), n));
    let held = h.hold(&ana(), id, std::slice::from_ref(&two)).await;
    h.write(&ana(), held.lease, &two, "t-2").await;
    h.end(&ana(), held.lease).await;
    let held = h.hold(&ana(), id, &[one, two, three]).await;
    assert_eq!(held.written, [None, Some("t-2".to_owned()), None]);
}

async fn a_name_is_not_used_for_other_content(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let [written, announced] = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2)];
    let held = h.hold(&ana(), id, &[written.clone(), announced.clone()]).await;
    h.write(&ana(), held.lease, &written, "t-1").await;
    h.announce(&ana(), held.lease, &announced, None).await;
    for busy in [true, false] {
        if !busy {
            h.end(&ana(), held.lease).await;
        }
        let other = [message(&ana(), "m-0", 0), message(&ana(), "m-1", 9)];
        assert_eq!(h.begin(&ana(), id, &other).await, Begun::Reused(1));
        let other = [message(&ana(), "m-2", 9), message(&ana(), "m-1", 9)];
        assert_eq!(h.begin(&ana(), id, &other).await, Begun::Reused(0));
    }
}

async fn what_may_have_been_sent_is_told_oldest_first(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    // Announced against the order of their names.
    let items = [("m-c", None), ("m-b", Some("t-1")), ("m-a", Some("t-2"))]
        .map(|(name, last)| (message(&ana(), name, 1), last));
    let asked: Vec<_> = items.iter().map(|(item, _)| item.clone()).collect();
    let held = h.hold(&ana(), id, &asked).await;
    let mut announced = Vec::new();
    for (item, last) in &items {
        let before = h.now().await;
        h.announce(&ana(), held.lease, item, *last).await;
        announced.push(before..=h.now().await);
        h.advance(seconds(5)).await;
    }
    h.end(&ana(), held.lease).await;
    let unsettled = h.hold(&ana(), id, &asked).await.unsettled;
    assert_eq!(unsettled.len(), items.len());
    for ((told, (item, last)), when) in unsettled.iter().zip(&items).zip(&announced) {
        assert!(when.contains(&told.at), "{:?} outside {when:?}", told.at);
        let after = last.map(str::to_owned);
        assert_eq!(*told, Unsettled { key: item.key.clone(), fingerprint: item.fingerprint, at: told.at, after });
    }
}

async fn what_was_settled_is_not_told_again(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let [one, two] = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2)];
    let asked = [one.clone(), two.clone()];
    let dead = h.hold(&ana(), id, &asked).await;
    h.announce(&ana(), dead.lease, &one, None).await;
    h.advance(HOLD * 2).await;
    let held = h.hold(&ana(), id, &asked).await;
    assert_eq!(held.unsettled.len(), 1);
    // The next holder found it in the transcript.
    h.store.written(&ana().conversation, held.lease, &one.key, "t-1".to_owned()).await.unwrap();
    h.end(&ana(), held.lease).await;
    let held = h.hold(&ana(), id, &asked).await;
    assert!(held.unsettled.is_empty());
    assert_eq!(held.written, [Some("t-1".to_owned()), None]);
}

async fn what_was_not_sent_frees_its_name(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    h.announce(&ana(), held.lease, &item, None).await;
    h.store.not_sent(&ana().conversation, held.lease, &item.key).await.unwrap();
    h.end(&ana(), held.lease).await;
    let held = h.hold(&ana(), id, &[message(&ana(), "m-1", 2)]).await;
    assert!(held.unsettled.is_empty());
    assert_eq!(held.written, [None]);
}

async fn what_is_written_cannot_become_unsent(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    h.write(&ana(), held.lease, &items[0], "t-1").await;
    h.store.not_sent(&ana().conversation, held.lease, &items[0].key).await.unwrap();
    assert_eq!(h.begin(&ana(), id, &items).await, Begun::AllWritten(ids(&["t-1"])));
}

async fn an_announcement_repeated_starts_anew(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let dead = h.hold(&ana(), id, &items).await;
    h.announce(&ana(), dead.lease, &items[0], None).await;
    h.advance(HOLD * 2).await;
    let held = h.hold(&ana(), id, &items).await;
    let resent_at = h.now().await;
    h.announce(&ana(), held.lease, &items[0], Some("t-5")).await;
    h.end(&ana(), held.lease).await;
    let [told] = h.hold(&ana(), id, &items).await.unsettled.try_into().unwrap();
    assert!(told.at >= resent_at);
    assert_eq!(told.after.as_deref(), Some("t-5"));
}

async fn ids_of_the_transcript_are_claimed_across_customers(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.confirmed(&ana()).await, h.confirmed(&bob).await];
    for (pair, id, message_id) in [(&ana(), one, "t-1"), (&bob, two, "t-2")] {
        let item = message(pair, "m-1", 1);
        let held = h.hold(pair, id, std::slice::from_ref(&item)).await;
        h.write(pair, held.lease, &item, message_id).await;
        h.end(pair, held.lease).await;
    }
    let held = h.hold(&ana(), one, &[message(&ana(), "m-2", 2)]).await;
    assert_eq!(held.claimed.into_iter().collect::<Vec<_>>(), ids(&["t-1", "t-2"]));
}

async fn names_belong_to_their_pair(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.confirmed(&ana()).await, h.confirmed(&bob).await];
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), one, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.end(&ana(), held.lease).await;
    assert_eq!(h.hold(&bob, two, &[message(&bob, "m-1", 9)]).await.written, [None]);
}

async fn each_handshake_has_its_own_marker(h: &Harness) {
    let one = h.confirmed(&ana()).await;
    let held = h.hold(&ana(), one, &[marker(&ana(), one)]).await;
    h.write(&ana(), held.lease, &marker(&ana(), one), "t-1").await;
    h.end(&ana(), held.lease).await;
    assert_eq!(h.begin(&ana(), one, &[marker(&ana(), one)]).await, Begun::AllWritten(ids(&["t-1"])));
    h.advance(TTL * 2).await;
    let two = h.confirmed(&ana()).await;
    assert_eq!(h.hold(&ana(), two, &[marker(&ana(), two)]).await.written, [None]);
}

async fn what_is_written_is_written_for_the_next_handshake_too(h: &Harness) {
    let one = h.confirmed(&ana()).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), one, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.end(&ana(), held.lease).await;
    h.advance(TTL * 2).await;
    let two = h.open(&ana(), &flow()).await;
    h.confirm(&ana(), two).await;
    assert_eq!(h.begin(&ana(), two, &[item]).await, Begun::AllWritten(ids(&["t-1"])));
}

async fn what_is_written_is_remembered_after_its_handshake_expired(h: &Harness) {
    let one = h.confirmed(&ana()).await;
    h.advance(hours(23)).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), one, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.end(&ana(), held.lease).await;
    h.advance(hours(2)).await;
    h.somebody_comes_by().await;
    let two = h.confirmed(&ana()).await;
    let begun = h.begin(&ana(), two, &[item]).await;
    assert_eq!(begun, Begun::AllWritten(ids(&["t-1"])), "it was written two hours ago");
}

async fn a_full_ledger_refuses_what_is_new_only(h: &Harness) {
    const MAX_ENTRIES: usize = 2_000;
    let id = h.confirmed(&ana()).await;
    let items: Vec<_> = (0..MAX_ENTRIES).map(|n| message(&ana(), &format!("m-{n}"), 1)).collect();
    let one_more = message(&ana(), "one-more", 1);
    let held = h.hold(&ana(), id, &items).await;
    for item in &items {
        h.announce(&ana(), held.lease, item, None).await;
    }
    h.end(&ana(), held.lease).await;
    assert_eq!(h.begin(&ana(), id, std::slice::from_ref(&one_more)).await, Begun::Full);
    // What it knows already still goes on, and what was not sent makes room.
    let held = h.hold(&ana(), id, &items[..50]).await;
    h.store.not_sent(&ana().conversation, held.lease, &items[0].key).await.unwrap();
    h.end(&ana(), held.lease).await;
    h.hold(&ana(), id, &[one_more]).await;
}
