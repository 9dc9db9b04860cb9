//! Replicas that stand still: nobody is told that the store is out of reach, and nothing is tried in vain.

use session_resumption::ports::{Outage, StoreError};
use tokio::task::JoinSet;

use super::replication::{harness, pair_of_servers};
use crate::given::{flow, pair};
use crate::steps::claim;

const NOT_REPLICATED: StoreError = StoreError::Unavailable(Outage::NotReplicated);

/// All of them are on their way before the first finds out.
#[tokio::test]
async fn a_crowd_that_waits_for_a_lagging_replica_is_told_what_it_is() {
    let (primary, replica) = pair_of_servers();
    let h = harness(&primary);
    let mut claims = Vec::new();
    for n in 0..40 {
        let who = pair(&format!("chat-{n}"), "ana");
        let id = h.open(&who, &flow()).await;
        claims.push((who.clone(), claim(&who, id, 0, h.now().await)));
    }
    h.confirmed(&pair("chat-x", "ana")).await;
    replica.stop();
    let mut claiming = JoinSet::new();
    for (who, claim) in claims {
        let store = h.store.clone();
        claiming.spawn(async move { store.claim(&who.conversation, claim).await.err() });
    }
    for refused in claiming.join_all().await {
        assert_eq!(refused, Some(NOT_REPLICATED));
    }
    replica.cont();
}
