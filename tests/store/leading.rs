//! One leads, all others wait, and whoever leads can be replaced.

use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::lease::Lease;
use session_resumption::domain::pair::{Join, Joined};

use crate::given::{LEASE, TTL, ana, drop_of, flow, pair, resumable, seconds, uuid};
use crate::harness::Harness;
use crate::steps::{is_fenced, replay, waiting};

for_every_store!(
    the_clock_moves_on_with_time,
    the_first_leads_under_the_name_and_nonce_it_brought,
    all_others_wait_for_the_same_lead,
    the_time_left_to_wait_shrinks,
    leader_and_followers_get_one_answer,
    a_dead_leaders_handshake_passes_on,
    an_old_leader_is_fenced_off,
    followers_of_a_dead_leader_wait_for_the_next,
    an_overdue_answer_counts_if_nobody_took_over,
    a_lease_ends_with_its_conclusion,
    a_lease_nobody_was_given_is_refused,
);

async fn the_clock_moves_on_with_time(h: &Harness) {
    let before = h.now().await;
    h.advance(seconds(60)).await;
    assert!(h.now().await.duration_since(before).as_secs() >= 59);
}

async fn the_first_leads_under_the_name_and_nonce_it_brought(h: &Harness) {
    let (before, join) = (h.now().await, flow());
    let lead = h.lead(&ana(), &join).await;
    assert_eq!((lead.id, lead.lease.owner), (join.new_id, join.owner));
    assert!(before <= lead.arrived && lead.now <= h.now().await);
    assert_eq!(lead.arrived, lead.now);
}

async fn all_others_wait_for_the_same_lead(h: &Harness) {
    let lead = h.lead(&ana(), &drop_of("one", 1)).await;
    for join in [flow(), drop_of("one", 1), drop_of("one", 2), drop_of("two", 3)] {
        assert_eq!(waiting(&h.join(&ana(), &join).await), lead.lease.fence);
    }
}

async fn the_time_left_to_wait_shrinks(h: &Harness) {
    let wait = async || match h.join(&ana(), &flow()).await {
        Joined::Wait { left, .. } => left,
        other => panic!("expected to wait, got {other:?}"),
    };
    h.lead(&ana(), &flow()).await;
    let at_first = wait().await;
    assert!(at_first <= LEASE);
    h.advance(LEASE / 3).await;
    let later = wait().await;
    assert!(!later.is_zero() && later < at_first, "{later:?} left of {at_first:?}");
}

async fn leader_and_followers_get_one_answer(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let fence = waiting(&h.join(&ana(), &flow()).await);
    let told = h.conclude(&ana(), lead.lease, resumable()).await;
    assert_eq!((told.handshake, &told.answer), (Some(lead.id), &resumable()));
    for join in [flow(), Join { waited_on: Some(fence), ..flow() }] {
        assert_eq!(replay(h.join(&ana(), &join).await), told);
    }
}

async fn a_dead_leaders_handshake_passes_on(h: &Harness) {
    let first = h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    let next = h.lead(&ana(), &flow()).await;
    assert_eq!(next.id, first.id, "it is still the same drop");
    assert!(next.lease.fence > first.lease.fence);
    let told = h.conclude(&ana(), next.lease, resumable()).await;
    assert_eq!(told.handshake, Some(first.id));
}

async fn an_old_leader_is_fenced_off(h: &Harness) {
    let old = h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    let new = h.lead(&ana(), &flow()).await;
    let error = Error::new(Reason::UpstreamTimeout, "too late");
    let concluded = h.store.conclude(&ana(), old.lease, None, resumable(), TTL).await;
    let failed = h.store.fail(&ana(), old.lease, error, seconds(1)).await;
    assert!(is_fenced(&concluded), "{concluded:?}");
    assert!(is_fenced(&failed), "{failed:?}");
    assert_eq!(waiting(&h.join(&ana(), &flow()).await), new.lease.fence, "the new lead is untouched");
    h.conclude(&ana(), new.lease, resumable()).await;
    let concluded = h.store.conclude(&ana(), old.lease, None, resumable(), TTL).await;
    assert!(is_fenced(&concluded), "{concluded:?}");
}

async fn followers_of_a_dead_leader_wait_for_the_next(h: &Harness) {
    h.lead(&ana(), &flow()).await;
    let fence = waiting(&h.join(&ana(), &flow()).await);
    h.advance(LEASE * 2).await;
    let next = h.lead(&ana(), &flow()).await;
    let again = h.join(&ana(), &Join { waited_on: Some(fence), ..flow() }).await;
    assert_eq!(waiting(&again), next.lease.fence);
}

async fn an_overdue_answer_counts_if_nobody_took_over(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    let told = h.conclude(&ana(), lead.lease, resumable()).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await), told);
}

async fn a_lease_ends_with_its_conclusion(h: &Harness) {
    let error = Error::new(Reason::UpstreamTimeout, "too late");
    let lead = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), lead.lease, resumable()).await;
    let again = h.store.conclude(&ana(), lead.lease, None, resumable(), TTL).await;
    let failed = h.store.fail(&ana(), lead.lease, error.clone(), seconds(1)).await;
    assert!(is_fenced(&again) && is_fenced(&failed), "{again:?}, {failed:?}");

    let bob = pair("chat-1", "bob");
    let lead = h.lead(&bob, &flow()).await;
    h.store.fail(&bob, lead.lease, error.clone(), seconds(1)).await.unwrap();
    let concluded = h.store.conclude(&bob, lead.lease, None, resumable(), TTL).await;
    let again = h.store.fail(&bob, lead.lease, error, seconds(1)).await;
    assert!(is_fenced(&concluded) && is_fenced(&again), "{concluded:?}, {again:?}");
}

async fn a_lease_nobody_was_given_is_refused(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let strangers = [
        (ana(), Lease { owner: uuid(), ..lead.lease }),
        (ana(), Lease { fence: lead.lease.fence + 1, ..lead.lease }),
        (pair("chat-1", "bob"), lead.lease),
        (pair("chat-2", "ana"), lead.lease),
    ];
    for (pair, lease) in strangers {
        let concluded = h.store.conclude(&pair, lease, None, resumable(), TTL).await;
        let failed = h.store.fail(&pair, lease, Error::new(Reason::Internal, "no"), seconds(1)).await;
        assert!(is_fenced(&concluded) && is_fenced(&failed), "{pair:?} {lease:?}");
    }
    let told = h.conclude(&ana(), lead.lease, resumable()).await;
    assert_eq!(told.handshake, Some(lead.id));
}
