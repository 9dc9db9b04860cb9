//! A replica that stands still (SIGSTOP) for longer than its lease, in the middle of its work, and goes on then.

use std::sync::Arc;
use std::time::Duration;

use genesys_sim::Route;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::customer::{Customer, Loss, MESSAGES, bounded};
use crate::proxy::{Held, When};
use crate::servers::Server;
use crate::stage::Stage;
use crate::way::{Phase, Way};

const PATIENCE: Duration = Duration::from_secs(30);
const LEASE_LOST: &str = "session_resumption_notes_total{note=\"lease_lost\"}";
const LEAD_LOST: &str = "session_resumption_notes_total{note=\"lead_lost\"}";

/// With these, the last thing before a write to Genesys is sent is a request for a token: where to freeze.
const TOKEN_EACH: &[(&str, &str)] = &[("genesys.token_refresh", "per_request")];

/// A replica frozen in the middle of a phase.
struct Frozen {
    stage: Stage,
    customer: Arc<Customer>,
    way: Arc<Way>,
    phase: Phase,
    first: JoinHandle<()>,
    held: Held,
}

impl Frozen {
    /// Goes as far as that phase and freezes the first replica at this call to Genesys.
    async fn at(phase: Phase, call: &str, nth: usize, when: When, settings: &[(&str, &str)]) -> Self {
        let stage = Stage::with(Server::shared(), settings).await;
        let customer = Arc::new(stage.customer());
        let way = Way::begin(&customer, Loss::new(1));
        let before: Vec<Phase> = Phase::ALL.into_iter().filter(|before| *before < phase).collect();
        assert_eq!(way.walk(&before).await, [""; 0]);
        assert_eq!(way.enter(phase).await, [""; 0]);
        let mut held = stage.roads[0].genesys.hold(call, nth, when);
        let first = way.spawn(phase, 0);
        timeout(PATIENCE, held.reached()).await.expect("the hold is reached");
        stage.replicas[0].signal("STOP");
        Self { stage, customer, way, phase, first, held }
    }

    /// The other replica takes over, and does it.
    async fn the_other_does_it(&self) {
        timeout(PATIENCE, self.way.spawn(self.phase, 1)).await.expect("the lease passes on").unwrap();
    }

    /// What was held arrives, and the replica goes on.
    async fn goes_on(self) -> Thawed {
        self.held.deliver().await;
        self.stage.replicas[0].signal("CONT");
        timeout(PATIENCE, self.first).await.expect("it comes to an end").unwrap();
        self.way.leave(self.phase);
        Thawed { stage: self.stage, customer: self.customer, way: self.way, phase: self.phase }
    }
}

struct Thawed {
    stage: Stage,
    customer: Arc<Customer>,
    way: Arc<Way>,
    phase: Phase,
}

impl Thawed {
    /// Walks on to the end, and once more, and judges.
    async fn judged(self, lost_leads: usize) {
        let after: Vec<Phase> = Phase::ALL.into_iter().filter(|after| *after > self.phase).collect();
        assert_eq!(self.way.walk(&after).await, [""; 0]);
        self.customer.drops();
        let second = Way::begin(&self.customer, Loss::new(2));
        assert_eq!(second.walk(&Phase::ALL).await, [""; 0]);
        let in_vain = self.stage.replicas[1].in_vain("read").await;
        assert_eq!(self.customer.verdict(&[self.way.chapter(lost_leads + in_vain), second.chapter(in_vain)]), [""; 0]);
        self.stage.sim.stop().await;
    }

    async fn notes(&self, lost: &str) {
        let until = Instant::now() + PATIENCE;
        while self.stage.replicas[0].metric(lost).await == 0 {
            assert!(Instant::now() < until, "it is not counted: {lost}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many counts and messages were written. A count that the other replica wrote twice for want of an answer is one.
    async fn written(&self) -> (usize, usize) {
        let again = self.stage.replicas[1].in_vain("write_metadata").await;
        let done = |route| self.customer.control.calls(route).iter().filter(|call| call.effect_applied).count();
        (done(Route::Patch) - again, done(Route::PostMessage))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_comes_back_has_nothing_to_say() {
    let frozen = Frozen::at(Phase::Validate, "read", 1, When::After, &[]).await;
    frozen.the_other_does_it().await;
    let thawed = frozen.goes_on().await;
    thawed.notes(LEAD_LOST).await;
    // Its own caller is told what the other found out.
    thawed.judged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_whose_time_is_over_is_not_sent() {
    // The first token is for the read.
    let frozen = Frozen::at(Phase::Confirm, "token", 2, When::After, TOKEN_EACH).await;
    frozen.the_other_does_it().await;
    let thawed = frozen.goes_on().await;
    assert_eq!(thawed.written().await, (1, 0));
    thawed.notes(LEASE_LOST).await;
    thawed.judged(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_arrives_late_says_the_same() {
    let frozen = Frozen::at(Phase::Confirm, "patch", 1, When::Before, &[]).await;
    frozen.the_other_does_it().await;
    let thawed = frozen.goes_on().await;
    assert_eq!(thawed.written().await, (2, 0));
    thawed.notes(LEASE_LOST).await;
    thawed.judged(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_time_is_over_is_not_sent() {
    // The first tokens are for the read, the transcript and the marker.
    let frozen = Frozen::at(Phase::Inject, "token", 4, When::After, TOKEN_EACH).await;
    frozen.the_other_does_it().await;
    let thawed = frozen.goes_on().await;
    assert_eq!(thawed.written().await, (1, 3));
    thawed.notes(LEASE_LOST).await;
    thawed.judged(0).await;
}

/// The hole that is documented: Genesys takes no fencing token. A message that left before the freeze, or between the last
/// look at the time and the write, and arrives when nobody expects it any more. It is that one message, and it is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_arrives_too_late_stands_twice_and_is_counted() {
    let frozen = Frozen::at(Phase::Inject, "post", 2, When::Before, &[]).await;
    frozen.the_other_does_it().await;
    let thawed = frozen.goes_on().await;
    thawed.notes(LEASE_LOST).await;
    let lines = thawed.customer.control.transcript(&thawed.customer.conversation).unwrap();
    let found: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let marker = thawed.way.loss.marker();
    let [(_, once), (_, other)] = MESSAGES;
    assert_eq!(found, [marker.as_str(), once, other, once]);
    thawed.stage.sim.stop().await;
}

/// The same hole for the count: what arrives after the next count was written sets the metadata back, until the next one, which
/// goes by what the store knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_arrives_after_the_next_is_made_up_for() {
    let Frozen { stage, customer, way, first, held, .. } =
        Frozen::at(Phase::Confirm, "patch", 1, When::Before, &[]).await;
    way.go(Phase::Confirm, 1).await;
    way.go(Phase::Inject, 1).await;
    let count =
        || customer.control.conversation(&customer.conversation).unwrap().custom_attributes["resumptionCount"].clone();
    let comes_back = async |number| {
        customer.drops();
        let way = Way::begin(&customer, Loss::new(number));
        for phase in [Phase::Validate, Phase::Confirm] {
            if phase == Phase::Confirm {
                customer.attach();
            }
            way.go(phase, 1).await;
        }
    };
    comes_back(2).await;
    assert_eq!(count(), "2");
    held.deliver().await;
    assert_eq!(count(), "1");
    stage.replicas[0].signal("CONT");
    // Its handshake is superseded by now.
    first.abort();
    comes_back(3).await;
    assert_eq!(count(), "3");
    stage.sim.stop().await;
}

/// A lease that was long in coming is as old as the question for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_was_claimed_too_slowly_is_not_sent() {
    let stage = Stage::with(Server::shared(), &[("genesys.timeout", "300ms")]).await;
    let customer = Arc::new(stage.customer());
    let way = Way::begin(&customer, Loss::new(1));
    assert_eq!(way.walk(&[Phase::Validate, Phase::TakeOver]).await, [""; 0]);
    assert_eq!(way.enter(Phase::Confirm).await, [""; 0]);
    let mut held = stage.roads[0].store.hold("claim", 1, When::After);
    let request = customer.confirm_request(way.handshake());
    let (mut client, asked) = (customer.client(0), bounded(&request));
    let first = tokio::spawn(async move { client.confirm_reattach(asked).await });
    timeout(PATIENCE, held.reached()).await.expect("the hold is reached");
    sleep(Duration::from_millis(600)).await;
    held.deliver().await;
    assert!(timeout(PATIENCE, first).await.expect("it comes to an end").unwrap().is_err());
    assert_eq!(customer.control.calls(Route::Patch).len(), 0);
    way.go(Phase::Confirm, 1).await;
    let conversation = customer.control.conversation(&customer.conversation).unwrap();
    assert_eq!(conversation.custom_attributes["resumptionCount"], "1");
    stage.sim.stop().await;
}
