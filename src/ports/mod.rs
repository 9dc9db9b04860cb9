//! What the use cases need of the world. Owned here, implemented by adapters, joined in `app`.

mod audit;
mod budget;
mod chance;
mod conversations;
mod handshakes;
mod mirror;
mod registry;
mod session_tokens;
mod store_watch;

pub use audit::{Audit, Event, Note, Record, Session, TokenTurn};
pub use budget::{Budget, Spent};
pub use chance::{Clock, Entropy};
pub use conversations::{Conversations, Line, Metadata, Post, Settled, UpstreamError};
pub use handshakes::{Handshakes, Outage, StoreError};
pub use mirror::{EventError, Mirror, ReadEvent};
pub use registry::Registry;
pub use session_tokens::SessionTokens;
pub use store_watch::StoreWatch;
