//! One injection at work: it begins, settles what others left behind, sends, and tells how it went.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::conversation::Injection;
use session_resumption::domain::ledger::Begun;
use uuid::Uuid;

use super::{Flying, Outcome, Work, Writing};
use crate::given::plus;
use crate::messages::{TIMEOUT, message};
use crate::model::scenes::Fate;

impl Writing {
    pub(super) fn begin(&mut self, scribe: usize, w: usize, upto: usize, hold_for: Duration) -> TestCaseResult {
        if self.scribes[scribe].is_some() {
            return Ok(());
        }
        self.issued += 1;
        let injection = Injection {
            items: (0..upto).map(|index| message(w, index)).collect(),
            owner: Uuid::from_u128(self.issued),
            hold_for,
            ..self.injections[w].clone()
        };
        match self.conversation.begin_injection(&injection, self.now).unwrap() {
            Begun::AllWritten(ids) => {
                let stand =
                    |id: &String| self.transcript.iter().find(|entry| entry.id == *id).and_then(|entry| entry.truth);
                let found: Vec<_> = ids.iter().map(stand).collect();
                prop_assert_eq!(found, (0..upto).map(|index| Some((w, index))).collect::<Vec<_>>());
            }
            Begun::Holding(held) => {
                self.scribes[scribe] = Some(Work {
                    who: w,
                    lease: held.lease,
                    hold_for,
                    written: held.written,
                    unsettled: held.unsettled,
                    claimed: held.claimed,
                    reconciled: false,
                    last_id: None,
                    posted: None,
                });
            }
            Begun::Busy(left) => prop_assert!(left > Duration::ZERO),
            told @ (Begun::Reused(_) | Begun::Full) => {
                return Err(TestCaseError::fail(format!("nothing is new here: {told:?}")));
            }
        }
        Ok(())
    }

    /// Reads the transcript and settles what others left behind. Whatever cannot be settled yet ends the work.
    pub(super) fn reconcile(&mut self, scribe: usize) {
        let Some(mut work) = self.scribes[scribe].take().filter(|work| !work.reconciled || work.posted.is_some())
        else {
            return;
        };
        if work.reconciled {
            self.scribes[scribe] = Some(work);
            return;
        }
        let (ledger, lease) = (self.conversation.ledger(), work.lease);
        for left in std::mem::take(&mut work.unsettled) {
            let watermark = self.transcript.iter().position(|entry| Some(&entry.id) == left.after.as_ref());
            let later = &self.transcript[watermark.map_or(0, |index| index + 1)..];
            let ours = later.iter().find(|e| e.fingerprint == left.fingerprint && !work.claimed.contains(&e.id));
            let settled = match ours {
                Some(entry) => {
                    work.claimed.insert(entry.id.clone());
                    if let Some(index) = (0..work.written.len()).find(|index| message(work.who, *index).key == left.key)
                    {
                        work.written[index] = Some(entry.id.clone());
                    }
                    ledger.written(lease, &left.key, entry.id.clone())
                }
                None if self.now < plus(left.at, 2 * TIMEOUT) => {
                    ledger.end(lease);
                    return;
                }
                None => ledger.not_sent(lease, &left.key),
            };
            if settled.is_err() {
                return;
            }
        }
        work.reconciled = true;
        work.last_id = self.transcript.last().map(|entry| entry.id.clone());
        self.scribes[scribe] = Some(work);
    }

    /// Announces the next message and sends it; without a fate it is announced and never sent.
    pub(super) fn post(&mut self, scribe: usize, fate: Option<Fate>) {
        let Some(mut work) = self.scribes[scribe].clone().filter(|work| work.reconciled && work.posted.is_none())
        else {
            return;
        };
        let Some(index) = work.written.iter().position(Option::is_none) else { return };
        let item = message(work.who, index);
        let announced = self.conversation.ledger().announce(
            work.lease,
            item.clone(),
            work.last_id.clone(),
            work.hold_for,
            self.now,
        );
        if announced.is_err() {
            self.scribes[scribe] = None;
            return;
        }
        let entry = self.entry(item.fingerprint, Some((work.who, index)));
        let id = entry.id.clone();
        let outcome = match fate {
            Some(Fate::Landed) => {
                self.transcript.push(entry);
                Outcome::Written(id)
            }
            Some(Fate::Unheard) => {
                self.transcript.push(entry);
                Outcome::Unknown
            }
            Some(Fate::Late) => {
                self.flying.push(Flying { entry, until: plus(self.now, 2 * TIMEOUT) });
                Outcome::Unknown
            }
            Some(Fate::Refused) => Outcome::NotSent,
            Some(Fate::Lost) | None => Outcome::Unknown,
        };
        work.posted = Some((index, outcome));
        self.scribes[scribe] = Some(work);
    }

    /// Tells the ledger how the last message went. The first that did not go well ends the work.
    pub(super) fn report(&mut self, scribe: usize) {
        let Some(mut work) = self.scribes[scribe].take() else { return };
        let Some((index, outcome)) = work.posted.take() else {
            self.scribes[scribe] = Some(work);
            return;
        };
        let (ledger, key) = (self.conversation.ledger(), message(work.who, index).key);
        match outcome {
            Outcome::Written(id) => {
                if ledger.written(work.lease, &key, id.clone()).is_err() {
                    return;
                }
                work.claimed.insert(id.clone());
                work.written[index] = Some(id);
                if work.written.iter().any(Option::is_none) {
                    self.scribes[scribe] = Some(work);
                    return;
                }
            }
            Outcome::NotSent => {
                ledger.not_sent(work.lease, &key).ok();
            }
            Outcome::Unknown => {}
        }
        ledger.end(work.lease);
    }
}
