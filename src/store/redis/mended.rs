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
const ATTEMPT: Duration = Duration::from_secs(5);
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
                    // Lest who asks again and again without a rest keeps the mender from its work.
                    tokio::task::yield_now().await;
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

    /// Whichever is there is no good any more.
    pub(super) fn broke_any(&self) {
        self.turn(|state| matches!(state, State::There(..)), State::Making);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Duration = Duration::from_millis(500);
    const DOWN: Trouble = Trouble::Outage(Outage::Unreachable);

    /// Made from the `n`th attempt on, each of which takes half a second. Also tells how many there were.
    fn mended(from: u64) -> (Arc<Mended<u64>>, Arc<AtomicU64>) {
        let attempts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&attempts);
        let mended = Mended::new(move || {
            let attempt = counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tokio::time::sleep(SLOW).await;
                if attempt < from { Err(DOWN) } else { Ok(attempt) }
            })
        });
        (Arc::new(mended), attempts)
    }

    async fn get(mended: &Mended<u64>) -> Result<(u64, u64), Trouble> {
        mended.get(Instant::now() + Duration::from_secs(1)).await
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_the_first_attempt_and_nobody_for_the_next() {
        let (mended, attempts) = mended(3);
        let began = Instant::now();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let mended = Arc::clone(&mended);
            callers.spawn(async move { get(&mended).await });
        }
        assert!(callers.join_all().await.iter().all(|told| *told == Err(DOWN)));
        assert_eq!((began.elapsed(), attempts.load(Ordering::Relaxed)), (SLOW, 1));
        for _ in 0..100 {
            assert_eq!(get(&mended).await, Err(DOWN));
        }
        assert_eq!(began.elapsed(), SLOW);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(get(&mended).await, Ok((0, 3)));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_rest_and_end_with_what_they_were_for() {
        let (mended, attempts) = mended(u64::MAX);
        assert_eq!(get(&mended).await, Err(DOWN));
        tokio::time::sleep(Duration::from_mins(1)).await;
        let made = attempts.load(Ordering::Relaxed);
        assert!((38..=45).contains(&made), "{made}");
        drop(mended);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(attempts.load(Ordering::Relaxed), made);
    }

    #[tokio::test(start_paused = true)]
    async fn what_broke_is_waited_for_and_what_failed_is_told() {
        let (mended, _) = mended(0);
        let (number, _) = get(&mended).await.unwrap();
        mended.broke(number);
        mended.failed(number, DOWN);
        assert_eq!(get(&mended).await, Ok((1, 1)), "it was not made anew, or not waited for");
        mended.broke(number);
        assert_eq!(get(&mended).await, Ok((1, 1)), "another's trouble took it away");
        mended.failed(1, DOWN);
        assert_eq!(get(&mended).await, Err(DOWN));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(get(&mended).await, Ok((2, 2)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_caller_finds_out_that_an_attempt_takes_too_long() {
        let mended: Mended<u64> = Mended::new(|| Box::pin(std::future::pending()));
        let timed_out = Err(Outage::TimedOut.into());
        assert_eq!(get(&mended).await, timed_out);
        let began = Instant::now();
        assert_eq!(get(&mended).await, timed_out);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
