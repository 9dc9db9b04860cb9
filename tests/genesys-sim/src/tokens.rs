//! Access tokens, and the request budget that each of them has.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

use crate::clock::{later, since};

/// The platform counts requests by the minute.
const WINDOW: Duration = Duration::from_mins(1);

/// The tokens issued so far, by their secret.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    by_secret: HashMap<String, Token>,
    minting: Option<Window>,
}

/// One token: who it is in the ledger, how long it lives, what it has used up.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: String,
    expires: Timestamp,
    window: Option<Window>,
}

/// A minute that began with the first request in it.
#[derive(Debug, Clone, Copy)]
struct Window {
    started: Timestamp,
    count: u32,
}

/// Where a token's budget stands after a request, as the `inin-ratelimit-*` headers tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) count: u32,
    pub(crate) allowed: u32,
    pub(crate) reset_s: u64,
}

// === impl Tokens ===

impl Tokens {
    /// Issues a token; returns its secret and its id.
    pub(crate) fn issue(&mut self, ttl: Duration, now: Timestamp) -> (String, String) {
        let secret = Uuid::new_v4().simple().to_string();
        let id = format!("t{}", self.by_secret.len() + 1);
        let token = Token { id: id.clone(), expires: later(now, ttl), window: None };
        self.by_secret.insert(secret.clone(), token);
        (secret, id)
    }

    /// Counts one token to be issued.
    pub(crate) fn count_mint(&mut self, allowed: u32, now: Timestamp) -> Quota {
        count(&mut self.minting, allowed, now)
    }

    pub(crate) fn get_mut(&mut self, secret: &str) -> Option<&mut Token> {
        self.by_secret.get_mut(secret)
    }

    /// Ends every token's life now.
    pub(crate) fn expire_all(&mut self, now: Timestamp) {
        for token in self.by_secret.values_mut() {
            token.expires = token.expires.min(now);
        }
    }
}

// === impl Token ===

impl Token {
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    /// Counts one request.
    pub(crate) fn count(&mut self, allowed: u32, now: Timestamp) -> Quota {
        count(&mut self.window, allowed, now)
    }
}

fn count(running: &mut Option<Window>, allowed: u32, now: Timestamp) -> Quota {
    let current = running.filter(|window| since(window.started, now) < WINDOW);
    let mut window = current.unwrap_or(Window { started: now, count: 0 });
    window.count = window.count.saturating_add(1);
    *running = Some(window);
    // Rounded up: whoever waits that long is not refused again.
    let rest = WINDOW.saturating_sub(since(window.started, now));
    Quota { count: window.count, allowed, reset_s: rest.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX) }
}

// === impl Quota ===

impl Quota {
    pub(crate) fn is_exceeded(self) -> bool {
        self.count > self.allowed
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_window_is_a_minute_from_its_first_request() {
        let mut tokens = Tokens::default();
        let start = Timestamp::UNIX_EPOCH;
        let (secret, _) = tokens.issue(Duration::from_hours(1), start);
        let token = tokens.get_mut(&secret).unwrap();

        let first = later(start, Duration::from_secs(30));
        assert_eq!(token.count(2, first), Quota { count: 1, allowed: 2, reset_s: 60 });
        let second = token.count(2, later(first, Duration::from_millis(59_500)));
        assert_eq!(second, Quota { count: 2, allowed: 2, reset_s: 1 });
        assert!(token.count(2, later(first, Duration::from_millis(59_999))).is_exceeded());
        assert_eq!(token.count(2, later(first, WINDOW)), Quota { count: 1, allowed: 2, reset_s: 60 });
    }

    #[test]
    fn tokens_die_of_age_or_by_revocation() {
        let mut tokens = Tokens::default();
        let start = Timestamp::UNIX_EPOCH;
        let (secret, id) = tokens.issue(Duration::from_secs(10), start);
        assert_eq!(id, "t1");
        assert!(tokens.get_mut(&secret).unwrap().is_alive(later(start, Duration::from_millis(9_999))));
        assert!(!tokens.get_mut(&secret).unwrap().is_alive(later(start, Duration::from_secs(10))));
        tokens.expire_all(start);
        assert!(!tokens.get_mut(&secret).unwrap().is_alive(start));
        assert_eq!(tokens.issue(Duration::from_secs(10), start).1, "t2");
    }
}
