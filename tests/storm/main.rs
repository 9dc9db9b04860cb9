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
use futures_util::{StreamExt as _, stream};
use genesys_sim::{Route, Sim, SimOptions};
use session_resumption::pb::validate_session_response::{Decision, TabRole};
use tokio::time::Instant;

use replicas::Replicas;
use servers::Server;
use session::{Answer, MARKER, SentAway, Session};

const SESSIONS: usize = 1_000;
const TABS: usize = 3;
const REPLICAS: usize = 3;
/// Flows under way at once: each makes a dozen calls of the store and of Genesys.
const FLOWS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sessions_of_three_tabs_come_back_at_once_to_three_replicas() {
    let options = SimOptions { requests_per_minute: u32::MAX, ..SimOptions::default() };
    let sim = Sim::start(options.clone()).await.unwrap();
    let redis = Server::start(&[]);
    let replicas = Replicas::start(REPLICAS, &sim, &options, &redis).await;
    let control = sim.control();
    let sessions: Vec<Session> = (0..SESSIONS).map(|_| Session::dropped(&control)).collect();

    let sent_away = SentAway::new();

    // Every tab asks, all at once.
    let began = Instant::now();
    let tabs = |session| (0..TABS).map(move |tab| (session, tab));
    let asked = sessions.iter().flat_map(tabs).map(|(session, tab)| session.resume(replicas.any(), tab, &sent_away));
    let answers = join_all(asked).await;
    let resumed_in = began.elapsed();
    let reads = control.calls(Route::Read).len();

    // The flow of every tab re-attaches the customer, confirms, and writes the marker: those of one session at once.
    for session in &sessions {
        session.attach(&control);
    }
    let began = Instant::now();
    let flows = answers
        .iter()
        .zip(sessions.iter().flat_map(tabs))
        .map(|(answer, (session, _))| session.finish(replicas.any(), replicas.any(), &answer.handshake_id, &sent_away));
    let confirmed: Vec<_> = stream::iter(flows).buffer_unordered(FLOWS).collect().await;
    let finished_in = began.elapsed();

    let handshakes: BTreeSet<&str> = answers.iter().map(|answer| answer.handshake_id.as_str()).collect();
    let (led, first) =
        (answers.iter().filter(|answer| !answer.replayed), confirmed.iter().filter(|told| !told.replayed));
    let (led, first) = (led.count(), first.count());
    let transcripts: Vec<Vec<String>> = sessions.iter().map(|session| session.transcript(&control)).collect();
    let markers = transcripts.iter().filter(|lines| lines.contains(&MARKER.to_owned())).count();
    let duplicates: usize = transcripts.iter().map(|lines| lines.len().saturating_sub(1)).sum();
    let (writes, posts) = (control.calls(Route::Patch).len(), control.calls(Route::PostMessage).len());
    println!(
        "{REPLICAS} replicas, {SESSIONS} sessions x {TABS} tabs: {reads} upstream reads, {} handshakes, {writes} counts written, \
         {posts} messages posted, {markers} markers, {duplicates} duplicates; {} times told to come back; resumed in \
         {resumed_in:.1?}, confirmed and marked in {finished_in:.1?}",
        handshakes.len(),
        sent_away.count(),
    );

    // Whatever happened.
    for told in answers.chunks(TABS) {
        one_handshake_and_one_active_tab(told);
    }
    assert_eq!((handshakes.len(), markers, duplicates), (SESSIONS, SESSIONS, 0));
    assert!(confirmed.iter().all(|told| told.resumption_count == 1), "it is everybody's first resumption");
    assert!(sessions.iter().all(|session| session.count(&control) == 1));
    assert!(control.ledger().iter().all(|entry| entry.violation.is_none() && entry.status != Some(429)));
    // When nothing fails. Who is sent away may have to be read or written for again, once each.
    let again = SESSIONS..=SESSIONS + sent_away.count();
    assert!(again.contains(&reads) && again.contains(&writes), "{reads} reads, {writes} counts written");
    assert_eq!(posts, SESSIONS);
    if sent_away.count() == 0 {
        assert_eq!((led, first), (SESSIONS, SESSIONS), "one tab of a session leads, one flow counts");
    }
    replicas.stop().await;
    sim.stop().await;
}

fn one_handshake_and_one_active_tab(told: &[Answer]) {
    let first = &told[0];
    assert_eq!(first.decision(), Decision::Resumable, "{first:?}");
    let seen =
        |answer: &Answer| (answer.handshake_id.clone(), answer.decision, answer.agent_id.clone(), answer.tab_epoch);
    assert!(told.iter().all(|answer| seen(answer) == seen(first)), "{told:?}");
    let of_role = |role| told.iter().filter(|answer| answer.tab_role() == role).count();
    assert_eq!((of_role(TabRole::Active), of_role(TabRole::Suspended)), (1, TABS - 1), "{told:?}");
}
