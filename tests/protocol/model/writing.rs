//! The writers' side of the rule, against a transcript that does what it likes.

mod scribe;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::conversation::{Conversation, Injection};
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::Unsettled;

use super::scenes::{Fate, Scene};
use crate::given::{plus, start};
use crate::messages::{MESSAGES, TIMEOUT, confirmed_conversation};

/// A message as it stands in the transcript; whose and which it really is, nobody can read there.
#[derive(Debug, Clone)]
struct Entry {
    id: String,
    fingerprint: [u8; 32],
    truth: Option<(usize, usize)>,
}

#[derive(Debug, Clone)]
struct Flying {
    entry: Entry,
    until: Timestamp,
}

#[derive(Debug, Clone)]
enum Outcome {
    Written(String),
    NotSent,
    Unknown,
}

/// An injection at work.
#[derive(Debug, Clone)]
struct Work {
    who: usize,
    lease: Lease,
    hold_for: Duration,
    written: Vec<Option<String>>,
    unsettled: Vec<Unsettled>,
    claimed: BTreeSet<String>,
    reconciled: bool,
    last_id: Option<String>,
    posted: Option<(usize, Outcome)>,
}

/// The writers' side of the rule, against a transcript that does what it likes.
pub(crate) struct Writing {
    conversation: Conversation,
    injections: Vec<Injection>,
    now: Timestamp,
    transcript: Vec<Entry>,
    flying: Vec<Flying>,
    scribes: [Option<Work>; 3],
    issued: u128,
}

impl Writing {
    pub(crate) fn new() -> Self {
        let (conversation, injections) = confirmed_conversation(2);
        Self {
            conversation,
            injections,
            now: start(),
            transcript: Vec::new(),
            flying: Vec::new(),
            scribes: [None, None, None],
            issued: 0,
        }
    }

    pub(crate) fn step(&mut self, scene: &Scene) -> TestCaseResult {
        match *scene {
            Scene::Begin { scribe, who, upto, hold_for } => self.begin(scribe, who, upto, hold_for)?,
            Scene::Reconcile { scribe } => self.reconcile(scribe),
            Scene::Post { scribe, fate } => self.post(scribe, Some(fate)),
            Scene::AnnounceAndCrash { scribe } => {
                self.post(scribe, None);
                self.scribes[scribe] = None;
            }
            Scene::Report { scribe } => self.report(scribe),
            Scene::Crash { scribe } => self.scribes[scribe] = None,
            Scene::SomebodyElseWrites => {
                let entry = self.entry([99; 32], None);
                self.transcript.push(entry);
            }
            Scene::Land { post } => {
                if post < self.flying.len() {
                    let flying = self.flying.remove(post);
                    self.transcript.push(flying.entry);
                }
            }
            Scene::Wait { wait, late } => {
                self.now = plus(self.now, wait);
                let (over, rest): (Vec<_>, Vec<_>) = self.flying.drain(..).partition(|post| post.until <= self.now);
                self.flying = rest;
                self.transcript.extend(over.into_iter().filter(|_| late).map(|post| post.entry));
            }
        }
        self.check()
    }

    fn entry(&mut self, fingerprint: [u8; 32], truth: Option<(usize, usize)>) -> Entry {
        self.issued += 1;
        Entry { id: format!("line-{}", self.issued), fingerprint, truth }
    }

    fn check(&self) -> TestCaseResult {
        for w in 0..2 {
            let stand: Vec<usize> = self
                .transcript
                .iter()
                .filter_map(|entry| entry.truth)
                .filter(|(of, _)| *of == w)
                .map(|(_, i)| i)
                .collect();
            prop_assert!(stand.windows(2).all(|two| two[0] < two[1]), "twice or out of order: {:?}", stand);
        }
        Ok(())
    }

    /// All is quiet, and one honest writer for each customer finishes.
    pub(crate) fn settle_all(&mut self) -> TestCaseResult {
        self.scribes = [None, None, None];
        for w in 0..2 {
            self.step(&Scene::Wait { wait: 3 * TIMEOUT, late: false })?;
            self.step(&Scene::Begin { scribe: 0, who: w, upto: MESSAGES, hold_for: TIMEOUT })?;
            self.step(&Scene::Reconcile { scribe: 0 })?;
            for _ in 0..MESSAGES {
                self.step(&Scene::Post { scribe: 0, fate: Fate::Landed })?;
                self.step(&Scene::Report { scribe: 0 })?;
            }
            // If reconciliation found everything, nothing was left to be posted, and the work is still open.
            self.scribes[0] = None;
            self.step(&Scene::Begin { scribe: 0, who: w, upto: MESSAGES, hold_for: TIMEOUT })?;
            prop_assert!(self.scribes[0].is_none(), "not everything of {} is written", w);
        }
        let ours = self.transcript.iter().filter(|entry| entry.truth.is_some()).count();
        prop_assert_eq!(ours, 2 * MESSAGES);
        Ok(())
    }
}
