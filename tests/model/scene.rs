//! What is checked: who calls what, and what may go wrong.

use std::sync::Arc;

use crate::given::Second;
use crate::sights::Sights;

/// A call of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// `ValidateSession` by the client's tab, with the number of its drop.
    Resume(usize),
    /// The same, only to know.
    Heartbeat,
    /// The same, to become the ACTIVE tab.
    TakeOver,
    /// `ConfirmReattach` for the handshake the client was told; the customer is attached before.
    Confirm,
    /// `ConfirmReattach` for the handshake of this number.
    ConfirmFor(usize),
    /// `InjectContext` by the client's tab, with the epoch it was told.
    InjectAsTab,
    /// `InjectContext` by a flow for the handshake of this number.
    InjectFor(usize),
}

/// What changes in Genesys at any moment, once, whoever is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The agent ends the conversation.
    End,
    /// The conversation goes to wait in a queue, and takes no messages there.
    Queue,
}

/// How the store loses what it was told, at any moment, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgetting {
    /// It restarts empty.
    All,
    /// Its successor had not heard the last writes, from any moment on. A reservation that it has not heard is not used: such
    /// a step waits for it.
    LastWrites,
}

/// One thing done wrong, to see that the checker finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A leader who was fenced off answers all the same.
    LeadWithoutFence,
    /// Who should wait for the leader reads as well.
    EveryoneReads,
    /// The tab and the epoch that an injection shows are not looked at.
    EpochUnchecked,
    /// The count is written without being reserved.
    CountUnreserved,
    /// That an earlier try may still be taken is not told to the store.
    DoubtUntold,
    /// The store is asked for the time after the metadata was read instead of before.
    ReadBeforeTheTime,
    /// A lost write is taken for one that was refused.
    LostIsRefused,
    /// The transcript is not read before what may have been sent is sent again.
    NoLookUp,
    /// That a message is not there yet counts as absence at once.
    Impatient,
    /// The store is asked for the time after the transcript was read instead of before.
    TranscriptBeforeTheTime,
    /// Whether the handshake is confirmed is not asked.
    Unconfirmed,
    /// Whether the conversation takes messages is not asked.
    StatusIgnored,
    /// A reservation is used that the store's successor has not heard of.
    UnheardUsed,
    /// A process may be frozen between its reservation and its write for as long as it likes. This is no mutant of ours: it is
    /// the hole that cannot be closed.
    Frozen,
}

/// The bounds of one model.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// What each client calls, one after the other, and the replica it begins at.
    pub(crate) clients: Vec<(usize, Vec<Call>)>,
    /// Handshakes that are concluded before the scene begins, and how many of them are confirmed.
    pub(crate) concluded: usize,
    pub(crate) confirmed: usize,
    /// How many messages each injection asks for.
    pub(crate) messages: usize,
    /// Replicas that may crash.
    pub(crate) crashes: u8,
    /// Answers that may be lost: Genesys', the store's, or the service's own.
    pub(crate) losses: u8,
    /// How often time passes while somebody could do something. While nobody can, it passes as often as it must.
    pub(crate) jumps: u8,
    /// How far it passes then.
    pub(crate) strides: Vec<Second>,
    pub(crate) change: Option<Change>,
    pub(crate) forgetting: Option<Forgetting>,
    pub(crate) mutant: Option<Mutant>,
    /// What was seen to happen.
    pub(crate) sights: Arc<Sights>,
}

impl Scene {
    pub(crate) fn new(clients: Vec<(usize, Vec<Call>)>) -> Self {
        Self {
            clients,
            concluded: 0,
            confirmed: 0,
            messages: 0,
            crashes: 0,
            losses: 0,
            jumps: 0,
            strides: Vec::new(),
            change: None,
            forgetting: None,
            mutant: None,
            sights: Arc::default(),
        }
    }

    /// One crash and one lost answer.
    pub(crate) fn troubled(self) -> Self {
        Self { crashes: 1, losses: 1, ..self }
    }

    pub(crate) fn with(self, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }

    pub(crate) fn does(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}
