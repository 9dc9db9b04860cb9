//! Steps that many cases begin with, and the shapes they expect in return.

use std::fmt::Debug;
use std::future::Future;

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::{Confirming, Glimpse};
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use session_resumption::domain::lease::{Fenced, Lease};
use session_resumption::domain::ledger::{Begun, Held, Item};
use session_resumption::domain::pair::{Join, Joined, View};
use session_resumption::domain::tabs::{Seat, TabRole};
use session_resumption::ports::StoreError;
use uuid::Uuid;

use crate::given::{HOLD, TTL, WRITE, flow, injection, pair, reading, resumable, seconds, uuid};
use crate::harness::Harness;

/// The right to find out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lead {
    pub(crate) id: HandshakeId,
    pub(crate) lease: Lease,
    pub(crate) arrived: Timestamp,
    pub(crate) now: Timestamp,
}

/// The right to write a count.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    pub(crate) lease: Lease,
    pub(crate) confirmation: Confirmation,
}

impl Harness {
    pub(crate) async fn now(&self) -> Timestamp {
        self.store.now().await.unwrap()
    }

    pub(crate) async fn join(&self, pair: &Pair, join: &Join) -> Joined {
        self.store.join(pair, join).await.unwrap().0
    }

    /// Joins where nobody else leads or has told.
    pub(crate) async fn lead(&self, pair: &Pair, join: &Join) -> Lead {
        leading(&self.join(pair, join).await)
    }

    pub(crate) async fn conclude(&self, pair: &Pair, lease: Lease, answer: Answer) -> View {
        self.store.conclude(pair, lease, None, answer, TTL).await.unwrap()
    }

    /// Opens a handshake that may be confirmed.
    pub(crate) async fn open(&self, pair: &Pair, join: &Join) -> HandshakeId {
        let lead = self.lead(pair, join).await;
        self.conclude(pair, lead.lease, resumable()).await;
        lead.id
    }

    /// Somebody else's session, which gives the store occasion to tidy up.
    pub(crate) async fn somebody_comes_by(&self) {
        self.lead(&pair("passer-by", "eve"), &flow()).await;
    }

    pub(crate) async fn remember(&self, pair: &Pair, agent: &str, tab: Option<TabId>) -> Seat {
        let glimpse = Glimpse { reading: reading(pair, agent), fresh_for: seconds(5), tab };
        self.store.remember(pair, &glimpse).await.unwrap()
    }

    /// Asks for a count, the metadata having been read just now.
    pub(crate) async fn claim(&self, pair: &Pair, id: HandshakeId, metadata: u32) -> Confirming {
        let claim = claim(pair, id, metadata, self.now().await);
        self.store.claim(&pair.conversation, claim).await.unwrap()
    }

    pub(crate) async fn claim_write(&self, pair: &Pair, id: HandshakeId, metadata: u32) -> Writing {
        writing(self.claim(pair, id, metadata).await)
    }

    pub(crate) async fn settle(&self, pair: &Pair, lease: Lease, written: Written) {
        self.store.settle(&pair.conversation, lease, written).await.unwrap();
    }

    pub(crate) async fn confirm(&self, pair: &Pair, id: HandshakeId) -> Confirmation {
        let writing = self.claim_write(pair, id, 0).await;
        self.settle(pair, writing.lease, Written::Yes).await;
        writing.confirmation
    }

    /// What a recorder is given, as customers and handshakes.
    pub(crate) async fn recorded(&self, conversation: &ConversationId, recorder: Uuid) -> Vec<(String, HandshakeId)> {
        let given = self.store.record(conversation, recorder).await.unwrap();
        given
            .into_iter()
            .map(|resumed| (resumed.claimant.participant.to_string(), resumed.claimant.handshake))
            .collect()
    }

    pub(crate) async fn confirmation(&self, pair: &Pair, id: HandshakeId) -> Option<Confirmation> {
        self.store.confirmation(pair, id).await.unwrap()
    }

    /// A handshake that is confirmed, so that context may be injected.
    pub(crate) async fn confirmed(&self, pair: &Pair) -> HandshakeId {
        let id = self.open(pair, &flow()).await;
        self.confirm(pair, id).await;
        id
    }

    pub(crate) async fn begin(&self, pair: &Pair, id: HandshakeId, items: &[Item]) -> Begun {
        self.store.begin_injection(&pair.conversation, &injection(pair, id, items)).await.unwrap()
    }

    pub(crate) async fn hold(&self, pair: &Pair, id: HandshakeId, items: &[Item]) -> Held {
        holding(self.begin(pair, id, items).await)
    }

    pub(crate) async fn announce(&self, pair: &Pair, lease: Lease, item: &Item, last_id: Option<&str>) {
        let last_id = last_id.map(str::to_owned);
        self.store.announce(&pair.conversation, lease, item.clone(), last_id, HOLD).await.unwrap();
    }

    /// Announces and records a message.
    pub(crate) async fn write(&self, pair: &Pair, lease: Lease, item: &Item, message_id: &str) {
        self.announce(pair, lease, item, None).await;
        self.store.written(&pair.conversation, lease, &item.key, message_id.to_owned()).await.unwrap();
    }

    pub(crate) async fn end(&self, pair: &Pair, lease: Lease) {
        self.store.end_injection(&pair.conversation, lease).await.unwrap();
    }
}

pub(crate) fn claim(pair: &Pair, id: HandshakeId, metadata: u32, read_at: Timestamp) -> Claim {
    Claim {
        claimant: Claimant { participant: pair.participant.clone(), handshake: id },
        metadata,
        counted_at: None,
        read_at,
        agent_id: Some("agent-7".to_owned()),
        as_of: Some("2026-03-01T08:59:58Z".parse().unwrap()),
        owner: uuid(),
        write_for: WRITE,
    }
}

// === What is expected ===

pub(crate) fn leading(joined: &Joined) -> Lead {
    let &Joined::Lead { id, lease, arrived, now } = joined else { panic!("expected to lead, got {joined:?}") };
    Lead { id, lease, arrived, now }
}

/// The fence waited for.
pub(crate) fn waiting(joined: &Joined) -> u64 {
    let Joined::Wait { fence, .. } = joined else { panic!("expected to wait, got {joined:?}") };
    *fence
}

pub(crate) fn replay(joined: Joined) -> View {
    let Joined::Replay(view) = joined else { panic!("expected a replay, got {joined:?}") };
    view
}

pub(crate) fn writing(confirming: Confirming) -> Writing {
    match confirming {
        Confirming::Claimed(Claimed::Write { lease, confirmation, .. }) => Writing { lease, confirmation },
        other => panic!("expected to write, got {other:?}"),
    }
}

pub(crate) fn is_busy(confirming: &Confirming) -> bool {
    matches!(confirming, Confirming::Claimed(Claimed::Busy(left)) if !left.is_zero())
}

pub(crate) fn holding(begun: Begun) -> Held {
    let Begun::Holding(held) = begun else { panic!("expected to hold the transcript, got {begun:?}") };
    held
}

pub(crate) fn is_held(begun: &Begun) -> bool {
    matches!(begun, Begun::Busy(left) if !left.is_zero())
}

pub(crate) fn active(seat: Seat) -> bool {
    seat.role == Some(TabRole::Active)
}

pub(crate) fn suspended(seat: Seat) -> bool {
    seat.role == Some(TabRole::Suspended)
}

/// What the protocol says to what it does not allow.
pub(crate) fn refusal<T: Debug>(result: Result<T, StoreError>) -> Error {
    match result {
        Err(StoreError::Refused(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn refused<T: Debug>(result: Result<T, StoreError>) -> Reason {
    refusal(result).reason
}

pub(crate) fn is_fenced<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Fenced(Fenced)))
}

/// What must happen soon, or never will.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(seconds(20), future).await.expect("nobody was woken")
}
