//! Holds each caller to a rate, and tells it where it stands.
//!
//! Answers carry the fields of the IETF's `RateLimit` draft: `ratelimit-limit`, `ratelimit-remaining`, and `ratelimit-reset` in
//! seconds.

mod future;
mod headers;
pub mod keyed;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use headers::NAMES;
pub use keyed::{Keyed, Rate, Refused, Standing};
pub use layer::RateLimitLayer;
pub use service::RateLimit;

use crate::domain::error::{Error, Reason};

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::retry(Reason::RateLimited, "too many requests; repeat this one after the delay", refused.retry_after)
    }
}

#[cfg(test)]
mod tests;
