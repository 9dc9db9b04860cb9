//! InjectContext: the marker and the missed messages, each exactly once and in order.

use std::sync::Arc;

use jiff::Timestamp;

use super::injector::Injector;
use super::messages::outgoing;
use super::{Caller, Context, Inner, Resumption, client_time, own};
use crate::domain::conversation::Injection;
use crate::domain::error::{Error, Reason, Violation};
use crate::domain::ids::{ClientMessageId, HandshakeId, Pair, TabId};
use crate::domain::ledger::Begun;
use crate::ports::{Event, Note};

/// A message the customer sent while the connection was gone.
#[derive(Clone)]
pub struct Message {
    /// Its name.
    pub id: ClientMessageId,
    /// What it says: personal data, never logged.
    pub text: String,
    /// When the client says it was sent.
    pub sent_at: Option<Timestamp>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A request to inject, checked.
#[derive(Clone)]
pub struct Inject {
    /// The session.
    pub pair: Pair,
    /// The handshake, which must be confirmed.
    pub handshake: HandshakeId,
    /// The tab and the epoch it knows, if the caller is one.
    pub tab: Option<(TabId, u64)>,
    /// The marker's text, if one is to be written.
    pub marker: Option<String>,
    /// The messages, in order.
    pub messages: Vec<Message>,
}

impl std::fmt::Debug for Inject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inject").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Written by this call, under this id.
    Injected(String),
    /// Written before, under this id.
    AlreadyPresent(String),
    /// Sent, and nobody knows whether it arrived.
    Unknown,
    /// Not sent.
    NotAttempted,
    /// Never to be sent: this contract of Genesys has no way to.
    NotSupported,
}

impl Fate {
    pub(super) fn is_present(&self) -> bool {
        matches!(self, Self::Injected(_) | Self::AlreadyPresent(_))
    }
}

/// How an injection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// Whether the conversation takes messages at all now.
    pub injectable: bool,
    /// The marker's fate, if one was asked for.
    pub marker: Option<Fate>,
    /// Each message's fate, in the order asked.
    pub messages: Vec<Fate>,
}

impl Injected {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        let mut fates = self.marker.iter().chain(&self.messages);
        fates.all(|fate| fate.is_present() || *fate == Fate::NotSupported)
    }
}

impl Resumption {
    /// Writes context into a conversation whose resumption is confirmed.
    pub async fn inject(&self, caller: &Caller, request: Inject) -> Result<Injected, Error> {
        let (pair, id) = (request.pair.clone(), request.handshake);
        let told = request.messages.iter().filter_map(|message| message.sent_at);
        let now = self.inner.ports.clock.now();
        for _ in told.filter(|told| client_time::believable(*told, now).is_none()) {
            self.inner.audit(caller, &pair, Some(id), Event::Noted(Note::ImplausibleClientTime));
        }
        let injected = async {
            own::permit(&caller.principal, &request)?;
            self.inner.hold_to_own(caller, &pair).await?;
            let work = Arc::clone(&self.inner).inject(caller.clone(), request);
            self.inner.outlive(caller, "inject", work).await
        };
        let injected = injected.await.map_err(|error| self.failed(caller, &pair, Some(id), error))?;
        let fates = || injected.marker.iter().chain(&injected.messages);
        let present = fates().filter(|fate| fate.is_present()).count();
        self.inner.audit(caller, &pair, Some(id), Event::Injected { present, asked: fates().count() });
        for _ in fates().filter(|fate| matches!(fate, Fate::Unknown)) {
            self.inner.audit(caller, &pair, Some(id), Event::Noted(Note::UnknownOutcome));
        }
        Ok(injected)
    }
}

impl Inner {
    async fn inject(self: Arc<Self>, caller: Caller, request: Inject) -> Result<Injected, Error> {
        let outgoing = outgoing(&request, self.rules.context);
        let injection = Injection {
            handshake: request.handshake,
            participant: request.pair.participant.clone(),
            tab: request.tab.clone(),
            items: outgoing.iter().map(|outgoing| outgoing.item.clone()).collect(),
            owner: self.ports.entropy.uuid(),
            hold_for: self.hold_for(),
        };
        let conversation = &request.pair.conversation;
        let handshakes = &self.ports.handshakes;
        let mut fates = vec![None; outgoing.len()];
        let mut injectable = true;
        loop {
            let changed = handshakes.changed(conversation);
            match handshakes.begin_injection(conversation, &injection).await.map_err(|error| self.store_error(error))? {
                Begun::AllWritten(ids) => {
                    fates = ids.into_iter().map(|id| Some(Fate::AlreadyPresent(id))).collect();
                    break;
                }
                Begun::Holding(held) => {
                    let lease = held.lease;
                    let mut injector = Injector::new(&self, &caller, &request, &outgoing, held);
                    let ended = injector.run().await;
                    fates = injector.into_fates();
                    handshakes.end_injection(conversation, lease).await.map_err(|error| self.store_error(error))?;
                    injectable = ended?;
                    break;
                }
                Begun::Reused(index) => return Err(request.reused(index)),
                Begun::Full => {
                    let message = "this conversation has all the injected messages the ledger keeps";
                    return Err(Error::new(Reason::LedgerFull, message));
                }
                Begun::Busy(left) => self.wait_turn(&caller, left, changed).await?,
            }
        }
        let mut fates = fates.into_iter().map(|fate| fate.unwrap_or(Fate::NotAttempted));
        let marker = request.marker.as_ref().and_then(|_| fates.next());
        let messages = match self.rules.context {
            Context::Guide(_) => fates.collect(),
            Context::Platform => vec![Fate::NotSupported; request.messages.len()],
        };
        Ok(Injected { injectable, marker, messages })
    }
}

impl Inject {
    /// The field of the item at this place in the order of writing: the marker, if there is one, and then the messages.
    fn field(&self, index: usize, of_message: &str) -> String {
        match (index, &self.marker) {
            (0, Some(_)) => "marker".to_owned(),
            (index, marker) => format!("messages[{}].{of_message}", index - usize::from(marker.is_some())),
        }
    }

    /// The name of this item came before with other text: sending either would be a guess.
    fn reused(&self, index: usize) -> Error {
        let description = "came before with other text; use a new id for other text".to_owned();
        let field = self.field(index, "client_message_id");
        Error::invalid(vec![Violation { field, reason: Reason::ClientMessageIdReused, description }])
    }

    /// Genesys will never take what this item says.
    pub(super) fn rejected(&self, index: usize) -> Error {
        let description = "is refused by genesys for good; leave it out, and what follows is written".to_owned();
        let field = self.field(index, "text");
        Error::invalid(vec![Violation { field, reason: Reason::MessageRejected, description }])
    }
}
