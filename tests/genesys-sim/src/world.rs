//! Everything the simulator knows, behind one lock: a call's effect is all or nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Author, ControlError, Conversation, Message, SimOptions, Status,
    clock::{Clock, later, since},
    fault::Faults,
    feed::Feed,
    guest::Guests,
    ledger::Ledger,
    platform::Platform,
    tokens::Tokens,
};

/// What the server and its control handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Cancelled when the simulator stops: no scripted wait may outlast it.
    pub(crate) stopping: CancellationToken,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: SimOptions,
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) feed: Feed,
    pub(crate) guests: Guests,
    pub(crate) platform: Platform,
    records: HashMap<String, Record>,
}

/// A conversation and what was said in it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) conversation: Conversation,
    pub(crate) transcript: Vec<Message>,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn new(options: SimOptions) -> Self {
        let clock = options.start_time.map_or_else(Clock::starting_now, Clock::starting_at);
        let world = World {
            options,
            clock,
            tokens: Tokens::default(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            feed: Feed::default(),
            guests: Guests::default(),
            platform: Platform::default(),
            records: HashMap::new(),
        };
        Self { world: Mutex::new(world), stopping: CancellationToken::new() }
    }

    /// Never hold the guard across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl World ===

impl World {
    pub(crate) fn insert(&mut self, conversation: Conversation) -> Result<(), ControlError> {
        if self.records.contains_key(&conversation.id) {
            return Err(ControlError::Conflict("the conversation exists already"));
        }
        let id = conversation.id.clone();
        self.records.insert(id, Record { conversation, transcript: Vec::new() });
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<(), ControlError> {
        self.records.remove(id).map(drop).ok_or(ControlError::NotFound)
    }

    /// The conversation as it is now: one whose time is up closes the moment somebody looks.
    pub(crate) fn record(&mut self, id: &str) -> Result<&mut Record, ControlError> {
        let record = self.records.get_mut(id).ok_or(ControlError::NotFound)?;
        if let Some(auto_close) = self.options.auto_close {
            record.close_if_left(auto_close, self.clock.now())?;
        }
        Ok(record)
    }
}

// === impl Record ===

impl Record {
    pub(crate) fn append(&mut self, author_id: String, author: Author, text: String, now: Timestamp) -> Message {
        let message = Message { id: Uuid::new_v4().to_string(), author_id, author, text, time: now };
        self.transcript.push(message.clone());
        message
    }

    fn close_if_left(&mut self, auto_close: Duration, now: Timestamp) -> Result<(), ControlError> {
        let left = self.conversation.updated_time;
        if self.conversation.status == Status::Disconnected && since(left, now) > auto_close {
            self.conversation.terminate(later(left, auto_close))?;
        }
        Ok(())
    }
}
