//! The use cases, over the ports.

mod by_message;
mod client_time;
pub mod confirm;
mod degraded;
pub mod events;
pub mod inject;
mod injector;
mod messages;
mod mirrored;
mod own;
mod reads;
mod record;
pub mod registry;
pub mod sessions;
mod spans;
mod transcript;
mod upstream;
pub mod validate;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::domain::error::{Error, Reason};
use crate::domain::ids::HandshakeId;
use crate::domain::mirror::MaxAge;
use crate::domain::policy::Policy;
use crate::domain::principal::Principal;
use crate::domain::snapshot::Reading;
use crate::ports::{
    Audit, Clock, Conversations, Entropy, Event, Handshakes, Mirror, Record, Registry, Session, StoreError, StoreWatch,
};
use confirm::Seen;
use reads::Reads;

/// When a caller should return if the store cannot serve it.
const STORE_RETRY: Duration = Duration::from_secs(2);

/// The longest sleep of a caller who waits for another's work: a change in another replica may go unnoticed.
const LONGEST_NAP: Duration = Duration::from_millis(250);

/// Who writes the marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerAuthor {
    /// The customer participant, as the guide prints the POST.
    Customer,
    /// `system`, as the guide's text has it.
    System,
}

/// The operator's rules for the use cases.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How sessions are judged.
    pub policy: Policy,
    /// How long a conclusive answer is replayed.
    pub replay_ttl: Duration,
    /// How long one call to Genesys may take.
    pub call_timeout: Duration,
    /// What of a conversation's context is written, and how.
    pub context: Context,
    /// How long after its end a message reopens a conversation of the platform.
    pub threading_timeline: Duration,
    /// For how long what events told is gone by.
    pub mirror_max_age: MaxAge,
}

/// What of a conversation's context is written, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// As the guide has it: the marker by this author, and the customer's messages, while the conversation is ACTIVE or
    /// DISCONNECTED.
    Guide(MarkerAuthor),
    /// As the platform allows it: the marker alone, while the conversation is ACTIVE. Nobody can write as the customer of a
    /// web chat, and a message to a conversation that has ended begins another.
    Platform,
}

/// Who calls, and how long they wait.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The authenticated caller.
    pub principal: Principal,
    /// When they stop waiting.
    pub deadline: Instant,
    /// Set when they are gone. Work that others share goes on; new writes are not begun.
    pub gone: CancellationToken,
}

impl Caller {
    /// Whether nobody waits for the answer any more.
    fn has_left(&self) -> bool {
        self.gone.is_cancelled() || Instant::now() >= self.deadline
    }
}

/// What the use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// Genesys.
    pub conversations: Arc<dyn Conversations>,
    /// The store of handshakes.
    pub handshakes: Arc<dyn Handshakes>,
    /// What is known of conversations without asking Genesys, where anything is.
    pub mirror: Option<Arc<dyn Mirror>>,
    /// The store of resume keys and token lines.
    pub registry: Arc<dyn Registry>,
    /// Who has to know that the store is out of reach.
    pub store_watch: Arc<dyn StoreWatch>,
    /// The audit record.
    pub audit: Arc<dyn Audit>,
    /// The time of this host, for what is only advisory and for want of a better one.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

// === impl Ports ===

impl Ports {
    /// The error our callers see.
    fn store_error(&self, error: StoreError) -> Error {
        match error {
            StoreError::Refused(error) => error,
            StoreError::Full => Error::retry(
                Reason::StoreFull,
                "the handshake store keeps all the sessions it may; try again later",
                STORE_RETRY,
            ),
            StoreError::Unavailable(outage) => {
                self.store_watch.failed(outage);
                let message = "the handshake store cannot be reached; the call is safe to repeat";
                Error::retry(Reason::StoreUnavailable, message, STORE_RETRY)
            }
            StoreError::Fenced(_) => Error::retry(
                Reason::InProgress,
                "another caller took over this work; ask again for its result",
                STORE_RETRY,
            ),
        }
    }
}

struct Inner {
    ports: Ports,
    rules: Rules,
    /// Reads of validations: a caller may share one that began before it asked.
    validations: Arc<Reads<Reading>>,
    /// Reads of confirmations, kept apart: one that began for a validation may predate the re-attachment.
    confirmations: Arc<Reads<Seen>>,
    /// Work that goes on when its caller leaves.
    work: TaskTracker,
}

/// The use cases. Clones share everything.
#[derive(Clone)]
pub struct Resumption {
    inner: Arc<Inner>,
}

impl fmt::Debug for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumption").field("rules", &self.inner.rules).finish_non_exhaustive()
    }
}

impl Resumption {
    /// The use cases over these ports.
    pub fn new(ports: Ports, rules: Rules) -> Self {
        let conversations = Arc::clone(&ports.conversations);
        let validations = Reads::sharing("validation", move |id, deadline| {
            let conversations = Arc::clone(&conversations);
            async move { conversations.read(&id, deadline).await }.boxed()
        });
        let (conversations, handshakes) = (Arc::clone(&ports.conversations), Arc::clone(&ports.handshakes));
        let confirmations = Reads::sharing("confirmation", move |id, deadline| {
            let (conversations, handshakes) = (Arc::clone(&conversations), Arc::clone(&handshakes));
            async move {
                let since = handshakes.now().await;
                Ok(Seen { reading: conversations.read_with_metadata(&id, deadline).await?, since })
            }
            .boxed()
        });
        Self { inner: Arc::new(Inner { ports, rules, validations, confirmations, work: TaskTracker::new() }) }
    }

    /// Waits for work whose callers have left: what is being written is then known to be written.
    pub async fn finished(&self) {
        self.inner.work.close();
        self.inner.work.wait().await;
    }

    /// Reports a failed call and sets each caller's own time to return.
    fn failed<'a>(
        &self,
        caller: &Caller,
        session: impl Into<Session<'a>>,
        handshake: Option<HandshakeId>,
        error: Error,
    ) -> Error {
        self.inner.audit(caller, session, handshake, Event::Failed { reason: error.reason });
        upstream::spread(error, self.inner.ports.entropy.unit())
    }
}

impl Inner {
    fn audit<'a>(
        &self,
        caller: &Caller,
        session: impl Into<Session<'a>>,
        handshake: Option<HandshakeId>,
        event: Event<'_>,
    ) {
        let session = Some(session.into());
        self.ports.audit.record(&Record { principal: &caller.principal, session, handshake, event });
    }

    /// Waits for another writer of the same conversation, or gives up where the caller would.
    async fn wait_turn(&self, caller: &Caller, left: Duration, changed: BoxFuture<'static, ()>) -> Result<(), Error> {
        let nap = left.min(LONGEST_NAP);
        if caller.has_left() || Instant::now() + nap >= caller.deadline {
            let message = "another caller is writing to this conversation; ask again for the result";
            return Err(Error::retry(Reason::InProgress, message, left));
        }
        // Either the change came or the nap is over: look again.
        let _ = tokio::time::timeout(nap, changed).await;
        Ok(())
    }

    /// Runs work that must not die with its caller, and waits for it until the caller stops waiting.
    async fn outlive<T: Send + 'static>(
        &self,
        caller: &Caller,
        name: &'static str,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let work = self.work.spawn(work.instrument(spans::part(name)));
        match tokio::time::timeout_at(caller.deadline, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::new(Reason::Internal, "the call failed for a cause of ours; please report it")),
            Err(_) => Err(out_of_time()),
        }
    }

    fn store_error(&self, error: StoreError) -> Error {
        self.ports.store_error(error)
    }

    /// How long a piece of work that makes this many calls in a row can take, with a margin for everything between them.
    fn work_time(&self, calls: u32) -> Duration {
        self.rules.call_timeout * calls + Duration::from_secs(1)
    }
}

/// The caller's deadline passed.
pub fn out_of_time() -> Error {
    Error::new(
        Reason::DeadlineExceeded,
        "the call's deadline passed; repeating it is safe and continues where it stood",
    )
}
