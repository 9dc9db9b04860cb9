//! A store that restarts empty in the middle of a customer's way: what it gave out before counts for nothing, nothing is written
//! twice, and the customer gets through by asking anew.

use std::sync::Arc;
use std::time::Duration;

use genesys_sim::Route;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::customer::{Customer, Loss, MESSAGES, bounded};
use crate::proxy::When;
use crate::servers::Server;
use crate::stage::Stage;
use crate::way::{Phase, Way};

const PATIENCE: Duration = Duration::from_secs(30);
/// How long whoever asks for what is lost keeps asking, until the store is there again.
const ASKING: Duration = Duration::from_secs(20);

/// Where the store loses everything.
#[derive(Debug, Clone, Copy)]
struct At {
    phase: Phase,
    /// When the answer of this call to Genesys, the first caller's, is on its way.
    call: &'static str,
    nth: usize,
    /// How many counts and messages had been written by then.
    written: (u32, usize),
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_session_is_judged() {
    loses_everything(At { phase: Phase::Validate, call: "read", nth: 1, written: (0, 0) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_customer_is_counted() {
    loses_everything(At { phase: Phase::Confirm, call: "read", nth: 1, written: (0, 0) }).await;
}

/// The count was written, and nobody was told: the customer who asks anew is counted once more, once per loss.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_customer_is_counted() {
    loses_everything(At { phase: Phase::Confirm, call: "patch", nth: 1, written: (1, 0) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_written() {
    loses_everything(At { phase: Phase::Inject, call: "transcript", nth: 1, written: (1, 0) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_messages_are_written() {
    loses_everything(At { phase: Phase::Inject, call: "post", nth: 2, written: (1, 2) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_last_message_is_written() {
    loses_everything(At { phase: Phase::Inject, call: "post", nth: 3, written: (1, 3) }).await;
}

async fn loses_everything(at: At) {
    let server = Server::start(&[]);
    let stage = Stage::set(&server).await;
    let customer = Arc::new(stage.customer());
    let way = Way::begin(&customer, Loss::new(1));
    let before: Vec<Phase> = Phase::ALL.into_iter().filter(|before| *before < at.phase).collect();
    assert_eq!(way.walk(&before).await, [""; 0]);
    assert_eq!(way.enter(at.phase).await, [""; 0]);
    let mut held = stage.roads[0].genesys.hold(at.call, at.nth, When::After);
    let first = way.spawn(at.phase, 0);
    timeout(PATIENCE, held.reached()).await.expect("the hold is reached");
    server.restart();
    held.deliver().await;

    let old = way.handshake().to_owned();
    if at.phase == Phase::Validate {
        // Nobody had been given a handshake, so the first caller just gets one.
        timeout(PATIENCE, first).await.expect("it comes to an end").unwrap();
    } else {
        first.abort();
        for replica in [0, 1] {
            is_unknown(&customer, &way, &old, replica).await;
        }
    }
    // Nothing was done for the old handshake but what had been done.
    assert_eq!(customer.count(), at.written.0);
    assert_eq!(customer.lines().len(), at.written.1);

    // The customer, who is attached or not, asks anew.
    let anew = Way::begin(&customer, Loss::new(2));
    let caller = 1;
    anew.go(Phase::Validate, caller).await;
    assert_ne!(anew.handshake(), old);
    if at.phase < Phase::Confirm {
        customer.attach();
    }
    anew.go(Phase::Confirm, caller).await;
    assert_eq!(customer.count(), at.written.0 + 1);
    let fates = inject(&customer, &anew, caller).await;
    let [(_, one), (_, two)] = MESSAGES;
    let (old, new) = (way.loss.marker(), anew.loss.marker());
    // What may stand there already is not sent again, and whatever would overtake it neither.
    let (expected, told): (&[&str], _) = match at.written.1 {
        0 => (&[&new, one, two], [Fate::Injected, Fate::Injected]),
        2 => (&[&old, one, &new], [Fate::Unknown, Fate::NotAttempted]),
        _ => (&[&old, one, two, &new], [Fate::Unknown, Fate::Unknown]),
    };
    assert_eq!(customer.lines(), expected);
    assert_eq!(fates, told);
    // Within one second the server's time tells epochs before and after apart no better: once per loss at most.
    assert!(customer.tabs().len() <= 1, "{:?}", customer.tabs());
    stage.sim.stop().await;
}

impl Customer {
    pub(crate) fn count(&self) -> u32 {
        let attributes = self.control.conversation(&self.conversation).unwrap().custom_attributes;
        attributes.get("resumptionCount").map_or(0, |count| count.parse().unwrap())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.control.transcript(&self.conversation).unwrap().into_iter().map(|line| line.text).collect()
    }
}

/// Whoever names the old handshake is told that there is none, as soon as the store answers again.
pub(crate) async fn is_unknown(customer: &Customer, way: &Way, handshake: &str, replica: usize) {
    let writes = || [Route::Patch, Route::PostMessage].map(|route| customer.control.calls(route).len());
    let before = writes();
    let mut client = customer.client(replica);
    let until = Instant::now() + ASKING;
    loop {
        let confirm = bounded(&customer.confirm_request(handshake));
        let inject = bounded(&way.customer.inject_request(&way.loss, handshake));
        let told = [
            client.confirm_reattach(confirm).await.map(drop).unwrap_err(),
            client.inject_context(inject).await.map(drop).unwrap_err(),
        ];
        if told.iter().all(is_not_found) {
            break;
        }
        assert!(Instant::now() < until, "{told:?}");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(writes(), before);
}

pub(crate) fn is_not_found(status: &Status) -> bool {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    status.code() == Code::NotFound && reason.as_deref() == Some("HANDSHAKE_NOT_FOUND")
}

/// The same messages under the new handshake. Returns what became of them, once nothing is pending any more.
async fn inject(customer: &Customer, way: &Way, replica: usize) -> [Fate; 2] {
    let outcome = customer.try_to_inject(replica, &way.loss, way.handshake()).await.unwrap();
    let told = customer.told.lock().unwrap();
    let (_, answer) = told.injected.last().unwrap();
    let fates = [0, 1].map(|index| answer.results[index].outcome());
    let complete = fates == [Fate::Injected; 2];
    assert_eq!(outcome, if complete { Outcome::Complete } else { Outcome::Incomplete });
    fates
}
