//! Which session a resume key names.

use std::time::Duration;

use jiff::Timestamp;

use super::error::{Error, Reason};
use super::ids::Pair;
use super::time::after;

/// How long a registration lasts unless it is renewed: as long as a handshake can be used. A chat that is still going on after
/// that is registered once more by the flow that has it in hand.
pub const REGISTERED_FOR: Duration = Duration::from_hours(24);

/// What a key names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    pair: Pair,
    term: Term,
}

/// From when and until when a registration holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// When the key was first given to the session.
    pub since: Timestamp,
    /// When it is free again.
    pub until: Timestamp,
}

impl Registration {
    /// Gives a key that is free to a session.
    pub fn new(pair: Pair, ttl: Duration, now: Timestamp) -> Self {
        Self { pair, term: Term { since: now, until: after(now, ttl) } }
    }

    /// Registers once more: the same session again, or another one if the key is free by now.
    pub fn renew(&mut self, pair: &Pair, ttl: Duration, now: Timestamp) -> Result<Term, Error> {
        if self.is_spent(now) {
            *self = Self::new(pair.clone(), ttl, now);
        } else if self.pair != *pair {
            return Err(taken());
        }
        // Never sooner than was promised.
        self.term.until = self.term.until.max(after(now, ttl));
        Ok(self.term)
    }

    /// The session, as long as the registration holds.
    pub fn pair(&self, now: Timestamp) -> Option<&Pair> {
        Some(&self.pair).filter(|_| !self.is_spent(now))
    }

    /// From when and until when it holds.
    pub fn term(&self) -> Term {
        self.term
    }

    /// Whether nobody can refer to it any more.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        now >= self.term.until
    }
}

/// Another session has the key. Which one is told to nobody.
pub fn taken() -> Error {
    Error::new(Reason::ResumeKeyTaken, "the resume key names another session; register this one under a key of its own")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ConversationId, ParticipantId};

    const TTL: Duration = Duration::from_mins(1);

    fn pair(conversation: &str) -> Pair {
        let conversation = ConversationId::parse(conversation).unwrap();
        Pair { conversation, participant: ParticipantId::parse("ana").unwrap() }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_same_session_renews_and_keeps_its_beginning() {
        let mut kept = Registration::new(pair("one"), TTL, at(0));
        assert_eq!(kept.term(), Term { since: at(0), until: at(60) });
        assert_eq!(kept.renew(&pair("one"), TTL, at(59)), Ok(Term { since: at(0), until: at(119) }));
        assert_eq!(kept.renew(&pair("one"), TTL / 60, at(60)), Ok(Term { since: at(0), until: at(119) }));
    }

    #[test]
    fn another_session_gets_the_key_only_once_it_is_free() {
        let mut kept = Registration::new(pair("one"), TTL, at(0));
        let refused = kept.renew(&pair("two"), TTL, at(59));
        assert_eq!(refused.map_err(|error| error.reason), Err(Reason::ResumeKeyTaken));
        assert_eq!(kept.pair(at(59)), Some(&pair("one")), "nothing changed");
        assert_eq!(kept.pair(at(60)), None);
        assert_eq!(kept.renew(&pair("two"), TTL, at(60)), Ok(Term { since: at(60), until: at(120) }));
        assert_eq!(kept.pair(at(60)), Some(&pair("two")));
    }
}
