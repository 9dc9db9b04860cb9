//! Whoever waits for a change is woken by it, also when it comes before they first look.

use std::sync::Arc;

use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::Written;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::pair::{Join, Joined};
use tokio::task::JoinSet;

use crate::given::{ana, flow, message, resumable, seconds};
use crate::harness::{Harness, Store};
use crate::steps::{is_busy, is_held, soon, waiting};

for_every_store!(
    a_conclusion_before_the_first_look_wakes,
    a_failure_before_the_first_look_wakes,
    a_settled_write_wakes_the_next_claim,
    an_unknown_outcome_wakes_too,
    the_end_of_an_injection_wakes_the_next,
    every_follower_is_woken_by_the_conclusion,
    every_follower_is_woken_by_the_failure,
);

/// Waits, as the use case does, until there is an answer or a failure. Subscribing comes before asking, so that nothing told
/// in between is slept through.
async fn follow(store: Arc<dyn Store>, fence: u64) -> Joined {
    let mut fence = fence;
    loop {
        let changed = store.changed(&ana().conversation);
        match store.join(&ana(), &Join { waited_on: Some(fence), ..flow() }).await.unwrap().0 {
            Joined::Wait { fence: next, .. } => fence = next,
            told => return told,
        }
        changed.await;
        // A store may wake early, and for nothing.
        tokio::task::yield_now().await;
    }
}

/// Followers, all of whom were told to wait for whoever leads now.
async fn followers(h: &Harness) -> JoinSet<Joined> {
    let mut followers = JoinSet::new();
    for _ in 0..20 {
        let fence = waiting(&h.join(&ana(), &flow()).await);
        followers.spawn(follow(Arc::clone(&h.store), fence));
    }
    followers
}

async fn a_conclusion_before_the_first_look_wakes(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let changed = h.store.changed(&ana().conversation);
    h.conclude(&ana(), lead.lease, resumable()).await;
    soon(changed).await;
}

async fn a_failure_before_the_first_look_wakes(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let changed = h.store.changed(&ana().conversation);
    let error = Error::new(Reason::UpstreamTimeout, "no answer");
    h.store.fail(&ana(), lead.lease, error, seconds(1)).await.unwrap();
    soon(changed).await;
}

async fn a_settled_write_wakes_the_next_claim(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let writing = h.claim_write(&ana(), id, 0).await;
    let changed = h.store.changed(&ana().conversation);
    assert!(is_busy(&h.claim(&ana(), id, 0).await));
    h.settle(&ana(), writing.lease, Written::Yes).await;
    soon(changed).await;
    assert_eq!(h.claim(&ana(), id, 1).await, Confirming::Already(writing.confirmation));
}

async fn an_unknown_outcome_wakes_too(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let writing = h.claim_write(&ana(), id, 0).await;
    let changed = h.store.changed(&ana().conversation);
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    soon(changed).await;
}

async fn the_end_of_an_injection_wakes_the_next(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let items = [message(&ana(), "m-1", 1)];
    let held = h.hold(&ana(), id, &items).await;
    let changed = h.store.changed(&ana().conversation);
    assert!(is_held(&h.begin(&ana(), id, &items).await));
    h.end(&ana(), held.lease).await;
    soon(changed).await;
    h.hold(&ana(), id, &items).await;
}

async fn every_follower_is_woken_by_the_conclusion(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let followers = followers(h).await;
    let told = h.conclude(&ana(), lead.lease, resumable()).await;
    for joined in soon(followers.join_all()).await {
        assert_eq!(joined, Joined::Replay(told.clone()));
    }
}

async fn every_follower_is_woken_by_the_failure(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    let followers = followers(h).await;
    let error = Error::retry(Reason::UpstreamUnavailable, "genesys is away", seconds(2));
    h.store.fail(&ana(), lead.lease, error.clone(), seconds(3)).await.unwrap();
    for joined in soon(followers.join_all()).await {
        assert_eq!(joined, Joined::Failed(error.clone()));
    }
}
