//! What the operator chooses, and the times that nobody has to.

use std::sync::Arc;
use std::time::Duration;

use super::Tls;

/// How the port is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most connections at once; further ones wait in the kernel.
    pub max_connections: usize,
    /// How long a connection lasts before its client is asked to open a new one, give or take a tenth, so that those opened
    /// together do not end together.
    pub max_connection_age: Option<Duration>,
    /// None: in the clear.
    pub tls: Option<Arc<Tls>>,
    /// How long a peer is waited for.
    pub times: Times,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connection_age: Some(Duration::from_hours(1)),
            tls: None,
            times: Times::default(),
        }
    }
}

/// How long each wait for a peer may be. What is longer ends the connection.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// For the first byte.
    pub first_byte: Duration,
    /// From the first byte of a request's head to its last; with HTTP/2, of the connection's preface and settings.
    pub head: Duration,
    /// Between the requests of an HTTP/1.1 connection.
    pub idle: Duration,
    /// While there is something to send that the peer does not take.
    pub stalled: Duration,
    /// For calls in flight on a connection that is too old.
    pub grace: Duration,
    /// How often the files of TLS are looked at.
    pub reload: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(30),
            grace: Duration::from_secs(20),
            reload: Duration::from_secs(5),
        }
    }
}

/// The age of one connection: a tenth more or less, as `unit` between 0 and 1 says.
pub(super) fn jittered(age: Duration, unit: f64) -> Duration {
    age.mul_f64(0.9 + 0.2 * unit.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_differ_by_a_tenth_at_most() {
        let age = Duration::from_secs(100);
        for (unit, expected) in [(0.0, 90), (0.5, 100), (1.0, 110), (-3.0, 90), (7.0, 110)] {
            assert_eq!(jittered(age, unit).as_millis(), expected * 1_000, "{unit}");
        }
    }
}
