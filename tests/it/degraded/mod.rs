//! The store goes away under a running service, and comes back.

mod answers;
mod budget;
mod leading;
mod pause;
mod recovery;

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb::ValidateSessionResponse;
use session_resumption::pb::validate_session_response::{Source, TabRole};
use session_resumption::server::health::{Component, Condition};
use tokio::time::{sleep, timeout};

use crate::servers::Server;
use crate::support::Harness;

/// A service over a Redis server of its own, with as many requests as it likes, also without the server.
async fn over(server: &Server, settings: &[(&str, &str)]) -> Harness {
    let options = SimOptions { requests_per_minute: u32::MAX, ..SimOptions::default() };
    let url = server.url();
    let own = [("store.url", &*url), ("genesys.budget_per_minute", "100000"), ("genesys.degraded_share", "1")];
    Harness::with(options, &[&own, settings].concat()).await
}

/// The next read takes so long.
fn slow_read(harness: &Harness, ms: u64) {
    let delay = Fault::Delay { ms, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Read, delay)).unwrap();
}

/// Waits for what Genesys is asked next.
async fn asked(harness: &Harness, reads: usize) {
    let arriving = async {
        while harness.control.calls(Route::Read).len() < reads {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(20), arriving).await.expect("the read arrives");
}

/// Waits until the store's condition is this.
async fn becomes(harness: &Harness, condition: Condition) {
    let becoming = async {
        while harness.health.components()[&Component::Store] != condition {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), becoming).await.unwrap_or_else(|_| panic!("the store is not {condition:?}"));
}

/// What every answer without the store has and has not.
fn assert_degraded(answer: &ValidateSessionResponse) {
    assert!(answer.degraded && !answer.replayed, "{answer:?}");
    assert_eq!((answer.handshake_id.as_str(), answer.tab_role(), answer.tab_epoch), ("", TabRole::Unspecified, 0));
    assert!(!answer.routing_attributes.contains_key("handshakeId"), "{answer:?}");
    assert_eq!(answer.source(), Source::LiveRead);
}
