//! Time we held a customer back does not count against them: once for a drop, for a bounded time, until there is an answer.

use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::error::{Error, Reason};

use crate::given::{LEASE, TTL, ana, flow, hours, pair, resumable, seconds};
use crate::harness::Harness;
use crate::steps::Lead;

for_every_store!(
    nobody_was_held_back_at_first,
    whoever_returns_in_time_is_judged_at_the_first_arrival,
    whoever_returns_late_is_judged_at_the_return,
    the_credit_is_set_once_and_never_renewed,
    the_credit_lasts_as_long_as_the_delay_that_was_told,
    an_answer_ends_the_credit,
    a_dead_leader_gives_credit,
    the_credit_of_a_dead_leader_ends_too,
    the_credit_is_the_pairs_own,
    a_later_drop_has_a_credit_of_its_own,
);

/// Callers are told to come back after this.
const BACK_IN: Duration = Duration::from_mins(2);

/// Leads and fails.
async fn held_back(h: &Harness, back_in: Duration) -> Lead {
    let lead = h.lead(&ana(), &flow()).await;
    let error = Error::retry(Reason::BudgetExhausted, "come back later", back_in);
    h.store.fail(&ana(), lead.lease, error, back_in).await.unwrap();
    lead
}

/// Leads again; the lead's arrival and the time before it.
async fn returned(h: &Harness) -> (Timestamp, Timestamp) {
    let now = h.now().await;
    (h.lead(&ana(), &flow()).await.arrived, now)
}

async fn nobody_was_held_back_at_first(h: &Harness) {
    let (arrived, now) = returned(h).await;
    assert!(arrived >= now);
}

async fn whoever_returns_in_time_is_judged_at_the_first_arrival(h: &Harness) {
    let first = held_back(h, BACK_IN).await;
    // A little late is in time: the way back takes a moment.
    h.advance(BACK_IN + seconds(10)).await;
    assert_eq!(returned(h).await.0, first.arrived);
}

async fn whoever_returns_late_is_judged_at_the_return(h: &Harness) {
    held_back(h, BACK_IN).await;
    h.advance(BACK_IN + seconds(60)).await;
    let (arrived, now) = returned(h).await;
    assert!(arrived >= now);
}

async fn the_credit_is_set_once_and_never_renewed(h: &Harness) {
    let first = held_back(h, BACK_IN).await;
    h.advance(BACK_IN / 2).await;
    let second = held_back(h, BACK_IN * 10).await;
    assert_eq!(second.arrived, first.arrived);
    h.advance(BACK_IN / 2).await;
    let third = held_back(h, BACK_IN * 10).await;
    assert_eq!(third.arrived, first.arrived);
    h.advance(seconds(60)).await;
    let (arrived, now) = returned(h).await;
    assert!(arrived >= now, "knocking keeps nothing alive");
}

async fn the_credit_lasts_as_long_as_the_delay_that_was_told(h: &Harness) {
    let first = held_back(h, hours(3)).await;
    h.advance(hours(3)).await;
    h.somebody_comes_by().await;
    assert_eq!(returned(h).await.0, first.arrived);
}

async fn an_answer_ends_the_credit(h: &Harness) {
    held_back(h, hours(1)).await;
    let lead = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), lead.lease, resumable()).await;
    h.advance(TTL * 2).await;
    let (arrived, now) = returned(h).await;
    assert!(arrived >= now);
}

async fn a_dead_leader_gives_credit(h: &Harness) {
    let first = h.lead(&ana(), &flow()).await;
    h.advance(LEASE + seconds(10)).await;
    assert_eq!(returned(h).await.0, first.arrived);
}

async fn the_credit_of_a_dead_leader_ends_too(h: &Harness) {
    h.lead(&ana(), &flow()).await;
    h.advance(LEASE + seconds(60)).await;
    let (arrived, now) = returned(h).await;
    assert!(arrived >= now);
}

async fn the_credit_is_the_pairs_own(h: &Harness) {
    held_back(h, BACK_IN).await;
    h.advance(seconds(10)).await;
    for stranger in [pair("chat-1", "bob"), pair("chat-2", "ana")] {
        let now = h.now().await;
        assert!(h.lead(&stranger, &flow()).await.arrived >= now);
    }
}

async fn a_later_drop_has_a_credit_of_its_own(h: &Harness) {
    let first = held_back(h, seconds(5)).await;
    h.advance(hours(2)).await;
    let second = held_back(h, BACK_IN).await;
    assert_ne!(second.id, first.id, "the first drop is forgotten");
    h.advance(BACK_IN).await;
    assert_eq!(returned(h).await.0, second.arrived);
}
