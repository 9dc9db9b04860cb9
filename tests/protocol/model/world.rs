//! Two pairs of a real conversation beside their models, compared after every call.

mod leading;
mod using;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::{Conversation, Glimpse};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Fenced;
use session_resumption::domain::pair::View;
use session_resumption::domain::snapshot::Reading;
use session_resumption::domain::tabs::{Seat, TabRole};

use super::calls::Call;
use super::pair::PairModel;
use crate::given::{FRESH_FOR, plus, start, tab, who};

pub(crate) struct World {
    conversation: Conversation,
    now: Timestamp,
    pairs: [PairModel; 2],
    issued: u32,
    count: u32,
    glimpse: Option<(Reading, Timestamp)>,
    /// What everyone in a handshake was told.
    answers: BTreeMap<HandshakeId, Answer>,
    /// The ACTIVE tab of each pair and epoch.
    active: BTreeMap<(usize, u64), usize>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            conversation: Conversation::default(),
            now: start(),
            pairs: [PairModel::default(), PairModel::default()],
            issued: 0,
            count: 0,
            glimpse: None,
            answers: BTreeMap::new(),
            active: BTreeMap::new(),
        }
    }

    fn fresh(&mut self) -> u32 {
        self.issued += 1;
        self.issued
    }

    pub(crate) fn step(&mut self, call: &Call) -> TestCaseResult {
        match *call {
            Call::Join { who, tab, attempt, lease_for } => self.join(who, tab, attempt, lease_for),
            Call::Conclude { who, lease, tab, kind } => self.conclude(who, lease, tab, kind),
            Call::Fail { who, lease, back_in } => self.fail(who, lease, back_in),
            Call::TakeOver { who, tab } => self.take_over(who, tab),
            Call::View { who, of, handshake, tab } => self.view(who, of, handshake, tab),
            Call::Confirm { who, of, handshake } => self.confirm(who, of, handshake),
            Call::Speak { who, handshake, tab, epochs_ago } => self.speak(who, handshake, tab, epochs_ago),
            Call::Heartbeat { who, tab } => self.heartbeat(who, tab),
            Call::Wait(wait) => {
                self.now = plus(self.now, wait);
                Ok(())
            }
        }
    }

    fn heartbeat(&mut self, w: usize, t: Option<usize>) -> TestCaseResult {
        let reading = Reading::live(None, Some(start() + SignedDuration::from_secs(self.fresh().into())));
        let glimpse = Glimpse { reading: reading.clone(), fresh_for: FRESH_FOR, tab: t.map(tab) };
        let seat = self.conversation.remember(&who(w), &glimpse, self.now);
        prop_assert_eq!(seat, self.pairs[w].seat(t));
        self.glimpse = Some((reading, plus(self.now, FRESH_FOR)));
        self.seated(w, t, seat)
    }

    /// Checks an answer against all that others were told.
    fn told(&mut self, w: usize, t: Option<usize>, view: &View) -> TestCaseResult {
        if let Some(id) = view.handshake {
            prop_assert_eq!(self.answers.entry(id).or_insert_with(|| view.answer.clone()), &view.answer);
        }
        self.seated(w, t, view.seat)
    }

    /// Checks a seat against all that were given before.
    fn seated(&mut self, w: usize, t: Option<usize>, seat: Seat) -> TestCaseResult {
        let last = self.active.range((w, 0)..=(w, u64::MAX)).map(|((_, epoch), _)| *epoch).max();
        prop_assert!(seat.epoch >= last.unwrap_or(0), "epochs never shrink");
        if let (Some(tab), Some(role)) = (t, seat.role) {
            match role {
                TabRole::Active => {
                    prop_assert_eq!(*self.active.entry((w, seat.epoch)).or_insert(tab), tab, "two are ACTIVE");
                }
                TabRole::Suspended => prop_assert_ne!(self.active.get(&(w, seat.epoch)), Some(&tab)),
            }
        }
        Ok(())
    }

    /// At most one of all leases ever granted is worth anything: the newest, and only while it is not reported.
    pub(crate) fn at_most_one_lead(&self) -> TestCaseResult {
        for (w, pair) in self.pairs.iter().enumerate() {
            for lease in &pair.leases {
                let led = pair.clone().led_by(*lease).is_some();
                let error = Error::new(Reason::UpstreamTimeout, "");
                let told = self.conversation.clone().fail(&who(w), *lease, error, Duration::ZERO, self.now);
                prop_assert_eq!(told, if led { Ok(()) } else { Err(Fenced) });
            }
        }
        Ok(())
    }
}
