//! A leader that cannot find out: those who waited share its failure, newcomers try again.

use session_resumption::domain::error::{Error, Reason, Violation};
use session_resumption::domain::ids::Pair;
use session_resumption::domain::pair::{Join, Joined};

use crate::given::{LEASE, ana, flow, resumable, seconds};
use crate::harness::Harness;
use crate::steps::{Lead, replay, waiting};

for_every_store!(
    those_who_waited_share_the_failure,
    a_newcomer_leads_the_same_handshake_anew,
    the_failure_is_gone_once_somebody_leads_anew,
    the_failure_is_for_those_who_waited_for_this_lead_only,
    a_failure_is_not_replayed,
    a_failure_comes_back_whole,
    a_failed_lead_may_succeed_the_second_time,
);

async fn fail(h: &Harness, pair: &Pair) -> (Lead, Error) {
    let error = Error::retry(Reason::UpstreamTimeout, "genesys did not answer in time", seconds(2));
    let lead = h.lead(pair, &flow()).await;
    h.store.fail(pair, lead.lease, error.clone(), seconds(3)).await.unwrap();
    (lead, error)
}

fn having_waited_on(fence: u64) -> Join {
    Join { waited_on: Some(fence), ..flow() }
}

async fn those_who_waited_share_the_failure(h: &Harness) {
    let (lead, error) = fail(h, &ana()).await;
    for _ in 0..3 {
        let joined = h.join(&ana(), &having_waited_on(lead.lease.fence)).await;
        assert_eq!(joined, Joined::Failed(error.clone()));
    }
}

async fn a_newcomer_leads_the_same_handshake_anew(h: &Harness) {
    let (first, _) = fail(h, &ana()).await;
    let next = h.lead(&ana(), &flow()).await;
    assert_eq!(next.id, first.id);
    assert!(next.lease.fence > first.lease.fence);
}

async fn the_failure_is_gone_once_somebody_leads_anew(h: &Harness) {
    let (first, _) = fail(h, &ana()).await;
    let next = h.lead(&ana(), &flow()).await;
    let joined = h.join(&ana(), &having_waited_on(first.lease.fence)).await;
    assert_eq!(waiting(&joined), next.lease.fence);
}

async fn the_failure_is_for_those_who_waited_for_this_lead_only(h: &Harness) {
    let dead = h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    let (failed, _) = fail(h, &ana()).await;
    assert!(failed.lease.fence > dead.lease.fence);
    h.lead(&ana(), &having_waited_on(dead.lease.fence)).await;
}

async fn a_failure_is_not_replayed(h: &Harness) {
    fail(h, &ana()).await;
    let (second, _) = fail(h, &ana()).await;
    let (third, _) = fail(h, &ana()).await;
    assert!(third.lease.fence > second.lease.fence);
}

async fn a_failure_comes_back_whole(h: &Harness) {
    let violation = |field: &str| Violation {
        field: field.to_owned(),
        reason: Reason::InvalidId,
        description: "\"quoted\", \\escaped\\ and 日本語".to_owned(),
    };
    let plain = Error::new(Reason::SnapshotUnusable, "");
    let full = Error {
        violations: vec![violation("messages[3].text"), violation("")],
        ..Error::retry(Reason::BudgetExhausted, "the budget is spent\n", seconds(1_799))
    };
    for error in [plain, full] {
        let lead = h.lead(&ana(), &flow()).await;
        h.store.fail(&ana(), lead.lease, error.clone(), seconds(3)).await.unwrap();
        let joined = h.join(&ana(), &having_waited_on(lead.lease.fence)).await;
        assert_eq!(joined, Joined::Failed(error));
    }
}

async fn a_failed_lead_may_succeed_the_second_time(h: &Harness) {
    let (first, _) = fail(h, &ana()).await;
    let next = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), next.lease, resumable()).await;
    let view = replay(h.join(&ana(), &having_waited_on(first.lease.fence)).await);
    assert_eq!((view.handshake, view.answer), (Some(first.id), resumable()));
}
