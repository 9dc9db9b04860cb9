//! Time and chance, which tests choose.

use jiff::Timestamp;
use uuid::Uuid;

/// Tells the time. Waiting goes by `tokio::time`, which tests can pause.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Makes what nobody can guess.
pub trait Entropy: Send + Sync {
    /// A new random UUID.
    fn uuid(&self) -> Uuid;
    /// A random number in [0, 1).
    fn unit(&self) -> f64;
}
