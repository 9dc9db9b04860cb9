//! A pair as the design has it: what each caller must be told, given all that happened before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::pair::View;
use session_resumption::domain::tabs::{Seat, TabRole};

use crate::given::{CREDIT_GRACE, UNCONCLUDED_FOR, USABLE_FOR, is_resumable, plus};

/// A handshake as the design has it.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) id: HandshakeId,
    pub(crate) at: Timestamp,
    pub(crate) state: State,
    pub(crate) confirmed: bool,
    pub(crate) tabs: BTreeSet<usize>,
    pub(crate) attempts: BTreeSet<usize>,
    /// The attempts of the handshake before it: a late repeat of one of them is no drop either.
    pub(crate) earlier_attempts: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum State {
    Led { lease: Lease, until: Timestamp },
    Failed { fence: u64, error: Error },
    Known { answer: Answer, at: Timestamp, replay_until: Timestamp },
}

/// A pair as the design has it: everything that ever happened, and what follows from it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PairModel {
    pub(crate) opened: Vec<Opened>,
    /// Whether the newest handshake was forgotten: then none can be joined or taken over.
    pub(crate) newest_is_forgotten: bool,
    pub(crate) leases: Vec<Lease>,
    pub(crate) active: Option<usize>,
    pub(crate) epoch: u64,
    /// When the held-back customer first asked, and until when that counts.
    pub(crate) credit: Option<(Timestamp, Timestamp)>,
    /// The fence each caller was last told to wait for.
    pub(crate) waits: BTreeMap<Option<usize>, u64>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    Lead { id: HandshakeId, arrived: Timestamp },
    Wait { fence: u64, left: Duration },
    Replay(View),
    Failed(Error),
}

impl PairModel {
    pub(crate) fn seat_of(&self, tab: Option<usize>) -> Seat {
        let part = |tab| if self.active == Some(tab) { TabRole::Active } else { TabRole::Suspended };
        Seat { role: tab.map(part), epoch: self.epoch }
    }

    /// A handshake that nobody concluded is remembered for an hour after it was last awaited.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        let credited = self.credit.map(|(_, until)| until);
        let forgotten = self.opened.pop_if(|opened| {
            let awaited = match &opened.state {
                State::Led { until, .. } => *until,
                State::Failed { .. } => opened.at,
                State::Known { .. } => return false,
            };
            now >= plus(credited.map_or(awaited, |until| until.max(awaited)), UNCONCLUDED_FOR)
        });
        let spent = self.opened.last().is_none_or(|newest| match &newest.state {
            State::Known { answer, at, .. } if is_resumable(answer) => now >= plus(*at, USABLE_FOR),
            State::Known { replay_until, .. } => now >= *replay_until,
            State::Led { .. } | State::Failed { .. } => false,
        });
        self.newest_is_forgotten |= forgotten.is_some() || spent;
    }

    pub(crate) fn newest_is_now(&mut self, opened: Opened) {
        self.opened.push(opened);
        self.newest_is_forgotten = false;
    }

    pub(crate) fn activate(&mut self, tab: usize) {
        if self.active != Some(tab) {
            self.active = Some(tab);
            self.epoch += 1;
        }
    }

    pub(crate) fn seat(&mut self, tab: Option<usize>) -> Seat {
        if let (None, Some(tab)) = (self.active, tab) {
            self.activate(tab);
        }
        self.seat_of(tab)
    }

    /// What a request to resume must be told. Only the newest handshake can be joined.
    pub(crate) fn expect_join(
        &mut self,
        tab: Option<usize>,
        attempt: Option<usize>,
        new_id: HandshakeId,
        now: Timestamp,
    ) -> Told {
        self.forget(now);
        let seat = self.seat(tab);
        let waited_on = self.waits.remove(&tab);
        let lead = |id, credit: Option<(Timestamp, Timestamp)>| {
            let credit = credit.filter(|(_, until)| now <= *until);
            Told::Lead { id, arrived: credit.map_or(now, |(arrived, _)| arrived) }
        };
        let Some(newest) = self.opened.last() else {
            self.credit = None;
            return lead(new_id, None);
        };
        match &newest.state {
            State::Led { lease, until } if now < *until => {
                let left = Duration::try_from(until.duration_since(now)).unwrap();
                self.waits.insert(tab, lease.fence);
                Told::Wait { fence: lease.fence, left }
            }
            State::Led { until, .. } => {
                self.credit.get_or_insert((newest.at, plus(*until, CREDIT_GRACE)));
                let id = newest.id;
                self.renew(attempt, now);
                lead(id, self.credit)
            }
            State::Failed { fence, error } if waited_on == Some(*fence) => Told::Failed(error.clone()),
            State::Failed { .. } => {
                let id = newest.id;
                self.renew(attempt, now);
                lead(id, self.credit)
            }
            State::Known { answer, replay_until, .. } => {
                let belongs = tab.is_some_and(|tab| newest.tabs.contains(&tab));
                let repeats =
                    |attempt| newest.attempts.contains(&attempt) || newest.earlier_attempts.contains(&attempt);
                let new_drop = attempt.is_some_and(|attempt| !repeats(attempt));
                if now >= *replay_until || (newest.confirmed && belongs && new_drop) {
                    // Another drop, with a credit of its own.
                    self.credit = None;
                    return lead(new_id, None);
                }
                let handshake = is_resumable(answer).then_some(newest.id);
                Told::Replay(View { answer: answer.clone(), handshake, seat })
            }
        }
    }

    /// A drop that was not seen before, after the credit of the one before it ended, has a credit of its own.
    fn renew(&mut self, attempt: Option<usize>, now: Timestamp) {
        let Some(newest) = self.opened.last_mut() else { return };
        let repeats = |attempt| newest.attempts.contains(&attempt) || newest.earlier_attempts.contains(&attempt);
        if self.credit.is_some_and(|(_, until)| now > until) && attempt.is_some_and(|attempt| !repeats(attempt)) {
            newest.at = now;
            self.credit = None;
        }
    }

    /// The attempts of the newest handshake that is still remembered. One that sends the customer to a new start is only
    /// remembered as long as it is replayed.
    pub(crate) fn remembered_attempts(&self, now: Timestamp) -> BTreeSet<usize> {
        let remembered = |opened: &&Opened| match &opened.state {
            State::Known { answer, at, .. } if is_resumable(answer) => now < plus(*at, USABLE_FOR),
            State::Known { replay_until, .. } => now < *replay_until,
            State::Led { .. } | State::Failed { .. } => true,
        };
        self.opened.iter().rfind(remembered).map(|before| before.attempts.clone()).unwrap_or_default()
    }

    /// Whether a handshake's id still opens anything.
    pub(crate) fn expect_usable(&mut self, id: HandshakeId, now: Timestamp) -> Result<usize, Reason> {
        let usable = |opened: &Opened| match &opened.state {
            State::Known { answer, at, .. } => is_resumable(answer) && now < plus(*at, USABLE_FOR),
            State::Led { .. } | State::Failed { .. } => false,
        };
        self.forget(now);
        let index = self.opened.iter().position(|opened| opened.id == id && usable(opened));
        let index = index.ok_or(Reason::HandshakeNotFound)?;
        if self.opened[index + 1..].iter().any(|newer| newer.confirmed) {
            return Err(Reason::HandshakeSuperseded);
        }
        Ok(index)
    }

    pub(crate) fn led_by(&mut self, lease: Lease) -> Option<&mut Opened> {
        let led = |opened: &&mut Opened| matches!(&opened.state, State::Led { lease: held, .. } if *held == lease);
        self.opened.last_mut().filter(led)
    }
}
