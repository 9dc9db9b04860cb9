//! Listening to the Notification API: what Genesys pushes is told to the mirror, so that a conversation's state need not be
//! asked for.
//!
//! One replica listens at a time, the one whose feed lasts; the others stand by. Inwards: `lead` is one time of listening, `line`
//! one channel of it, over `channel` (the REST side), `socket` and `frame`; `topics` knows what is subscribed to.
//!
//! Delivery is at most once, so a feed is only worth something while nothing of it was missed. Whatever may have been missed (a
//! socket that closed or fell silent, a frame that cannot be read, a queue of ours that ran over, a store that did not take an
//! event, a topic or a token that was lost) ends it, and the next one begins after the subscriptions stand: what is told under a
//! feed's number is complete from there on. Nothing is read again for that, since thousands of conversations at once would use
//! up the budget: they are no longer covered, and the next validation of each reads it live.
//!
//! A feed is begun only when the subscriptions stand, and is given up at once when they do not: nothing may count as covered
//! while nobody listens. Two replicas that connect at the same moment are told apart by who begins the feed; the other hangs up.
//!
//! A conversation that leaves the queues we hear of is put in doubt: nobody would tell of its next change.
//!
//! The address of a channel's socket, and so its id, is a secret: whoever knows it can read the conversations.

mod channel;
mod frame;
mod lead;
mod line;
mod observe;
mod open;
mod socket;
mod timing;
mod topics;

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use uuid::Uuid;

use self::lead::{End, Lead};
use self::observe::Gap;
use self::socket::Dialer;
use self::timing::{BACKOFF, RELEASE, SETTLED, Timing};
use super::Link;
use crate::ports::{Entropy, Mirror};

/// What to listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// The ids of the queues whose conversations are followed.
    pub queues: Vec<String>,
    /// The ids of the deployments whose undelivered messages are told of.
    pub deployments: Vec<String>,
    /// How long a feed lasts without being heard of; after a crash of the listening replica, the others wait for that. From 90 s
    /// on, an idle channel is left in peace for 30 s before it is pinged; below, for a third of it.
    pub hold: Duration,
}

/// Listens, or stands by to, until it is told to stop.
pub async fn listen(
    link: Link,
    mirror: Arc<dyn Mirror>,
    entropy: Arc<dyn Entropy>,
    listening: Listening,
    stop: CancellationToken,
) -> Result<(), reqwest::Error> {
    let dialer = Dialer::new(link.base())?;
    let timing = Timing::of(listening.hold);
    let owner = entropy.uuid();
    let (complained, serials) = (Mutex::default(), AtomicU64::new(0));
    let listener = Listener { link, mirror, entropy, listening, dialer, timing, owner, complained, serials };
    listener.run(&stop).await;
    Ok(())
}

/// One replica's listening.
struct Listener {
    link: Link,
    mirror: Arc<dyn Mirror>,
    entropy: Arc<dyn Entropy>,
    listening: Listening,
    dialer: Dialer,
    timing: Timing,
    /// Who we are among the replicas.
    owner: Uuid,
    /// The permissions whose absence is known.
    complained: Mutex<HashSet<String>>,
    /// How many lines were opened.
    serials: AtomicU64,
}

/// What became of one try to listen.
enum Turn {
    Stopped,
    /// Another replica listens.
    StoodBy,
    /// It came to nothing. The next one is not made before the wait that was asked for.
    Failed(Option<Duration>),
    /// It went well for this long.
    Broken(Duration),
}

// === impl Listener ===

impl Listener {
    async fn run(&self, stop: &CancellationToken) {
        let mut failures = 0;
        loop {
            let turn = self.turn(stop).await;
            failures = match &turn {
                Turn::Stopped => return,
                Turn::StoodBy => 0,
                Turn::Broken(lasted) if *lasted >= SETTLED => 1,
                Turn::Failed(_) | Turn::Broken(_) => failures + 1,
            };
            let unit = self.entropy.unit();
            let wait = match turn {
                Turn::Failed(hint) => BACKOFF.delay(failures, hint, unit).unwrap_or(BACKOFF.cap),
                Turn::Broken(_) => BACKOFF.delay(failures, None, unit).unwrap_or(BACKOFF.cap),
                Turn::Stopped | Turn::StoodBy => self.timing.stand_by(unit),
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    async fn turn(&self, stop: &CancellationToken) -> Turn {
        // Whether anybody listens. Nothing is covered by a feed that ends as it begins.
        match self.mirror.begin_feed(self.owner, RELEASE).await {
            Ok(Some(_)) => {}
            Ok(None) => return Turn::StoodBy,
            Err(error) => return failed(&error, None),
        }
        let opened = tokio::select! {
            () = stop.cancelled() => return Turn::Stopped,
            opened = self.open_all() => match opened {
                Ok(opened) => opened,
                Err(failure) => return failed(&failure, failure.hint()),
            },
        };
        // From here on every event is on its way to us: whatever is told from now on is complete.
        let feed = match self.mirror.begin_feed(self.owner, self.listening.hold).await {
            Ok(Some(feed)) => feed,
            Ok(None) => return Turn::StoodBy,
            Err(error) => return failed(&error, None),
        };
        info!(channels = opened.lines.len(), "listening to genesys");
        let began = Instant::now();
        let end = Lead::new(self, opened, feed).run(stop).await;
        let turn = match end {
            End::Stopped => Turn::Stopped,
            End::LeaseLost => {
                observe::gap(Gap::LeaseLost);
                warn!("what genesys pushes is for another replica to listen to");
                return Turn::StoodBy;
            }
            End::Broken(gap) => {
                observe::gap(gap);
                warn!(cause = gap.name(), "what genesys pushes was lost: conversations are read again");
                Turn::Broken(began.elapsed())
            }
        };
        // What is not heard any more covers nothing, and another replica may be better placed.
        if let Err(error) = self.mirror.begin_feed(self.owner, RELEASE).await {
            debug!(%error, "the feed ends by itself");
        }
        turn
    }
}

fn failed(error: &dyn fmt::Display, hint: Option<Duration>) -> Turn {
    warn!(%error, "cannot listen to genesys");
    Turn::Failed(hint)
}
