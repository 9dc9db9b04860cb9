//! One channel while it is listened to: a task that reads its socket, keeps it alive, and hands on what it says.

use std::collections::HashSet;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::frame::{Frame, Told};
use super::observe::{self, Gap};
use super::socket::{Received, Socket};
use super::timing::Timing;
use super::topics::Topic;

/// How many signals wait for the store at most. More is a gap, not a queue: what comes so late is of no use.
pub(super) const BACKLOG: usize = 256;

/// A channel that is subscribed and connected. Dropping it hangs up.
pub(super) struct Line {
    /// Which one, of those of this process.
    pub(super) serial: u64,
    /// What it was to be subscribed to.
    pub(super) topics: Vec<Topic>,
    /// What it is subscribed to.
    pub(super) permitted: HashSet<Topic>,
    /// The number of the token it was made with.
    pub(super) token: u64,
    pub(super) opened: Instant,
    pub(super) renew_at: Instant,
    heard: watch::Receiver<Instant>,
    _hang_up: DropGuard,
}

/// What a line has to say.
pub(super) struct Signal {
    pub(super) line: u64,
    pub(super) what: What,
}

/// See [`Signal`].
pub(super) enum What {
    /// News of a conversation.
    Told(Box<Told>),
    /// The platform is about to close the channel.
    Closing,
    /// Something was missed between what came before and what comes after.
    Missed(Gap),
    /// It is over.
    Ended(Gap),
}

/// The end of a line that listens.
struct Ear {
    serial: u64,
    topics: HashSet<Topic>,
    signals: mpsc::Sender<Signal>,
    heard: watch::Sender<Instant>,
    timing: Timing,
}

/// What a line is opened with.
pub(super) struct Opening {
    pub(super) serial: u64,
    pub(super) topics: Vec<Topic>,
    pub(super) permitted: HashSet<Topic>,
    pub(super) token: u64,
    pub(super) renew_at: Instant,
}

// === impl Line ===

impl Line {
    /// Begins to listen.
    pub(super) fn start(opening: Opening, socket: Socket, signals: mpsc::Sender<Signal>, timing: Timing) -> Self {
        let Opening { serial, topics, permitted, token, renew_at } = opening;
        let now = Instant::now();
        let (heard, last_heard) = watch::channel(now);
        let hang_up = CancellationToken::new();
        let ear = Ear { serial, topics: permitted.clone(), signals, heard, timing };
        let stop = hang_up.clone();
        tokio::spawn(async move { ear.listen(socket, &stop).await });
        Self {
            serial,
            topics,
            permitted,
            token,
            opened: now,
            renew_at,
            heard: last_heard,
            _hang_up: hang_up.drop_guard(),
        }
    }

    /// When something was heard on it last.
    pub(super) fn heard(&self) -> Instant {
        *self.heard.borrow()
    }
}

// === impl Ear ===

impl Ear {
    async fn listen(self, mut socket: Socket, stop: &CancellationToken) {
        let end = tokio::select! {
            () = stop.cancelled() => None,
            gap = self.read(&mut socket) => Some(gap),
        };
        match end {
            None => socket.close().await,
            // Nobody waits for it if the lead is over.
            Some(gap) => drop(self.say(What::Ended(gap)).await),
        }
    }

    /// Reads until it is over, and tells why.
    async fn read(&self, socket: &mut Socket) -> Gap {
        let mut pinged = false;
        loop {
            let patience = if pinged { self.timing.broken_after } else { self.timing.ping_after };
            let due = *self.heard.borrow() + patience;
            let received = tokio::select! {
                received = socket.next() => Some(received),
                () = sleep_until(due) => None,
            };
            let step = match received {
                Some(Ok(received)) => {
                    pinged = false;
                    self.heard.send_replace(Instant::now());
                    self.take(&received).await
                }
                Some(Err(gap)) => {
                    if gap == Gap::Malformed {
                        observe::frame("malformed");
                    }
                    Err(gap)
                }
                None if pinged => Err(Gap::Silent),
                None => {
                    pinged = true;
                    socket.ping().await
                }
            };
            if let Err(gap) = step {
                return gap;
            }
        }
    }

    async fn take(&self, received: &Received) -> Result<(), Gap> {
        let frame = match received {
            Received::Text(text) => Frame::read(text, &self.topics),
            Received::Binary => Frame::Malformed,
            Received::Control => return Ok(()),
        };
        observe::frame(frame.outcome());
        match frame {
            Frame::Told(told) => self.tell(told).await,
            Frame::Closing => self.say(What::Closing).await,
            Frame::Malformed => self.say(What::Missed(Gap::Malformed)).await,
            Frame::Heartbeat | Frame::Idle | Frame::UnknownTopic | Frame::Foreign => Ok(()),
        }
    }

    async fn tell(&self, told: Box<Told>) -> Result<(), Gap> {
        match self.signals.try_send(Signal { line: self.serial, what: What::Told(told) }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => self.say(What::Missed(Gap::Lagging)).await,
            Err(TrySendError::Closed(_)) => Err(Gap::Closed),
        }
    }

    /// What must not be lost waits for its turn.
    async fn say(&self, what: What) -> Result<(), Gap> {
        self.signals.send(Signal { line: self.serial, what }).await.map_err(|_| Gap::Closed)
    }
}
