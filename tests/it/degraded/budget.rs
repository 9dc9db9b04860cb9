//! Without the store a replica keeps to its share.

use futures_util::future::join_all;
use genesys_sim::Route;
use session_resumption::server::health::Condition;

use super::{becomes, over};
use crate::servers::Server;
use crate::support::{Chat, Harness, Refusal};

/// Judges so many sessions at once; how many were, and how many found the budget spent.
async fn judged(harness: &Harness, sessions: usize) -> (usize, usize) {
    let chats: Vec<Chat> = (0..sessions).map(|_| Chat::dropped(harness)).collect();
    let answers = join_all(chats.iter().map(Chat::validate)).await;
    let (answers, refusals): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    for refused in &refusals {
        let refusal = Refusal::of(refused.as_ref().unwrap_err());
        assert_eq!(refusal.reason, "BUDGET_EXHAUSTED");
        assert!(refusal.retry.is_some());
    }
    (answers.len(), refusals.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_uses_its_share_until_the_store_is_back() {
    let server = Server::start(&[]);
    // Without the store 6 a minute, of which 2 at once and one every 15 s.
    let settings = [("genesys.budget_per_minute", "600"), ("genesys.degraded_share", "0.01")];
    let harness = over(&server, &settings).await;
    server.kill();
    // One call finds out, which is before it needs its turn.
    let (answered, refused) = judged(&harness, 50).await;
    assert!((2..=6).contains(&answered) && refused == 50 - answered, "{answered} answered, {refused} refused");
    assert_eq!(harness.control.calls(Route::Read).len(), answered, "whoever is refused asks nothing of Genesys");
    server.restart();
    becomes(&harness, Condition::Ready).await;
    assert_eq!(judged(&harness, 100).await, (100, 0), "the whole budget is there again");
    harness.stop().await.unwrap();
}
