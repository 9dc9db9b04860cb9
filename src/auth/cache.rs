//! Tokens that were verified a moment ago: checking a signature costs more than the rest of a call.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{Identified, LONGEST_TOKEN};

/// The most tokens remembered; the oldest makes room.
const MOST: usize = 10_000;

/// The longest a token is remembered.
const LONGEST: SignedDuration = SignedDuration::from_mins(1);

/// A token's hash: what lies here must not be of use to whoever reads the memory.
type Key = [u8; 32];

/// Callers by their tokens' hashes. What was refused is not remembered: it may become right.
#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, (Identified, Timestamp)>,
    /// In the order in which they came.
    order: VecDeque<Key>,
}

impl Cache {
    pub(super) fn get(&self, token: &str, now: Timestamp) -> Option<Identified> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let key = key(token);
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (identified, until) = entries.by_key.get(&key)?;
        (now < *until).then(|| identified.clone())
    }

    pub(super) fn put(&self, token: &str, identified: Identified, good_until: Timestamp, now: Timestamp) {
        let until = now.checked_add(LONGEST).map_or(good_until, |longest| longest.min(good_until));
        let key = key(token);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.insert(key, (identified, until)).is_none() {
            entries.order.push_back(key);
        }
        if entries.order.len() > MOST
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.by_key.remove(&oldest);
        }
    }

    /// Forgets all of them: the keys they were checked with have changed.
    pub(super) fn clear(&self) {
        *self.entries.lock().unwrap_or_else(PoisonError::into_inner) = Entries::default();
    }
}

fn key(token: &str) -> Key {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::principal::{Identity, Principal};

    fn service(name: &str) -> Identified {
        Identity::Known(Principal::service(name)).into()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_is_known_for_a_minute_and_never_beyond_its_end() {
        let cache = Cache::default();
        cache.put("long", service("a"), at(1_000), at(0));
        cache.put("short", service("b"), at(10), at(0));
        for (token, now, known) in
            [("long", 59, true), ("long", 60, false), ("short", 9, true), ("short", 10, false), ("else", 0, false)]
        {
            assert_eq!(cache.get(token, at(now)).is_some(), known, "{token} {now}");
        }
        cache.clear();
        assert_eq!(cache.get("long", at(1)), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let cache = Cache::default();
        for number in 0..=MOST {
            cache.put(&number.to_string(), service("a"), at(50), at(0));
        }
        assert_eq!(cache.get("0", at(1)), None);
        assert!(cache.get("1", at(1)).is_some() && cache.get(&MOST.to_string(), at(1)).is_some());
    }
}
