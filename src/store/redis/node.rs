//! One server that takes writes, and the replicas that follow it.
//!
//! What we are about to write to Genesys, and what we have written there, must outlive the server that was told of it. So
//! those steps wait until a replica has them too (WAIT), where there is one. WAIT holds up its whole connection, and concerns
//! the writes of its own connection alone: those steps and their WAITs travel together, on a line of their own.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use super::failure::{lacks_script, said};
use super::hello::following;
use super::line::Line;
use super::script::Run;
use super::target::Target;
use super::trouble::Trouble;
use crate::ports::Outage;

/// How long a call waits for a first attempt to connect, and then while nobody is answered. A step takes the server well under a
/// millisecond, and a customer waits.
pub(super) const CALL: Duration = Duration::from_secs(1);
/// How long a replica may take.
const WAIT: Duration = Duration::from_millis(200);
/// How long a sign of life may take on either line; on the second, behind a WAIT that falls short.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(400));
/// After this long it is asked again who follows it, and the sentinels whether it still is the primary.
const FRESH: Duration = Duration::from_secs(5);
/// How often replicas that fell behind are looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// When a replica has to have a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copied {
    /// Whenever it comes.
    Later,
    /// Before anybody acts on it. While replicas are known to lag behind it is not even tried.
    First,
    /// At once, if one keeps up.
    IfPossible,
}

/// What the server said, and whether a replica has what it wrote. Where nobody follows, nothing is missing.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) value: Value,
    pub(super) copied: bool,
}

pub(super) struct Node {
    target: Arc<Target>,
    line: Arc<Line>,
    ledger_line: Arc<Line>,
    /// A WAIT fell short, and none has succeeded since.
    lagging: watch::Sender<bool>,
    asked: Mutex<Instant>,
}

impl Node {
    pub(super) fn new(target: Target) -> Arc<Self> {
        let target = Arc::new(target);
        let (short, long) = PATIENCE;
        Arc::new(Self {
            line: Line::new(Arc::clone(&target), short),
            ledger_line: Line::new(Arc::clone(&target), long),
            target,
            lagging: watch::Sender::new(false),
            asked: Mutex::new(Instant::now()),
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.line.is_open()
    }

    pub(super) fn is_watched(&self) -> bool {
        self.target.is_watched()
    }

    pub(super) async fn send(&self, asked: &Pipeline, until: Instant) -> Result<Vec<Value>, Trouble> {
        self.line.send(asked, until).await
    }

    /// Runs a script. `asking` is what a node of a cluster wants to hear before it answers for a slot that is on its way.
    pub(super) async fn run(
        self: &Arc<Self>,
        run: &Run<'_>,
        asking: bool,
        copied: Copied,
        until: Instant,
    ) -> Result<Ran, Trouble> {
        self.keep_watch();
        let wait = copied != Copied::Later && self.is_followed(until).await?;
        let lags = wait && *self.lagging.borrow();
        if lags && copied == Copied::First {
            return Err(Outage::NotReplicated.into());
        }
        let wait = wait && !lags;
        let told = async {
            let line = if wait { self.lane(until).await? } else { &self.line };
            let told = line.send(&together(run.by_hash(), asking, wait), until).await?;
            if told.get(usize::from(asking)).is_some_and(lacks_script) {
                return line.send(&together(run.in_full(), asking, wait), until).await;
            }
            Ok(told)
        };
        let told = tokio::select! {
            biased;
            told = told => told?,
            // Each of those in front holds the line up for as long as a replica may take, and all in vain.
            () = self.lags(), if wait && copied == Copied::First => return Err(Outage::NotReplicated.into()),
        };
        let at = usize::from(asking);
        let enough = matches!(told.get(at + 1), Some(Value::Int(1..)));
        let value = told.into_iter().nth(at).ok_or(Outage::Malformed)?;
        let failed = matches!(value, Value::ServerError(_));
        let copied = failed || !lags && (!wait || enough || self.look(until).await == Some(0));
        if wait && !copied {
            self.fell_behind();
        }
        Ok(Ran { value, copied })
    }

    async fn is_followed(&self, until: Instant) -> Result<bool, Trouble> {
        let (_, connection) = self.line.open(until).await?;
        Ok(connection.replicas.load(Ordering::Relaxed) > 0)
    }

    async fn lags(&self) {
        // It cannot fail: this very value holds the sender.
        let _ = self.lagging.subscribe().wait_for(|lagging| *lagging).await;
    }

    /// The second line. One of the two may have been made again, and lead to the next primary, while the other still leads to
    /// the one before.
    async fn lane(&self, until: Instant) -> Result<&Arc<Line>, Trouble> {
        let (number, connection) = self.line.open(until).await?;
        let (_, other) = self.ledger_line.open(until).await?;
        if connection.server != other.server {
            self.line.leave(number);
            self.ledger_line.leave_all();
        }
        Ok(&self.ledger_line)
    }

    /// How many replicas follow, as the server says now. None if it does not say, or should not be listened to any more: it
    /// is no primary, or the sentinels have chosen another while it was cut off from them.
    async fn look(&self, until: Instant) -> Option<usize> {
        let (number, connection) = self.line.open(until).await.ok()?;
        let mut role = Pipeline::new();
        role.cmd("ROLE");
        let role = said(self.line.send(&role, until).await.ok()?.pop()?).ok()?;
        let count = following(&role);
        if count.is_none() || self.target.moved_from(&connection.server).await {
            self.line.leave(number);
            self.ledger_line.leave_all();
            return None;
        }
        connection.replicas.store(count.unwrap_or(0), Ordering::Relaxed);
        count
    }

    /// Now and then, beside the calls: a replica may have come, or the sentinels may have chosen another primary while this
    /// one, cut off from them, goes on.
    fn keep_watch(self: &Arc<Self>) {
        {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.elapsed() < FRESH {
                return;
            }
            *asked = Instant::now();
        }
        let node = Arc::downgrade(self);
        tokio::spawn(async move {
            let Some(node) = node.upgrade() else { return };
            node.look(Instant::now() + CALL).await;
        });
    }

    /// Finds out when replicas keep up again; until then no step waits for them in vain.
    fn fell_behind(self: &Arc<Self>) {
        if self.lagging.send_replace(true) {
            return;
        }
        tracing::warn!("the store's replicas do not keep up; nothing is written to genesys meanwhile");
        let node = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                let Some(node) = node.upgrade() else { return };
                if node.keeps_up().await {
                    node.lagging.send_replace(false);
                    tracing::info!("the store's replicas keep up again");
                    return;
                }
            }
        });
    }

    async fn keeps_up(&self) -> bool {
        let until = Instant::now() + CALL;
        match self.look(until).await {
            None => return false,
            Some(0) => return true,
            Some(_) => {}
        }
        let mut wait = Pipeline::new();
        wait.add_command(wait_for_one());
        let told = self.ledger_line.send(&wait, until).await;
        matches!(told.as_deref(), Ok([Value::Int(1..)]))
    }
}

fn together(command: Cmd, asking: bool, wait: bool) -> Pipeline {
    let mut pipeline = Pipeline::new();
    if asking {
        pipeline.cmd("ASKING");
    }
    pipeline.add_command(command);
    if wait {
        pipeline.add_command(wait_for_one());
    }
    pipeline
}

fn wait_for_one() -> Cmd {
    let mut command = redis::cmd("WAIT");
    command.arg(1).arg(WAIT.as_millis().to_string());
    command
}
