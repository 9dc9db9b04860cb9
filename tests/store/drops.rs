//! A second drop is told from a repeat of the first: it is confirmed, the tab took part, and the attempt is new.

use session_resumption::domain::error::Reason;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::pair::Join;

use crate::given::{ana, drop_of, flow, resumable, tab};
use crate::harness::Harness;
use crate::steps::{refused, replay, waiting};

for_every_store!(
    before_the_confirmation_a_new_attempt_replays,
    a_new_attempt_of_a_tab_that_took_part_opens_the_next_handshake,
    a_repeated_attempt_replays,
    a_repeat_from_before_the_last_drop_replays,
    a_repeat_replays_however_many_attempts_there_were,
    a_tab_never_seen_replays,
    a_tab_that_replayed_took_part,
    a_caller_that_names_no_attempt_replays,
    a_caller_that_is_no_tab_replays,
    a_tab_that_waited_took_part,
    a_tab_that_took_over_or_looked_took_part,
    all_tabs_share_the_next_handshake,
    the_next_handshake_counts_once_more,
);

/// A handshake that tab "one" opened in its first drop, confirmed.
async fn resumed(h: &Harness) -> HandshakeId {
    let id = h.open(&ana(), &drop_of("one", 1)).await;
    h.confirm(&ana(), id).await;
    id
}

async fn replays(h: &Harness, join: &Join, id: HandshakeId) {
    assert_eq!(replay(h.join(&ana(), join).await).handshake, Some(id));
}

async fn before_the_confirmation_a_new_attempt_replays(h: &Harness) {
    let id = h.open(&ana(), &drop_of("one", 1)).await;
    replays(h, &drop_of("one", 2), id).await;
    // Nor is it a new one afterwards.
    h.confirm(&ana(), id).await;
    replays(h, &drop_of("one", 2), id).await;
}

async fn a_new_attempt_of_a_tab_that_took_part_opens_the_next_handshake(h: &Harness) {
    let first = resumed(h).await;
    let second = h.lead(&ana(), &drop_of("one", 2)).await;
    assert_ne!(second.id, first);
}

async fn a_repeated_attempt_replays(h: &Harness) {
    let id = resumed(h).await;
    replays(h, &drop_of("one", 1), id).await;
    replays(h, &drop_of("one", 1), id).await;
}

async fn a_repeat_from_before_the_last_drop_replays(h: &Harness) {
    resumed(h).await;
    let second = h.open(&ana(), &drop_of("one", 2)).await;
    h.confirm(&ana(), second).await;
    replays(h, &drop_of("one", 1), second).await;
    replays(h, &drop_of("one", 2), second).await;
    assert_ne!(h.lead(&ana(), &drop_of("one", 3)).await.id, second);
}

async fn a_repeat_replays_however_many_attempts_there_were(h: &Harness) {
    let id = h.open(&ana(), &drop_of("one", 0)).await;
    for attempt in 1..100 {
        replays(h, &drop_of("one", attempt), id).await;
    }
    h.confirm(&ana(), id).await;
    for attempt in 0..100 {
        replays(h, &drop_of("one", attempt), id).await;
    }
}

async fn a_tab_never_seen_replays(h: &Harness) {
    let id = resumed(h).await;
    replays(h, &drop_of("two", 2), id).await;
    replays(h, &drop_of("two", 2), id).await;
}

async fn a_tab_that_replayed_took_part(h: &Harness) {
    let id = resumed(h).await;
    replays(h, &drop_of("two", 2), id).await;
    assert_ne!(h.lead(&ana(), &drop_of("two", 3)).await.id, id);
}

async fn a_caller_that_names_no_attempt_replays(h: &Harness) {
    let id = resumed(h).await;
    replays(h, &Join { attempt: None, ..drop_of("one", 0) }, id).await;
    replays(h, &flow(), id).await;
}

async fn a_caller_that_is_no_tab_replays(h: &Harness) {
    let id = resumed(h).await;
    replays(h, &Join { tab: None, ..drop_of("one", 2) }, id).await;
}

async fn a_tab_that_waited_took_part(h: &Harness) {
    let lead = h.lead(&ana(), &drop_of("one", 1)).await;
    for name in ["two", "three"] {
        waiting(&h.join(&ana(), &drop_of(name, 2)).await);
    }
    h.conclude(&ana(), lead.lease, resumable()).await;
    h.confirm(&ana(), lead.id).await;
    replays(h, &drop_of("two", 2), lead.id).await;
    assert_ne!(h.lead(&ana(), &drop_of("three", 3)).await.id, lead.id);
}

async fn a_tab_that_took_over_or_looked_took_part(h: &Harness) {
    let first = resumed(h).await;
    h.store.take_over(&ana(), &tab("two")).await.unwrap();
    let second = h.open(&ana(), &drop_of("two", 2)).await;
    assert_ne!(second, first);
    h.confirm(&ana(), second).await;
    h.store.view(&ana(), second, Some(&tab("three"))).await.unwrap();
    assert_ne!(h.lead(&ana(), &drop_of("three", 3)).await.id, second);
}

async fn all_tabs_share_the_next_handshake(h: &Harness) {
    let first = h.open(&ana(), &drop_of("one", 1)).await;
    replays(h, &drop_of("two", 2), first).await;
    h.confirm(&ana(), first).await;
    let lead = h.lead(&ana(), &drop_of("one", 3)).await;
    assert_eq!(waiting(&h.join(&ana(), &drop_of("two", 4)).await), lead.lease.fence);
    h.conclude(&ana(), lead.lease, resumable()).await;
    for join in [drop_of("two", 4), drop_of("two", 2), drop_of("one", 1), flow()] {
        replays(h, &join, lead.id).await;
    }
}

async fn the_next_handshake_counts_once_more(h: &Harness) {
    let first = resumed(h).await;
    let second = h.open(&ana(), &drop_of("one", 2)).await;
    assert_eq!(h.confirm(&ana(), second).await.count, 2);
    assert_eq!(refused(h.store.view(&ana(), first, None).await), Reason::HandshakeSuperseded);
}
