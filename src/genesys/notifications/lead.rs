//! One time of listening: what the lines say is told to the mirror, and the feed's number stands for nothing missed.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::Listener;
use super::frame::Told;
use super::line::{Line, Signal, What};
use super::observe::{self, Gap};
use super::open::{Failure, Opened};
use super::timing::{BACKOFF, OVERLAP, STAY};
use super::topics::{covers, queues};
use crate::domain::mirror::{Feed, News};
use crate::domain::time::after;

/// What was told of the same instant is in doubt, too.
const JUST_AFTER: Duration = Duration::from_micros(1);

/// How a time of listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to stop.
    Stopped,
    /// The feed is not ours any more.
    LeaseLost,
    /// Nobody knows what was missed.
    Broken(Gap),
}

/// See the module.
pub(super) struct Lead<'a> {
    listener: &'a Listener,
    lines: Vec<Line>,
    /// Lines whose successors are listened to, and until when they still are.
    retiring: Vec<(Instant, Line)>,
    signals: mpsc::Receiver<Signal>,
    to: mpsc::Sender<Signal>,
    /// None while the store does not let a feed begin.
    feed: Option<Feed>,
    /// The queues whose conversations are told of.
    covered: HashSet<String>,
    /// How many topics there are.
    asked: usize,
    /// When the feed was heard, as far as the store knows.
    heard: Instant,
    beat: Interval,
    renewal: Option<Renewal<'a>>,
    /// How often in a row a renewal failed, and until when the next one waits.
    failures: u32,
    renew_after: Instant,
}

/// A line that is being replaced.
struct Renewal<'a> {
    serial: u64,
    opening: BoxFuture<'a, Result<Line, Failure>>,
}

/// What happened next.
enum Happened {
    Stop,
    Beat,
    Renewed(Result<Line, Failure>),
    Signal(Signal),
}

// === impl Lead ===

impl<'a> Lead<'a> {
    pub(super) fn new(listener: &'a Listener, opened: Opened, feed: Feed) -> Self {
        let Opened { lines, signals, to, asked } = opened;
        let mut beat = interval(listener.timing.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lead = Self {
            listener,
            lines,
            retiring: Vec::new(),
            signals,
            to,
            feed: Some(feed),
            covered: HashSet::new(),
            asked,
            heard: Instant::now(),
            beat,
            renewal: None,
            failures: 0,
            renew_after: Instant::now(),
        };
        lead.take_stock();
        lead
    }

    pub(super) async fn run(mut self, stop: &CancellationToken) -> End {
        let end = loop {
            let happened = self.next(stop).await;
            if let Err(end) = self.take(happened).await {
                break end;
            }
        };
        observe::channels(0, 0, 0);
        end
    }

    async fn next(&mut self, stop: &CancellationToken) -> Happened {
        let renewed = async {
            match &mut self.renewal {
                Some(renewal) => (&mut renewal.opening).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Happened::Stop,
            _ = self.beat.tick() => Happened::Beat,
            renewed = renewed => Happened::Renewed(renewed),
            // It does not end while we have an end to say something with.
            signal = self.signals.recv() => signal.map_or(Happened::Stop, Happened::Signal),
        }
    }

    async fn take(&mut self, happened: Happened) -> Result<(), End> {
        match happened {
            Happened::Stop => Err(End::Stopped),
            Happened::Beat => self.beat().await,
            Happened::Renewed(Ok(line)) => self.renewed(line).await,
            Happened::Renewed(Err(failure)) => {
                self.not_renewed(&failure);
                Ok(())
            }
            Happened::Signal(Signal { line, what }) => self.signal(line, what).await,
        }
    }

    async fn signal(&mut self, serial: u64, what: What) -> Result<(), End> {
        match what {
            What::Told(told) => {
                self.tell(*told).await;
                Ok(())
            }
            What::Closing => {
                if let Some(line) = self.lines.iter_mut().find(|line| line.serial == serial) {
                    line.renew_at = line.renew_at.min(line.opened + STAY).max(Instant::now());
                }
                Ok(())
            }
            What::Missed(gap) => self.begin_again(gap).await,
            What::Ended(gap) if self.lines.iter().any(|line| line.serial == serial) => Err(End::Broken(gap)),
            What::Ended(gap) => {
                // Its successor is listened to; what was on its way may be lost.
                let before = self.retiring.len();
                self.retiring.retain(|(_, line)| line.serial != serial);
                if self.retiring.len() < before { self.begin_again(gap).await } else { Ok(()) }
            }
        }
    }

    async fn tell(&mut self, Told { id, news, event }: Told) {
        let news = match news {
            // What is known of it was complete until now, and from now on is not.
            News::Whole { legs, as_of, .. } if !covers(&self.covered, &legs) => {
                News::Doubt { event, at: after(as_of, JUST_AFTER) }
            }
            News::Whole { legs, as_of, .. } => News::Whole { legs, as_of, feed: self.feed },
            other => other,
        };
        if let Err(error) = self.listener.mirror.tell(&id, &news).await {
            self.doubt(&error);
        }
    }

    /// The store may have missed something: what it has of this feed is worth nothing until the next one begins.
    fn doubt(&mut self, error: &dyn std::fmt::Display) {
        if self.feed.take().is_some() {
            observe::gap(Gap::Store);
            warn!(%error, "the store does not take what genesys pushes");
        }
    }

    /// Something was missed, and the subscriptions stand: from here on, what is told is complete again.
    async fn begin_again(&mut self, gap: Gap) -> Result<(), End> {
        observe::gap(gap);
        debug!(cause = gap.name(), "the next feed begins");
        self.begin().await
    }

    async fn begin(&mut self) -> Result<(), End> {
        match self.listener.mirror.begin_feed(self.listener.owner, self.listener.listening.hold).await {
            Ok(Some(feed)) => self.feed = Some(feed),
            Ok(None) => return Err(End::LeaseLost),
            Err(error) => self.doubt(&error),
        }
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), End> {
        let now = Instant::now();
        self.retiring.retain(|(until, _)| now < *until);
        self.renew_one(now);
        let heard = self.lines.iter().map(Line::heard).min().unwrap_or(now);
        observe::heard(now.saturating_duration_since(heard));
        let Some(feed) = self.feed else { return self.begin().await };
        if heard <= self.heard {
            return Ok(());
        }
        match self.listener.mirror.heard(self.listener.owner, feed, self.listener.listening.hold).await {
            Ok(true) => self.heard = heard,
            // It ended while the store was out of reach; unless somebody else began one, we go on.
            Ok(false) => {
                self.begin().await?;
                observe::gap(Gap::LeaseLost);
            }
            Err(error) => debug!(%error, "the store does not take that the feed is heard"),
        }
        Ok(())
    }

    /// Begins to replace a line that is due: one at a time, and each only once its successor is listened to.
    fn renew_one(&mut self, now: Instant) {
        if self.renewal.is_some() || now < self.renew_after {
            return;
        }
        let token = self.listener.token();
        let due = |line: &&Line| line.renew_at <= now || (line.token != token && line.opened + STAY <= now);
        if let Some(line) = self.lines.iter().find(due) {
            let opening = self.listener.open(line.topics.clone(), self.to.clone()).boxed();
            self.renewal = Some(Renewal { serial: line.serial, opening });
        }
    }

    fn not_renewed(&mut self, failure: &Failure) {
        self.renewal = None;
        self.failures += 1;
        let wait = BACKOFF.delay(self.failures, failure.hint(), self.listener.entropy.unit()).unwrap_or(BACKOFF.cap);
        self.renew_after = Instant::now() + wait;
        warn!(error = %failure, "a channel is not renewed yet");
    }

    async fn renewed(&mut self, line: Line) -> Result<(), End> {
        self.failures = 0;
        let Some(Renewal { serial, .. }) = self.renewal.take() else { return Ok(()) };
        let Some(place) = self.lines.iter().position(|line| line.serial == serial) else { return Ok(()) };
        let lost = !self.lines[place].permitted.is_subset(&line.permitted);
        let token = line.token;
        let old = std::mem::replace(&mut self.lines[place], line);
        let by_token = old.token != token && self.lines.iter().all(|line| line.token == token);
        self.retiring.push((Instant::now() + OVERLAP, old));
        self.take_stock();
        debug!("a channel was renewed");
        if lost {
            self.begin_again(Gap::TopicLost).await
        } else if by_token {
            self.begin_again(Gap::TokenRenewed).await
        } else {
            Ok(())
        }
    }

    fn take_stock(&mut self) {
        let permitted = self.lines.iter().flat_map(|line| &line.permitted);
        self.covered = queues(permitted.clone());
        let permitted = permitted.count();
        observe::channels(self.lines.len(), permitted, self.asked.saturating_sub(permitted));
    }
}
