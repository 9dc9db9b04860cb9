//! A conversation whose one customer can be led through a drop in a few words.

use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::{Confirming, Conversation};
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::pair::{Join, Joined};
use uuid::Uuid;

use crate::given::{WRITE_FOR, attempt, handshake, plus, start, tab, who};

/// The conversation, and the time in it.
pub(crate) struct Story {
    pub(crate) conversation: Conversation,
    pub(crate) now: Timestamp,
    issued: u128,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { conversation: Conversation::default(), now: start(), issued: 0 }
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = plus(self.now, Duration::from_secs(seconds));
    }

    pub(crate) fn join(&mut self, w: usize, t: Option<usize>, a: Option<usize>) -> Joined {
        self.issued += 1;
        let join = Join {
            tab: t.map(tab),
            attempt: a.map(attempt),
            waited_on: None,
            new_id: handshake(self.issued),
            owner: Uuid::from_u128(self.issued),
            lease_for: Duration::from_secs(10),
        };
        self.conversation.join(&who(w), &join, self.now).0
    }

    /// Joins, expecting to lead, and concludes.
    pub(crate) fn resume(
        &mut self,
        w: usize,
        t: Option<usize>,
        a: Option<usize>,
        answer: Answer,
        ttl: Duration,
    ) -> HandshakeId {
        let joined = self.join(w, t, a);
        let Joined::Lead { id, lease, .. } = joined else { panic!("should lead, but {joined:?}") };
        self.conversation.conclude(&who(w), lease, t.map(tab).as_ref(), answer, ttl, self.now).unwrap();
        id
    }

    pub(crate) fn claim(&mut self, w: usize, id: HandshakeId, metadata: u32) -> Confirming {
        self.issued += 1;
        let claim = Claim {
            claimant: Claimant { participant: who(w), handshake: id },
            metadata,
            counted_at: None,
            read_at: self.now,
            agent_id: None,
            as_of: None,
            owner: Uuid::from_u128(self.issued),
            write_for: WRITE_FOR,
        };
        self.conversation.claim(claim, self.now).unwrap()
    }

    /// Claims, expecting to be allowed to write.
    pub(crate) fn write(&mut self, w: usize, id: HandshakeId, metadata: u32) -> (Lease, u32) {
        match self.claim(w, id, metadata) {
            Confirming::Claimed(Claimed::Write { lease, confirmation, .. }) => (lease, confirmation.count),
            other => panic!("should write, but {other:?}"),
        }
    }

    pub(crate) fn confirm(&mut self, w: usize, id: HandshakeId, metadata: u32) {
        let (lease, _) = self.write(w, id, metadata);
        self.conversation.settle(lease, Written::Yes).unwrap();
    }

    pub(crate) fn can_use(&mut self, w: usize, id: HandshakeId) -> bool {
        self.conversation.view(&who(w), id, None, self.now).is_ok()
    }
}
