//! One customer's way back from one loss of the connection, phase by phase, with two callers in each.

use std::sync::{Arc, Mutex, OnceLock};

use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::validate_session_request::Intent;
use tokio::task::JoinHandle;

use crate::customer::{Customer, Loss, bounded};
use crate::verdict::{Chapter, Mark};

/// One part of the way, and what is called in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Validate,
    TakeOver,
    Confirm,
    Inject,
}

impl Phase {
    pub(crate) const ALL: [Self; 4] = [Self::Validate, Self::TakeOver, Self::Confirm, Self::Inject];
}

pub(crate) struct Way {
    pub(crate) customer: Arc<Customer>,
    pub(crate) loss: Loss,
    handshake: OnceLock<String>,
    began: Mark,
    /// When both tabs knew, when the customer was attached, when the flow was told of the confirmation.
    marks: Mutex<Vec<Mark>>,
    /// How often the tabs were told that something was too slow.
    too_slow: OnceLock<usize>,
}

impl Way {
    /// The customer has just lost the connection.
    pub(crate) fn begin(customer: &Arc<Customer>, loss: Loss) -> Arc<Self> {
        let (customer, began) = (Arc::clone(customer), customer.mark());
        let (handshake, too_slow) = (OnceLock::new(), OnceLock::new());
        Arc::new(Self { customer, loss, handshake, began, marks: Mutex::default(), too_slow })
    }

    /// The handshake, once it is known.
    pub(crate) fn handshake(&self) -> &str {
        self.handshake.get().map_or("", String::as_str)
    }

    /// What happens before a phase. Returns what is wrong.
    pub(crate) async fn enter(&self, phase: Phase) -> Vec<String> {
        if phase != Phase::Confirm {
            return Vec::new();
        }
        let mut wrong = self.too_early_to_confirm().await;
        self.customer.attach();
        self.mark();
        wrong.extend(self.too_early_to_inject().await);
        wrong
    }

    /// One of the two callers of a phase, who asks the replica of the same number.
    pub(crate) async fn go(&self, phase: Phase, caller: usize) {
        let Self { customer, loss, .. } = self;
        match phase {
            Phase::Validate => {
                let handshake = customer.validate(caller, loss, caller, Intent::Resume).await;
                // The verdict compares what others were told.
                let _ = self.handshake.set(handshake);
            }
            Phase::TakeOver => {
                customer.validate(caller, loss, loss.number % 2, Intent::TakeOver).await;
                customer.validate(caller, loss, caller, Intent::Resume).await;
            }
            Phase::Confirm => customer.confirm(caller, self.handshake()).await,
            Phase::Inject => customer.inject(caller, loss, self.handshake()).await,
        }
    }

    /// The same, beside the test.
    pub(crate) fn spawn(self: &Arc<Self>, phase: Phase, caller: usize) -> JoinHandle<()> {
        let way = Arc::clone(self);
        tokio::spawn(async move { way.go(phase, caller).await })
    }

    /// What happens after a phase.
    pub(crate) fn leave(&self, phase: Phase) {
        if phase == Phase::Validate {
            let of_time = |reason: &&String| {
                ["STORE_UNAVAILABLE", "UPSTREAM_TIMEOUT", "DEADLINE_EXCEEDED"].contains(&reason.as_str())
            };
            let refused = &self.customer.told.lock().unwrap().refused;
            let _ = self.too_slow.set(refused.iter().filter(of_time).count());
        }
        if matches!(phase, Phase::Validate | Phase::Confirm) {
            self.mark();
        }
    }

    /// These phases, both callers at once in each. Returns what is wrong.
    pub(crate) async fn walk(&self, phases: &[Phase]) -> Vec<String> {
        let mut wrong = Vec::new();
        for phase in phases.iter().copied() {
            wrong.extend(self.enter(phase).await);
            tokio::join!(self.go(phase, 0), self.go(phase, 1));
            self.leave(phase);
        }
        wrong
    }

    /// What the verdict has to know of it, once it is over. Each lead that was lost may have cost a read.
    pub(crate) fn chapter(&self, lost_leads: usize) -> Chapter {
        let [validated, attached, confirmed] = self.marks.lock().unwrap()[..] else { panic!("it is not over") };
        let (loss, handshake, began) = (self.loss.clone(), self.handshake().to_owned(), self.began);
        let lost_leads = lost_leads + self.too_slow.get().copied().unwrap_or_default();
        Chapter { loss, handshake, began, validated, attached, confirmed, lost_leads }
    }

    fn mark(&self) {
        self.marks.lock().unwrap().push(self.customer.mark());
    }

    /// Nobody is attached yet.
    async fn too_early_to_confirm(&self) -> Vec<String> {
        let request = self.customer.confirm_request(self.handshake());
        let told = self.customer.client(1).confirm_reattach(bounded(&request)).await;
        let confirmed = told.is_ok_and(|told| told.get_ref().outcome() == Confirm::Confirmed);
        Vec::from_iter(confirmed.then(|| "5: confirmed before the customer was attached".to_owned()))
    }

    /// Nothing is confirmed yet.
    async fn too_early_to_inject(&self) -> Vec<String> {
        let request = self.customer.inject_request(&self.loss, self.handshake());
        let told = self.customer.client(1).inject_context(bounded(&request)).await;
        Vec::from_iter(told.is_ok().then(|| "5: injected before the confirmation".to_owned()))
    }
}
