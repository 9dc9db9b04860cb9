//! The writers of the count, against a Genesys whose writes land late or never.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;
use uuid::Uuid;

use super::counts::{Count, Heard};
use crate::drawing::back;
use crate::given::{WRITE_FOR, plus, resumable, start, who};
use crate::story::Story;

/// A PATCH that may still arrive.
#[derive(Debug, Clone)]
struct Patch {
    number: usize,
    count: u32,
    time: Timestamp,
    until: Timestamp,
}

#[derive(Debug, Default, Clone)]
struct Writer {
    read: Option<(u32, Timestamp)>,
    /// The lease, the number of the write, and what was heard of it.
    writing: Option<(Lease, usize, Option<Written>)>,
}

pub(crate) struct Counting {
    story: Story,
    base: u32,
    /// What stands in Genesys' metadata.
    metadata: (u32, Option<Timestamp>),
    in_flight: Vec<Patch>,
    landed: BTreeSet<usize>,
    sent: usize,
    writers: [Writer; 3],
    handshakes: [Vec<HandshakeId>; 2],
    confirmed: BTreeMap<HandshakeId, Confirmation>,
    /// The counts that were given to somebody to record.
    recorded: Vec<u32>,
}

impl Counting {
    pub(crate) fn new(base: u32) -> Self {
        Self {
            story: Story::new(),
            base,
            metadata: (base, None),
            in_flight: Vec::new(),
            landed: BTreeSet::new(),
            sent: 0,
            writers: Default::default(),
            handshakes: Default::default(),
            confirmed: BTreeMap::new(),
            recorded: Vec::new(),
        }
    }

    pub(crate) fn step(&mut self, step: &Count) -> TestCaseResult {
        match *step {
            Count::Open { who } => self.open(who),
            Count::Read { writer } => self.writers[writer].read = Some((self.metadata.0, self.story.now)),
            Count::Claim { writer, who, handshake } => self.claim(writer, who, handshake),
            Count::Land { write } => {
                if let Some(patch) = self.in_flight.get(write).cloned() {
                    self.land(&patch)?;
                }
            }
            Count::Hear { writer, heard } => self.hear(writer, heard)?,
            Count::Settle { writer } => {
                if let Some((lease, _, heard)) = self.writers[writer].writing.take() {
                    // A lease that was lost is not an error of the writer's: it has only nothing to say any more.
                    self.story.conversation.settle(lease, heard.unwrap_or(Written::Unknown)).ok();
                }
            }
            Count::Record => self.record(),
            Count::Crash { writer } => self.writers[writer] = Writer::default(),
            Count::Wait { wait, late } => {
                self.story.now = plus(self.story.now, wait);
                let (over, rest): (Vec<_>, Vec<_>) =
                    self.in_flight.drain(..).partition(|patch| patch.until <= self.story.now);
                self.in_flight = rest;
                for patch in over.into_iter().filter(|_| late) {
                    self.land(&patch)?;
                }
            }
        }
        self.check()
    }

    /// A recorder of its own each time.
    fn record(&mut self) {
        self.sent += 1;
        let given = self.story.conversation.record(Uuid::from_u128(self.sent as u128));
        self.recorded.extend(given.iter().map(|resumed| resumed.confirmation.count));
    }

    fn open(&mut self, w: usize) {
        // Not replayed at all, so that the next drop needs no waiting.
        let id = self.story.resume(w, Some(0), None, resumable(start()), Duration::ZERO);
        self.handshakes[w].push(id);
    }

    fn claim(&mut self, writer: usize, w: usize, handshake: usize) {
        let Some(id) = back(&self.handshakes[w], handshake).copied() else { return };
        if self.writers[writer].writing.is_some() {
            return;
        }
        let (metadata, read_at) = self.writers[writer].read.take().unwrap_or((self.metadata.0, self.story.now));
        self.sent += 1;
        let claim = Claim {
            claimant: Claimant { participant: who(w), handshake: id },
            metadata,
            counted_at: self.metadata.1,
            read_at,
            agent_id: None,
            as_of: None,
            owner: Uuid::from_u128(self.sent as u128),
            write_for: WRITE_FOR,
        };
        let told = self.story.conversation.claim(claim, self.story.now);
        if let Ok(Confirming::Claimed(Claimed::Write { lease, confirmation, forgotten })) = told {
            assert!(!forgotten, "nothing was lost");
            let until = plus(self.story.now, WRITE_FOR);
            let Confirmation { count, time, .. } = confirmation;
            self.in_flight.push(Patch { number: self.sent, count, time, until });
            self.writers[writer].writing = Some((lease, self.sent, None));
        }
    }

    fn land(&mut self, patch: &Patch) -> TestCaseResult {
        self.in_flight.retain(|other| other.number != patch.number);
        self.landed.insert(patch.number);
        prop_assert!(patch.count >= self.metadata.0, "the count regressed from {} to {}", self.metadata.0, patch.count);
        prop_assert!(
            patch.count > self.metadata.0 || self.metadata.1.is_none_or(|time| time == patch.time),
            "one count, two times"
        );
        self.metadata = (patch.count, Some(patch.time));
        Ok(())
    }

    fn hear(&mut self, writer: usize, heard: Heard) -> TestCaseResult {
        let Some((_, number, None)) = self.writers[writer].writing else { return Ok(()) };
        let patch = self.in_flight.iter().find(|patch| patch.number == number).cloned();
        let written = match (heard, patch) {
            (Heard::Took, Some(patch)) => {
                self.land(&patch)?;
                Written::Yes
            }
            (Heard::Took, None) if self.landed.contains(&number) => Written::Yes,
            (Heard::Refused, Some(patch)) => {
                self.in_flight.retain(|other| other.number != patch.number);
                Written::No
            }
            (Heard::Took | Heard::Refused | Heard::Nothing, _) => Written::Unknown,
        };
        if let Some((_, _, told)) = &mut self.writers[writer].writing {
            *told = Some(written);
        }
        Ok(())
    }

    fn check(&mut self) -> TestCaseResult {
        let values: BTreeSet<(u32, Timestamp)> = self.in_flight.iter().map(|patch| (patch.count, patch.time)).collect();
        prop_assert!(values.len() <= 1, "different values are in flight: {:?}", values);
        for w in 0..2 {
            for id in &self.handshakes[w] {
                if let Ok(Some(confirmation)) = self.story.conversation.confirmation(&who(w), *id, self.story.now) {
                    let first = self.confirmed.entry(*id).or_insert_with(|| confirmation.clone());
                    prop_assert_eq!(&*first, &confirmation, "a confirmation never changes");
                    prop_assert!(confirmation.count <= self.metadata.0, "confirmed, but not written");
                }
            }
        }
        let counts: BTreeSet<u32> = self.confirmed.values().map(|confirmation| confirmation.count).collect();
        prop_assert_eq!(counts.len(), self.confirmed.len(), "two handshakes share a count");
        // One reservation may have been written and not be settled yet.
        let grown = (self.metadata.0 - self.base) as usize;
        prop_assert!(grown <= self.confirmed.len() + 1, "grew by {} for {}", grown, self.confirmed.len());
        Ok(())
    }

    /// All is quiet, and whoever can still be confirmed is: now the count is exact.
    pub(crate) fn settle_all(&mut self) -> TestCaseResult {
        self.writers = Default::default();
        for w in 0..2 {
            // Twice: the first time may find that another's lost write was taken.
            for _ in 0..2 {
                self.step(&Count::Wait { wait: 2 * WRITE_FOR, late: false })?;
                self.step(&Count::Claim { writer: 0, who: w, handshake: 0 })?;
                self.step(&Count::Hear { writer: 0, heard: Heard::Took })?;
                self.step(&Count::Settle { writer: 0 })?;
            }
        }
        for (w, ids) in self.handshakes.clone().iter().enumerate() {
            if let Some(id) = ids.last() {
                prop_assert!(self.confirmed.contains_key(id), "the newest of {} cannot be confirmed", w);
            }
        }
        let counts: Vec<u32> = self.confirmed.values().map(|confirmation| confirmation.count).collect();
        let expected: BTreeSet<u32> = (self.base + 1..=self.metadata.0).collect();
        prop_assert_eq!(
            counts.into_iter().collect::<BTreeSet<u32>>(),
            expected,
            "each confirmed handshake counts once"
        );
        self.step(&Count::Record)?;
        self.recorded.sort_unstable();
        let expected: Vec<u32> = (self.base + 1..=self.metadata.0).collect();
        prop_assert_eq!(&self.recorded, &expected, "each confirmed handshake is recorded once");
        Ok(())
    }
}
