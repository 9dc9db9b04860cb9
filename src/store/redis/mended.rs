//! Something that is made at its first use, and again, in the background, whenever it is lost.
//!
//! Callers wait for the first attempt only. While attempts fail, each caller is told at once why the last one did: a thousand
//! customers do not wait for a server that is known to be down.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::trouble::Trouble;
use crate::ports::Outage;

/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// The first and the longest wait between attempts.
const RESTS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

type Make<T> = Box<dyn Fn() -> BoxFuture<'static, Result<T, Trouble>> + Send + Sync>;

/// See the module. What was made is told apart by its number, so that who finds it broken does not throw away the next one.
pub(super) struct Mended<T>(Arc<Inner<T>>);

struct Inner<T> {
    make: Make<T>,
    state: watch::Sender<State<T>>,
    made: AtomicU64,
    /// There is one, and it is at work, exactly while the state is `Making` or `Down`.
    mender: Mutex<Option<AbortHandle>>,
}

#[derive(Clone)]
enum State<T> {
    Unused,
    Making,
    Down(Trouble),
    There(u64, T),
}

impl<T: Clone + Send + Sync + 'static> Mended<T> {
    pub(super) fn new(make: impl Fn() -> BoxFuture<'static, Result<T, Trouble>> + Send + Sync + 'static) -> Self {
        let state = watch::Sender::new(State::Unused);
        Self(Arc::new(Inner { make: Box::new(make), state, made: AtomicU64::new(0), mender: Mutex::new(None) }))
    }

    /// What was made and its number. Waits for a first attempt, no longer than `until`.
    pub(super) async fn get(&self, until: Instant) -> Result<(u64, T), Trouble> {
        let mut state = self.0.state.subscribe();
        loop {
            let now = state.borrow_and_update().clone();
            match now {
                State::There(number, made) => return Ok((number, made)),
                State::Down(trouble) => {
                    self.keep_mending();
                    return Err(trouble);
                }
                State::Making => self.keep_mending(),
                State::Unused => self.turn(|state| matches!(state, State::Unused), State::Making),
            }
            if !matches!(timeout_at(until, state.changed()).await, Ok(Ok(()))) {
                // One caller's patience is enough: whoever comes next need not find out again.
                let slow = Outage::TimedOut.into();
                self.0.state.send_if_modified(|state| {
                    let making = matches!(state, State::Making);
                    if making {
                        *state = State::Down(slow);
                    }
                    making
                });
                return Err(Outage::TimedOut.into());
            }
        }
    }

    /// What is there at this moment.
    pub(super) fn peek(&self) -> Option<T> {
        match &*self.0.state.borrow() {
            State::There(_, made) => Some(made.clone()),
            _ => None,
        }
    }

    /// It broke: callers wait for the next attempt, which may well go right.
    pub(super) fn broke(&self, number: u64) {
        self.turn(|state| matches!(state, State::There(known, _) if *known == number), State::Making);
    }

    /// It is no good: callers are told so until another is made.
    pub(super) fn failed(&self, number: u64, why: Trouble) {
        self.turn(|state| matches!(state, State::There(known, _) if *known == number), State::Down(why));
    }

    /// Puts a newer one in the place of what is there.
    pub(super) fn renew(&self, made: T) {
        self.0.state.send_if_modified(|state| match state {
            State::There(_, old) => {
                *old = made;
                true
            }
            _ => false,
        });
    }

    /// Goes on to a state in which it has to be mended.
    fn turn(&self, from: impl FnOnce(&State<T>) -> bool, to: State<T>) {
        let turned = self.0.state.send_if_modified(|state| {
            let turns = from(state);
            if turns {
                *state = to;
            }
            turns
        });
        if turned {
            self.mend();
        }
    }

    fn mend(&self) {
        let mender = tokio::spawn(mend(Arc::downgrade(&self.0)));
        *self.0.mender.lock().unwrap_or_else(PoisonError::into_inner) = Some(mender.abort_handle());
    }

    /// A mender dies only with its runtime; the next one to ask may live in another.
    fn keep_mending(&self) {
        let dead = |mender: &AbortHandle| mender.is_finished();
        let gone = self.0.mender.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(dead);
        if gone && !matches!(&*self.0.state.borrow(), State::There(..)) {
            self.mend();
        }
    }
}

impl<T> Drop for Mended<T> {
    fn drop(&mut self) {
        if let Some(mender) = self.0.mender.lock().unwrap_or_else(PoisonError::into_inner).take() {
            mender.abort();
        }
    }
}

async fn mend<T: Clone>(inner: Weak<Inner<T>>) {
    let (mut rest, longest) = RESTS;
    let mut told = None;
    loop {
        let Some(inner) = inner.upgrade() else { return };
        let trouble = match timeout(ATTEMPT, (inner.make)()).await.unwrap_or(Err(Outage::TimedOut.into())) {
            Ok(made) => {
                let number = inner.made.fetch_add(1, Ordering::Relaxed);
                inner.state.send_replace(State::There(number, made));
                if told.is_some() {
                    tracing::info!("connected to the store");
                }
                return;
            }
            Err(trouble) => trouble,
        };
        // Once for as long as nothing changes.
        if told.as_ref() != Some(&trouble) {
            tracing::warn!(reason = %trouble, "no connection to the store; trying on");
            told = Some(trouble.clone());
        }
        inner.state.send_replace(State::Down(trouble));
        drop(inner);
        tokio::time::sleep(rest).await;
        rest = (rest * 2).min(longest);
    }
}
