//! Ends a call at its deadline, with an answer that says so.
//!
//! It ends a little before the caller's own timer, so that the answer arrives, and lets the server choose the answer. Handlers find
//! the [`Deadline`] in the request's extensions.

mod future;
mod layer;
mod service;
mod timeout;

pub use future::ResponseFuture;
pub use layer::DeadlineLayer;
pub use service::DeadlineService;
pub use timeout::{Unreadable, connect as connect_timeout};

use http::{HeaderMap, Response, Uri};
use tokio::time::Instant;

/// When the caller of a request stops waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

/// The answer to a call whose deadline passed.
pub type Expired<B> = fn() -> Response<B>;

/// Which answer ends a request at its deadline, in its own protocol; none where it has no deadline.
pub type Applies<B> = fn(&Uri, &HeaderMap) -> Option<Expired<B>>;
