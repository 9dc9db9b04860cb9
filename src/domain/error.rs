//! What can go wrong, told once: a reason for callers to act on, and the small set of kinds that protocols map.

use std::time::Duration;

/// The classes of failure that a protocol distinguishes. Each maps to one gRPC code at one boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong; fix it.
    Invalid,
    /// Who is calling is not known.
    Unauthenticated,
    /// The caller is known, and may not.
    Forbidden,
    /// What the request names does not exist, for this caller.
    NotFound,
    /// What is to be made exists already, and is another.
    Exists,
    /// The request is right, but not now; something else has to happen first.
    Precondition,
    /// Two callers collided; repeat the whole operation.
    Conflict,
    /// Too much is asked; come back at the time given.
    Exhausted,
    /// We or Genesys cannot answer; come back at the time given.
    Unavailable,
    /// The caller's time ran out.
    Deadline,
    /// A bug of ours.
    Internal,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $kind:ident;)*) => {
        /// Why a call failed. The wire names stand in the proto file's `ErrorCatalog` with an example each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name on the wire (`google.rpc.ErrorInfo.reason`).
            pub fn wire(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }

            /// The class it belongs to.
            pub fn kind(self) -> Kind {
                match self {
                    $(Self::$name => Kind::$kind,)*
                }
            }
        }
    };
}

reasons! {
    /// An id is missing, too long or outside the alphabet.
    InvalidId = "INVALID_ID", Invalid;
    /// A handshake or attempt id is not a UUID.
    InvalidUuid = "INVALID_UUID", Invalid;
    /// An enum field holds a number this version does not know.
    InvalidEnum = "INVALID_ENUM", Invalid;
    /// A text is longer than its limit.
    TextTooLong = "TEXT_TOO_LONG", Invalid;
    /// A message without text.
    TextEmpty = "TEXT_EMPTY", Invalid;
    /// More messages than one call takes.
    TooManyMessages = "TOO_MANY_MESSAGES", Invalid;
    /// One `client_message_id` twice in a request.
    DuplicateClientMessageId = "DUPLICATE_CLIENT_MESSAGE_ID", Invalid;
    /// A `client_message_id` came before with other text.
    ClientMessageIdReused = "CLIENT_MESSAGE_ID_REUSED", Invalid;
    /// The request is larger than the service reads.
    RequestTooLarge = "REQUEST_TOO_LARGE", Invalid;
    /// The request's bytes are no message of the method.
    MalformedRequest = "MALFORMED_REQUEST", Invalid;
    /// Genesys refuses a message for what it says.
    MessageRejected = "MESSAGE_REJECTED", Invalid;
    /// `TAKE_OVER`, or a browser's `InjectContext`, names no tab.
    MissingClientInstance = "MISSING_CLIENT_INSTANCE", Invalid;
    /// No such handshake of this pair.
    HandshakeNotFound = "HANDSHAKE_NOT_FOUND", NotFound;
    /// A newer handshake of the pair was confirmed.
    HandshakeSuperseded = "HANDSHAKE_SUPERSEDED", Precondition;
    /// The handshake is not confirmed yet.
    NotConfirmed = "NOT_CONFIRMED", Precondition;
    /// No conclusive answer of the pair is known.
    NothingToTakeOver = "NOTHING_TO_TAKE_OVER", Precondition;
    /// Another tab has taken over.
    Superseded = "SUPERSEDED", Precondition;
    /// Genesys answered 409 although the state permits the write.
    UpstreamConflict = "UPSTREAM_CONFLICT", Conflict;
    /// Our share of Genesys' requests per minute is spent.
    BudgetExhausted = "BUDGET_EXHAUSTED", Exhausted;
    /// The conversation has more injected messages than the ledger keeps.
    LedgerFull = "LEDGER_FULL", Exhausted;
    /// Genesys answered 429.
    UpstreamRateLimited = "UPSTREAM_RATE_LIMITED", Unavailable;
    /// Genesys answered 5xx, reset the connection or could not be reached.
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE", Unavailable;
    /// Genesys did not answer in time.
    UpstreamTimeout = "UPSTREAM_TIMEOUT", Unavailable;
    /// Genesys refuses our credentials.
    UpstreamUnauthorized = "UPSTREAM_UNAUTHORIZED", Unavailable;
    /// Our credentials lack a permission.
    UpstreamForbidden = "UPSTREAM_FORBIDDEN", Unavailable;
    /// Genesys' answer cannot be understood.
    UpstreamMalformed = "UPSTREAM_MALFORMED", Unavailable;
    /// Genesys refused the request for another cause.
    UpstreamRejected = "UPSTREAM_REJECTED", Unavailable;
    /// The conversation cannot be judged.
    SnapshotUnusable = "SNAPSHOT_UNUSABLE", Unavailable;
    /// Another caller is doing this very work.
    InProgress = "IN_PROGRESS", Unavailable;
    /// An earlier write may or may not have taken effect; it is too early to tell.
    OutcomePending = "OUTCOME_PENDING", Unavailable;
    /// The handshake store cannot be reached.
    StoreUnavailable = "STORE_UNAVAILABLE", Unavailable;
    /// The handshake store holds all it may.
    StoreFull = "STORE_FULL", Unavailable;
    /// The caller's deadline passed.
    DeadlineExceeded = "DEADLINE_EXCEEDED", Deadline;
    /// The caller showed no credentials that are good.
    Unauthenticated = "UNAUTHENTICATED", Unauthenticated;
    /// The caller's role does not have this call.
    PermissionDenied = "PERMISSION_DENIED", Forbidden;
    /// The caller, its address or its session asks more often than it may.
    RateLimited = "RATE_LIMITED", Exhausted;
    /// We have more calls under way than we can serve.
    Overloaded = "OVERLOADED", Unavailable;
    /// The resume key is another session's.
    ResumeKeyTaken = "RESUME_KEY_TAKEN", Exists;
    /// The request names a session in two ways.
    AmbiguousSession = "AMBIGUOUS_SESSION", Invalid;
    /// No secret is configured to sign session tokens with.
    SessionTokensDisabled = "SESSION_TOKENS_DISABLED", Precondition;
    /// The keys that the caller's token is checked with cannot be had.
    KeysUnavailable = "KEYS_UNAVAILABLE", Unavailable;
    /// A bug of ours.
    Internal = "INTERNAL", Internal;
}

/// One bad field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Violation {
    /// Path of the field, such as `messages[3].text`.
    pub field: String,
    /// Why it is refused, as its own reason.
    pub reason: Reason,
    /// What is allowed.
    pub description: String,
}

/// A failed call. The message says what to do; it never holds a secret, a message text or a foreign error's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What callers branch on.
    pub reason: Reason,
    /// For people.
    pub message: String,
    /// When to come back, where that helps.
    pub retry_after: Option<Duration>,
    /// The fields at fault.
    pub violations: Vec<Violation>,
}

impl Error {
    /// An error that a retry does not mend.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retry_after: None, violations: Vec::new() }
    }

    /// An error that time mends.
    pub fn retry(reason: Reason, message: impl Into<String>, after: Duration) -> Self {
        Self { retry_after: Some(after), ..Self::new(reason, message) }
    }

    /// A request with bad fields. The first one gives the reason; all are told.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let reason = violations.first().map_or(Reason::Internal, |first| first.reason);
        let message = match violations.as_slice() {
            [] => "the request was refused without a cause".to_owned(),
            [only] => format!("{} {}", only.field, only.description),
            [first, rest @ ..] => format!("{} {} (and {} more)", first.field, first.description, rest.len()),
        };
        Self { reason, message, retry_after: None, violations }
    }

    /// The class it belongs to.
    pub fn kind(&self) -> Kind {
        self.reason.kind()
    }
}
