//! A store that answers nobody for ten seconds: every caller gets an answer in time, and all goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::customer::{Customer, Loss};
use crate::servers::Server;
use crate::stage::Stage;
use crate::way::{Phase, Way};

const PAUSE: Duration = Duration::from_secs(10);
/// The service's own limit for a call; callers here set none, whose client would give up in its place.
const LIMIT: &[(&str, &str)] = &[("server.max_call_time", "2s")];
/// How long an answer may take then, on a busy machine.
const IN_TIME: Duration = Duration::from_secs(7);
/// How soon all is well again, a client's delays included.
const SOON: Duration = Duration::from_secs(30);

/// Calls every replica again and again until told to stop, each time as a new customer. Returns how many answers came.
fn visitors(stage: &Stage, replica: usize, until: Instant) -> JoinHandle<usize> {
    let (control, client) = (stage.sim.control(), stage.replicas[replica].client());
    tokio::spawn(async move {
        let mut answers = 0;
        while Instant::now() < until {
            let visitor = Customer::new(control.clone(), [client.clone(), client.clone()]);
            let loss = Loss::new(1);
            let request = visitor.validate_request(&loss, 0, Intent::Resume);
            let told = timeout(IN_TIME, visitor.client(0).validate_session(request)).await;
            is_sound(&told.expect("no caller waits for longer than the limit").map(tonic::Response::into_inner));
            answers += 1;
            sleep(Duration::from_millis(20)).await;
        }
        answers
    })
}

/// A decision, or an error that says why; never a new start because of us.
fn is_sound(told: &Result<pb::ValidateSessionResponse, Status>) {
    match told {
        Ok(answer) => assert_eq!(answer.decision(), pb::validate_session_response::Decision::Resumable),
        Err(status) => {
            let details = status.get_error_details();
            let reason = details.error_info().map(|info| info.reason.as_str());
            let returns = details.retry_info().is_some();
            let says_when = reason == Some("STORE_UNAVAILABLE") && returns;
            assert!(says_when || reason == Some("DEADLINE_EXCEEDED"), "{status:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hangs_while_the_store_is_paused() {
    let server = Server::start(&[]);
    let stage = Stage::with(&server, LIMIT).await;
    // One customer for each phase that the pause can hit.
    let mut ways = Vec::new();
    for phase in Phase::ALL {
        let customer = Arc::new(stage.customer());
        let way = Way::begin(&customer, Loss::new(1));
        let (before, rest): (Vec<_>, Vec<_>) = Phase::ALL.into_iter().partition(|before| *before < phase);
        assert_eq!(way.walk(&before).await, [""; 0]);
        ways.push((way, rest));
    }
    let paused = Instant::now();
    let visitors = [0, 1].map(|replica| visitors(&stage, replica, paused + PAUSE));
    server.stop();
    let walks = ways.into_iter().map(|(way, rest)| {
        tokio::spawn(async move {
            let wrong = way.walk(&rest).await;
            (way, wrong)
        })
    });
    let walks: Vec<_> = walks.collect();
    for visitors in visitors {
        let answers = visitors.await.unwrap();
        assert!(answers >= 3, "{answers} answers");
    }
    server.cont();
    for walk in walks {
        let (way, wrong) = timeout(SOON, walk).await.expect("it goes on by itself").unwrap();
        assert_eq!(wrong, [""; 0]);
        // Whoever led may have read and found nobody to tell.
        let in_vain = {
            let told = way.customer.told.lock().unwrap();
            told.refused.len() + told.degraded.len()
        };
        assert_eq!(way.customer.verdict(&[way.chapter(in_vain + stage.reads_in_vain().await)]), [""; 0]);
    }
    for replica in &stage.replicas {
        replica.becomes_ready().await;
    }
    stage.sim.stop().await;
}
