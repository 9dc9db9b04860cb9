//! Sentinels replace the store's primary while customers are on their way; with and without the last writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use genesys_sim::{Sim, SimOptions};
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::{sleep, timeout};

use crate::customer::{Customer, Loss, MESSAGES, bounded};
use crate::lost::{is_not_found, is_unknown};
use crate::replica::Replica;
use crate::servers::{Sentinels, Server};
use crate::way::{Phase, Way};

/// A failover takes two seconds; clients come back within four after an error.
const PATIENCE: Duration = Duration::from_secs(90);

/// Two replicas whose store is watched by sentinels.
struct Stage {
    sentinels: Sentinels,
    sim: Sim,
    replicas: [Replica; 2],
}

impl Stage {
    async fn set() -> Self {
        let sentinels = Sentinels::start(1);
        let options = SimOptions { requests_per_minute: 1_000_000, ..SimOptions::default() };
        let sim = Sim::start(options).await.unwrap();
        let url = sentinels.url();
        let (first, second) =
            tokio::join!(Replica::start(&url, sim.addr(), &[]), Replica::start(&url, sim.addr(), &[]));
        Self { sentinels, sim, replicas: [first, second] }
    }

    fn customer(&self) -> Arc<Customer> {
        Arc::new(Customer::new(self.sim.control(), [self.replicas[0].client(), self.replicas[1].client()]))
    }
}

/// One customer's way to the end, from a phase on; who is told that the handshake is unknown begins anew. Returns how often.
async fn journey(customer: Arc<Customer>, way: Arc<Way>, from: Phase, replica: usize) -> usize {
    let mut way = way;
    let mut from = from;
    for losses in 0..5 {
        let mut told = Ok(());
        for phase in Phase::ALL.into_iter().filter(|phase| *phase >= from) {
            let handshake = way.handshake();
            told = match phase {
                Phase::Confirm => customer.try_to_confirm(replica, handshake).await,
                Phase::Inject => injected(&customer, &way, replica).await,
                phase => {
                    way.go(phase, replica).await;
                    Ok(())
                }
            };
            if told.is_err() {
                break;
            }
        }
        match told {
            Ok(()) => return losses,
            Err(status) => assert!(is_not_found(&status), "{status:?}"),
        }
        way = Way::begin(&customer, Loss::new(losses + 2));
        from = Phase::Validate;
    }
    panic!("the store forgets again and again")
}

async fn injected(customer: &Customer, way: &Way, replica: usize) -> Result<(), tonic::Status> {
    // What may stand in the transcript since before a loss stays unknown.
    for _ in 0..3 {
        if customer.try_to_inject(replica, &way.loss, way.handshake()).await? == Inject::Complete {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

impl Customer {
    /// What holds whatever was lost. `losses` is how often this customer was told that a handshake is unknown.
    fn stays_whole(&self, losses: usize) {
        let lines = self.lines();
        let distinct: BTreeSet<&String> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len(), "written twice: {lines:?}");
        let at = |text: &str| lines.iter().position(|line| line == text);
        let [one, two] = MESSAGES.map(|(_, text)| at(text));
        assert!(one < two || two.is_none(), "out of order: {lines:?}");

        let told = self.told.lock().unwrap();
        let mut confirmed: Vec<(i32, &String)> = told
            .confirmed
            .iter()
            .filter(|(_, told)| told.outcome() == Confirm::Confirmed)
            .map(|(handshake, told)| (told.resumption_count, handshake))
            .collect();
        confirmed.sort_unstable();
        confirmed.dedup();
        let handshakes: BTreeSet<_> = confirmed.iter().map(|(_, handshake)| handshake).collect();
        assert_eq!(handshakes.len(), confirmed.len(), "a handshake has two counts: {confirmed:?}");
        let (counted, most) = (self.count() as usize, confirmed.len() + losses);
        assert!((confirmed.len()..=most).contains(&counted), "{counted} counted, told were {confirmed:?}");
        if losses == 0 {
            let complete = told.injected.iter().any(|(_, told)| told.outcome() == Inject::Complete);
            assert!(complete && lines.len() == 1 + MESSAGES.len(), "{lines:?}");
        }
        drop(told);
        assert!(self.tabs().len() <= losses, "{:?}", self.tabs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_get_through_while_the_primary_is_replaced() {
    let stage = Stage::set().await;
    let mut journeys = Vec::new();
    // Customers who stand before each phase, at each replica.
    for phase in Phase::ALL {
        for replica in [0, 1] {
            let customer = stage.customer();
            let way = Way::begin(&customer, Loss::new(1));
            for before in Phase::ALL.into_iter().filter(|before| *before < phase) {
                if before == Phase::Confirm {
                    customer.attach();
                }
                way.go(before, replica).await;
            }
            if phase <= Phase::Confirm {
                customer.attach();
            }
            journeys.push((customer, way, phase, replica));
        }
    }
    let journeys: Vec<_> = journeys
        .into_iter()
        .map(|(customer, way, phase, replica)| {
            let travels = journey(Arc::clone(&customer), way, phase, replica);
            (customer, tokio::spawn(timeout(PATIENCE, travels)))
        })
        .collect();
    stage.sentinels.failover().await;
    for (customer, journey) in journeys {
        let losses = journey.await.unwrap().expect("everybody gets through");
        customer.stays_whole(losses);
    }
    stage.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_successor_never_heard_of_is_not_sent_again() {
    let stage = Stage::set().await;
    let old = stage.customer();
    let done = Way::begin(&old, Loss::new(1));
    assert_eq!(done.walk(&Phase::ALL).await, [""; 0]);

    let run = |server: &Server, words: &[&str]| {
        redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.admin()).unwrap();
    };
    // Sentinels promote nobody who was without the primary for ten times as long.
    for sentinel in stage.sentinels.sentinels() {
        run(sentinel, &["SENTINEL", "SET", "main", "down-after-milliseconds", "3000"]);
    }
    // From here on the replica hears nothing, and does not get back in.
    run(stage.sentinels.replicas()[0], &["CONFIG", "SET", "masterauth", "wrong"]);
    run(stage.sentinels.primary(), &["CLIENT", "KILL", "TYPE", "replica"]);
    let new = stage.customer();
    let way = Way::begin(&new, Loss::new(1));
    for caller in [0, 1] {
        new.validate(caller, &way.loss, caller, Intent::Resume).await;
    }
    way.go(Phase::Validate, 0).await;
    new.attach();
    // Refused, as long as the service waits for the replica; else done, and forgotten.
    let request = bounded(&new.confirm_request(way.handshake()));
    let confirmed = new.client(0).confirm_reattach(request).await.is_ok();
    if confirmed {
        let request = bounded(&new.inject_request(&way.loss, way.handshake()));
        let _ = new.client(0).inject_context(request).await;
    }
    let (counted, lines) = (new.count(), new.lines().len());
    stage.sentinels.failover().await;

    for replica in [0, 1] {
        is_unknown(&new, &way, way.handshake(), replica).await;
    }
    assert_eq!((new.count(), new.lines().len()), (counted, lines));
    let anew = Way::begin(&new, Loss::new(2));
    anew.go(Phase::Validate, 1).await;
    assert_ne!(anew.handshake(), way.handshake());
    new.confirm(1, anew.handshake()).await;
    assert_eq!(new.count(), counted + 1);
    injected(&new, &anew, 1).await.unwrap();
    new.stays_whole(1);

    // Whoever was through before notices nothing.
    let before = old.lines();
    old.confirm(0, done.handshake()).await;
    old.inject(1, &done.loss, done.handshake()).await;
    let last = old.told.lock().unwrap().injected.last().cloned();
    let results = last.map(|(_, answer)| answer.results).unwrap();
    assert!(results.iter().all(|result| result.outcome() == Fate::AlreadyPresent), "{results:?}");
    assert_eq!(old.lines(), before);
    assert_eq!(old.verdict(&[done.chapter(0)]), [""; 0]);
    stage.sim.stop().await;
}
