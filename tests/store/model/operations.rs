//! Every step of the port as a value, so that the store and the pure rules can be asked the same.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::{Confirming, Conversation, Glimpse, Injection, Resumed};
use session_resumption::domain::counter::{Claim, Written};
use session_resumption::domain::error::Error;
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::{Begun, Item};
use session_resumption::domain::pair::{Join, Joined, View};
use session_resumption::domain::snapshot::Reading;
use session_resumption::domain::tabs::Seat;
use session_resumption::ports::{Handshakes, StoreError};
use uuid::Uuid;

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    Join(Join),
    Conclude(Lease, Option<TabId>, Answer, Duration),
    Fail(Lease, Error, Duration),
    TakeOver(TabId),
    View(HandshakeId, Option<TabId>),
    Remember(Glimpse),
    Confirmation(HandshakeId),
    Claim(Claim),
    Settle(Lease, Written),
    Record(Uuid),
    Begin(Injection),
    Announce(Lease, Item, Option<String>, Duration),
    Written(Lease, Item, String),
    NotSent(Lease, Item),
    End(Lease),
}

/// What it led to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    Joined(Box<(Joined, Option<Reading>)>),
    View(View),
    Seat(Seat),
    Confirmation(Option<Confirmation>),
    Confirming(Confirming),
    Resumed(Vec<Resumed>),
    Begun(Begun),
    Done,
}

pub(super) type Outcome = Result<Told, StoreError>;

/// Asks the store.
pub(super) async fn ask(store: &dyn Handshakes, pair: &Pair, operation: Operation) -> Outcome {
    let conversation = &pair.conversation;
    match operation {
        Operation::Join(join) => store.join(pair, &join).await.map(|joined| Told::Joined(Box::new(joined))),
        Operation::Conclude(lease, tab, answer, ttl) => {
            store.conclude(pair, lease, tab.as_ref(), answer, ttl).await.map(Told::View)
        }
        Operation::Fail(lease, error, back_in) => store.fail(pair, lease, error, back_in).await.map(|()| Told::Done),
        Operation::TakeOver(tab) => store.take_over(pair, &tab).await.map(Told::View),
        Operation::View(id, tab) => store.view(pair, id, tab.as_ref()).await.map(Told::View),
        Operation::Remember(glimpse) => store.remember(pair, &glimpse).await.map(Told::Seat),
        Operation::Confirmation(id) => store.confirmation(pair, id).await.map(Told::Confirmation),
        Operation::Claim(claim) => store.claim(conversation, claim).await.map(Told::Confirming),
        Operation::Settle(lease, written) => store.settle(conversation, lease, written).await.map(|()| Told::Done),
        Operation::Record(recorder) => store.record(conversation, recorder).await.map(Told::Resumed),
        Operation::Begin(injection) => store.begin_injection(conversation, &injection).await.map(Told::Begun),
        Operation::Announce(lease, item, last_id, hold_for) => {
            store.announce(conversation, lease, item, last_id, hold_for).await.map(|()| Told::Done)
        }
        Operation::Written(lease, item, message_id) => {
            store.written(conversation, lease, &item.key, message_id).await.map(|()| Told::Done)
        }
        Operation::NotSent(lease, item) => store.not_sent(conversation, lease, &item.key).await.map(|()| Told::Done),
        Operation::End(lease) => store.end_injection(conversation, lease).await.map(|()| Told::Done),
    }
}

/// The pure rules, one state for each conversation.
#[derive(Default)]
pub(super) struct Rules(HashMap<ConversationId, Conversation>);

impl Rules {
    /// Asks the rules.
    pub(super) fn ask(&mut self, pair: &Pair, operation: Operation, now: Timestamp) -> Outcome {
        let who = &pair.participant;
        let state = self.0.entry(pair.conversation.clone()).or_default();
        Ok(match operation {
            Operation::Join(join) => Told::Joined(Box::new(state.join(who, &join, now))),
            Operation::Conclude(lease, tab, answer, ttl) => {
                Told::View(state.conclude(who, lease, tab.as_ref(), answer, ttl, now)?)
            }
            Operation::Fail(lease, error, back_in) => {
                state.fail(who, lease, error, back_in, now)?;
                Told::Done
            }
            Operation::TakeOver(tab) => Told::View(state.take_over(who, &tab, now)?),
            Operation::View(id, tab) => Told::View(state.view(who, id, tab.as_ref(), now)?),
            Operation::Remember(glimpse) => Told::Seat(state.remember(who, &glimpse, now)),
            Operation::Confirmation(id) => Told::Confirmation(state.confirmation(who, id, now)?),
            Operation::Claim(claim) => Told::Confirming(state.claim(claim, now)?),
            Operation::Settle(lease, written) => {
                state.settle(lease, written)?;
                Told::Done
            }
            Operation::Record(recorder) => Told::Resumed(state.record(recorder)),
            Operation::Begin(injection) => Told::Begun(state.begin_injection(&injection, now)?),
            Operation::Announce(lease, item, last_id, hold_for) => {
                state.ledger().announce(lease, item, last_id, hold_for, now)?;
                Told::Done
            }
            Operation::Written(lease, item, message_id) => {
                state.ledger().written(lease, &item.key, message_id)?;
                Told::Done
            }
            Operation::NotSent(lease, item) => {
                state.ledger().not_sent(lease, &item.key)?;
                Told::Done
            }
            Operation::End(lease) => {
                state.ledger().end(lease);
                Told::Done
            }
        })
    }
}
