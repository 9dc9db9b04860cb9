//! Ends a call at its deadline, with an answer that says so.
//!
//! tonic's own timeout answers `CANCELLED` and sits outside every layer; this one sits right inside it, ends a little earlier, and
//! lets the server choose the answer. Handlers find the [`Deadline`] in the request's extensions.

mod future;
mod layer;
mod service;
mod timeout;

pub use future::ResponseFuture;
pub use layer::DeadlineLayer;
pub use service::DeadlineService;

use tokio::time::Instant;

/// When the caller of a request stops waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);
