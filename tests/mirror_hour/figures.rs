//! What was seen of the answers, and what it comes to.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// When a customer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// While all was as usual.
    Steady,
    /// With all the others.
    Burst,
    /// While the channel was broken.
    Broken,
    /// Within the minute after it stood again.
    AfterBreak,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// It was read for it.
    Read,
    /// It was known from events.
    Mirror,
    /// It had been given before, within a minute.
    Replay,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) when: When,
    /// Whether the conversation was in a queue that is listened to.
    pub(crate) followed: bool,
    pub(crate) from: From,
    pub(crate) age: Duration,
    /// From the first call to the answer.
    pub(crate) waited: Duration,
    /// How often it was told to come again.
    pub(crate) refused: usize,
    /// Whether it is not true any more as it is given.
    pub(crate) stale: bool,
    /// What is wrong with it.
    pub(crate) wrong: Option<String>,
}

/// An hour.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) conversations: usize,
    pub(crate) hours: f64,
    pub(crate) changes: usize,
    pub(crate) messages: usize,
    pub(crate) seen: Vec<Seen>,
    pub(crate) reads: Vec<Timestamp>,
    pub(crate) burst: (Timestamp, Timestamp),
}

// === impl Figures ===

impl Figures {
    pub(crate) fn wrong(&self) -> Vec<&str> {
        self.seen.iter().filter_map(|seen| seen.wrong.as_deref()).collect()
    }

    /// How many asked, and which share of them was known: those whose conversation was followed, or all. Replays are neither.
    fn hits(&self, followed: bool, is: impl Fn(When) -> bool) -> String {
        let asked =
            self.seen.iter().filter(|seen| is(seen.when) && seen.from != From::Replay && (seen.followed || !followed));
        let asked: Vec<_> = asked.collect();
        let known = asked.iter().filter(|seen| seen.from == From::Mirror).count();
        format!("{:.1} % of {}", 100.0 * share(known, asked.len()), asked.len())
    }

    /// Most reads in any minute.
    fn most_reads(&self) -> usize {
        let minute = jiff::SignedDuration::from_mins(1);
        let within = |from: &Timestamp| self.reads.iter().filter(|at| (*from..*from + minute).contains(*at)).count();
        self.reads.iter().map(within).max().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |count: usize| count_of(count) / count_of(self.conversations) / self.hours;
        write!(
            f,
            "{} conversations with {:.1} changes and {:.0} messages each an hour; ",
            self.conversations,
            each(self.changes),
            each(self.messages),
        )?;
        let count = |is: fn(&Seen) -> bool| self.seen.iter().filter(|seen| is(seen)).count();
        write!(
            f,
            "{} answers, {} replayed; wrong {}; ",
            self.seen.len(),
            count(|seen| seen.from == From::Replay),
            self.wrong().len()
        )?;
        let shares = |followed| {
            let shares = [When::Steady, When::Burst, When::Broken, When::AfterBreak]
                .map(|when| format!("{when:?} {}", self.hits(followed, |other| other == when)));
            format!("{} ({})", self.hits(followed, |_| true), shares.join(", "))
        };
        write!(f, "hits {}; where the queue is followed {}; ", shares(false), shares(true))?;
        let hits: Vec<_> = self.seen.iter().filter(|seen| seen.from == From::Mirror).collect();
        write!(f, "age of hits {}; ", Spread::of(hits.iter().map(|seen| seen.age)))?;
        let stale: Vec<_> = hits.iter().filter(|seen| seen.stale).collect();
        write!(
            f,
            "stale {} ({:.2} % of hits), aged {}; ",
            stale.len(),
            100.0 * share(stale.len(), hits.len()),
            Spread::of(stale.iter().map(|seen| seen.age)),
        )?;
        let in_burst = self.reads.iter().filter(|at| (self.burst.0..self.burst.1).contains(*at)).count();
        write!(
            f,
            "reads {}, in the burst's minute {in_burst}, most in any minute {}; ",
            self.reads.len(),
            self.most_reads(),
        )?;
        let burst = || self.seen.iter().filter(|seen| seen.when == When::Burst);
        let refused = burst().filter(|seen| seen.refused > 0).count();
        write!(f, "burst: {refused} told to come again, wait {}", Spread::of(burst().map(|seen| seen.waited)))
    }
}

/// A distribution, in a few words.
pub(crate) struct Spread(Vec<Duration>);

// === impl Spread ===

impl Spread {
    pub(crate) fn of(all: impl Iterator<Item = Duration>) -> Self {
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        Self(all)
    }

    fn at(&self, percent: usize) -> Duration {
        let place = self.0.len() * percent / 100;
        self.0.get(place.min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |percent| self.at(percent).as_secs_f64();
        write!(f, "p50 {:.1} s, p95 {:.1} s, max {:.1} s", seconds(50), seconds(95), seconds(100))
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { count_of(part) / count_of(whole) }
}

fn count_of(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}
