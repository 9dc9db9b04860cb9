//! A line of session tokens: those that one browser gets one after the other, numbered.
//!
//! Each is short-lived and replaced by the next. Whoever steals one can go on with it for as long as its owner does not: the
//! first time both show theirs, one of them shows a token that was replaced, and the whole line ends. An honest browser never
//! does. Its tabs share what they hold, and an answer that is lost costs nothing: a token is replaced when its successor is
//! *shown*, not when it is issued, and calls that were on their way then are let through for a moment.

use std::time::Duration;

use jiff::Timestamp;

use super::time::{after, until};

/// The number of a line's first token.
pub const FIRST: u64 = 1;
/// How old a line gets: a working day. A token that was stolen and is refreshed in silence, because its owner is gone, ends
/// then at the latest; a customer who still chats is signed in once more.
pub const LINE_LIFE: Duration = Duration::from_hours(12);
/// How long a token is good after its successor was first shown: longer than a call is on its way from another tab, and too
/// short for a thief who waits for the owner to leave.
const GRACE: Duration = Duration::from_secs(10);
/// A token that is younger is not replaced: tabs that find it old at the same moment all ask, and one new token is enough for
/// all. It also keeps those in their grace down to two.
const YOUNG: Duration = Duration::from_mins(1);

/// Why a token is not good, whatever its signature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was replaced, or never issued: somebody has what another should have. The line ends with this.
    Reused,
    /// The line had ended before.
    Revoked,
    /// The line is as old as a line gets.
    Over,
    /// Nobody knows the line, or any more.
    Unknown,
}

/// What is said of a token that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// It is good.
    Good,
    /// It is not.
    Refused(Refusal),
}

/// What is said of a token that is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refreshed {
    /// By the one of this number.
    Next {
        /// Its number.
        generation: u64,
        /// How long the line goes on: no token outlives it.
        left: Duration,
    },
    /// It is young; it stays.
    Keep,
    /// It is not good.
    Refused(Refusal),
}

/// The state of one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenLine {
    ends: Timestamp,
    /// The highest number issued, and when that was last.
    newest: u64,
    issued: Timestamp,
    /// The highest number shown, zero before the first: the newest one or the one before it.
    used: u64,
    /// When it was first shown, and when the one before it was.
    first_used: [Timestamp; 2],
    /// When the last token that was issued is past being shown.
    kept_until: Timestamp,
    revoked: bool,
}

impl TokenLine {
    /// A line whose first token is issued now, and may be shown for this long.
    pub fn begin(now: Timestamp, show_for: Duration) -> Self {
        let ends = after(now, LINE_LIFE);
        let kept_until = after(now, show_for).min(ends);
        Self { ends, newest: FIRST, issued: now, used: 0, first_used: [now; 2], kept_until, revoked: false }
    }

    /// Shows a token.
    pub fn use_generation(&mut self, now: Timestamp, generation: u64) -> Shown {
        match self.show(now, generation) {
            Ok(()) => Shown::Good,
            Err(refusal) => Shown::Refused(refusal),
        }
    }

    /// Shows a token to have it replaced by one that may be shown for this long.
    pub fn refresh(&mut self, now: Timestamp, generation: u64, show_for: Duration) -> Refreshed {
        if let Err(refusal) = self.show(now, generation) {
            return Refreshed::Refused(refusal);
        }
        if generation == self.newest {
            if now < after(self.issued, YOUNG) {
                return Refreshed::Keep;
            }
            self.newest += 1;
        }
        let next = generation + 1;
        if next == self.newest {
            self.issued = now;
        }
        self.kept_until = self.kept_until.max(after(now, show_for).min(self.ends));
        Refreshed::Next { generation: next, left: until(now, self.ends) }
    }

    /// Ends it.
    pub fn revoke(&mut self) {
        self.revoked = true;
    }

    /// When the last token that was issued is past being shown: until then the line has to be remembered, above all if it was
    /// revoked.
    pub fn kept_until(&self) -> Timestamp {
        self.kept_until
    }

    fn show(&mut self, now: Timestamp, generation: u64) -> Result<(), Refusal> {
        if self.revoked {
            return Err(Refusal::Revoked);
        }
        if now >= self.ends {
            return Err(Refusal::Over);
        }
        if !self.is_good(now, generation) {
            self.revoke();
            return Err(Refusal::Reused);
        }
        if generation > self.used {
            let [last, _] = self.first_used;
            self.first_used = [now, last];
            self.used = generation;
        }
        Ok(())
    }

    fn is_good(&self, now: Timestamp, generation: u64) -> bool {
        let in_grace = |successor_shown: Timestamp| now < after(successor_shown, GRACE);
        let [last, before] = self.first_used;
        match self.used.checked_sub(generation) {
            _ if generation < FIRST || generation > self.newest => false,
            None | Some(0) => true,
            Some(1) => in_grace(last),
            Some(2) => in_grace(before),
            Some(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
