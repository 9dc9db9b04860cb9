//! An outage ends: a thousand customers come back at the same moment, three tabs each, to three replicas that share one Redis
//! server. Real processes, and every promise counted.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "nobody reads along here")]
#[path = "../cli/process.rs"]
mod process;
mod replicas;
#[path = "../support/redis/mod.rs"]
mod servers;
mod session;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use genesys_sim::{Route, Sim, SimOptions};
use session_resumption::pb::validate_session_response::{Decision, TabRole};
use tokio::time::Instant;

use replicas::Replicas;
use servers::Server;
use session::{MARKER, Session};

const SESSIONS: usize = 1_000;
const TABS: usize = 3;
const REPLICAS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sessions_of_three_tabs_come_back_at_once_to_three_replicas() {
    let options = SimOptions { requests_per_minute: u32::MAX, ..SimOptions::default() };
    let sim = Sim::start(options.clone()).await.unwrap();
    let redis = Server::start(&[]);
    let replicas = Replicas::start(REPLICAS, &sim, &options, &redis).await;
    let control = sim.control();
    let sessions: Vec<Session> = (0..SESSIONS).map(|_| Session::dropped(&control)).collect();

    // Every tab asks, all at once.
    let began = Instant::now();
    let asked = sessions.iter().map(|session| join_all((0..TABS).map(|tab| session.resume(replicas.any(), tab))));
    let answers = join_all(asked).await;
    let resumed_in = began.elapsed();
    let mut handshakes = BTreeSet::new();
    for told in &answers {
        let first = &told[0];
        assert_eq!(first.decision(), Decision::Resumable, "{first:?}");
        for answer in told {
            let same = (&answer.handshake_id, answer.decision, answer.tab_epoch);
            assert_eq!(same, (&first.handshake_id, first.decision, first.tab_epoch), "{told:?}");
        }
        let active = told.iter().filter(|answer| answer.tab_role() == TabRole::Active).count();
        let suspended = told.iter().filter(|answer| answer.tab_role() == TabRole::Suspended).count();
        assert_eq!((active, suspended), (1, TABS - 1), "{told:?}");
        assert_eq!(told.iter().filter(|answer| !answer.replayed).count(), 1, "one led: {told:?}");
        handshakes.insert(first.handshake_id.clone());
    }
    let reads = control.calls(Route::Read).len();
    assert_eq!((reads, handshakes.len()), (SESSIONS, SESSIONS));

    // The flow of every tab re-attaches the customer, confirms, and writes the marker: all at once again.
    for session in &sessions {
        session.attach(&control);
    }
    let began = Instant::now();
    let flows = sessions.iter().zip(&answers).flat_map(|(session, told)| {
        told.iter().map(|answer| session.finish(replicas.any(), replicas.any(), &answer.handshake_id))
    });
    let counted = join_all(flows).await;
    let finished_in = began.elapsed();
    assert!(counted.iter().all(|(count, _)| *count == 1), "every flow is told that it is the first resumption");
    let first_told = counted.iter().filter(|(_, replayed)| !replayed).count();
    let (mut markers, mut duplicates) = (0, 0);
    for session in &sessions {
        assert_eq!(session.count(&control), 1);
        let transcript = session.transcript(&control);
        assert!(transcript.iter().all(|line| line == MARKER), "{transcript:?}");
        markers += transcript.len().min(1);
        duplicates += transcript.len().saturating_sub(1);
    }
    let (writes, posts) = (control.calls(Route::Patch).len(), control.calls(Route::PostMessage).len());
    println!(
        "{REPLICAS} replicas, {SESSIONS} sessions x {TABS} tabs: {reads} upstream reads, {} handshakes, {writes} counts written, \
         {posts} messages posted, {markers} markers, {duplicates} duplicates; resumed in {resumed_in:.1?}, confirmed and \
         marked in {finished_in:.1?}",
        handshakes.len()
    );
    assert_eq!((writes, posts, markers, duplicates), (SESSIONS, SESSIONS, SESSIONS, 0));
    assert_eq!(first_told, SESSIONS, "one flow of each session counted, the others were told");
    assert!(control.ledger().iter().all(|entry| entry.violation.is_none() && entry.status != Some(429)));
    replicas.stop().await;
    sim.stop().await;
}
