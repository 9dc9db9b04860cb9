//! What happens on a connection, and until when the peer has to do the next thing.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Times;

/// Told by those who read the connection and by its calls.
#[derive(Debug)]
pub(super) struct Activity {
    times: Times,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: Next,
    calls: usize,
    /// Answers that have something to send, which the peer does not take as yet.
    owed: usize,
    /// When something of an answer was taken last, or began to be owed after nothing was.
    taken: Instant,
}

/// What the peer has to do next while no call is in flight.
#[derive(Debug)]
enum Next {
    /// Begin a request.
    Begin(Instant),
    /// End the head that it has begun.
    End(Instant),
    /// Nothing: HTTP/2 knows by its own pings whether a peer is alive.
    Anything,
}

impl Activity {
    pub(super) fn new(times: Times) -> Arc<Self> {
        let now = Instant::now();
        let state = State { next: Next::Begin(now + times.first_byte), calls: 0, owed: 0, taken: now };
        Arc::new(Self { times, state: Mutex::new(state) })
    }

    /// Bytes came that may be a request's.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.calls == 0 && matches!(state.next, Next::Begin(_)) {
            state.next = Next::End(Instant::now() + self.times.head);
        }
    }

    /// It is HTTP/2, and the peer has said so in full.
    pub(super) fn is_http2(&self) {
        self.state().next = Next::Anything;
    }

    pub(super) fn call(self: &Arc<Self>) -> Call {
        self.state().calls += 1;
        Call { activity: Arc::clone(self), owing: false }
    }

    /// When the peer is too late, if nothing happens until then.
    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let request = match state.next {
            Next::Begin(until) | Next::End(until) if state.calls == 0 => Some(until),
            _ => None,
        };
        let answer = (state.owed > 0).then(|| state.taken + self.times.stalled);
        request.into_iter().chain(answer).min()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in flight, until its answer is sent or nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Call {
    activity: Arc<Activity>,
    owing: bool,
}

impl Call {
    /// Something of the answer is there, for the peer to take.
    pub(super) fn owes(&mut self) {
        let mut state = self.activity.state();
        if self.owing || state.owed == 0 {
            state.taken = Instant::now();
        }
        if !self.owing {
            self.owing = true;
            state.owed += 1;
        }
    }

    /// The peer has all that is there.
    pub(super) fn owes_nothing(&mut self) {
        if self.owing {
            self.owing = false;
            let mut state = self.activity.state();
            state.owed -= 1;
            state.taken = Instant::now();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.owes_nothing();
        let mut state = self.activity.state();
        state.calls -= 1;
        if state.calls == 0 && !matches!(state.next, Next::Anything) {
            state.next = Next::Begin(Instant::now() + self.activity.times.idle);
        }
    }
}

pin_project! {
    /// Resolves when the peer is too late. It has to be polled after each change, as it is beside the connection.
    pub(super) struct Overdue {
        activity: Arc<Activity>,
        #[pin]
        sleep: Sleep,
    }
}

impl Overdue {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        let first = activity.deadline().unwrap_or_else(Instant::now);
        Self { activity, sleep: sleep_until(first) }
    }
}

impl Future for Overdue {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            let Some(deadline) = this.activity.deadline() else { return Poll::Pending };
            // Set anew only when it would go off too late. Most are put off before they are due, and cost nothing.
            if deadline < this.sleep.deadline() {
                this.sleep.as_mut().reset(deadline);
            }
            ready!(this.sleep.as_mut().poll(cx));
            if deadline <= this.sleep.deadline() {
                return Poll::Ready(());
            }
            this.sleep.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    fn seconds(activity: &Activity, since: Instant) -> Option<u64> {
        activity.deadline().map(|deadline| (deadline - since).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_something_of_any_answer_is_waited_for() {
        let (activity, began) = (Activity::new(Times::default()), Instant::now());
        activity.is_http2();
        let (mut stuck, mut read) = (activity.call(), activity.call());
        assert_eq!(seconds(&activity, began), None, "it is we who are slow");
        stuck.owes();
        sleep(Duration::from_secs(10)).await;
        read.owes();
        assert_eq!(seconds(&activity, began), Some(30), "a new answer is not one that was taken");
        read.owes();
        assert_eq!(seconds(&activity, began), Some(40));
        sleep(Duration::from_secs(10)).await;
        read.owes_nothing();
        assert_eq!(seconds(&activity, began), Some(50));
        drop(read);
        stuck.owes_nothing();
        assert_eq!(seconds(&activity, began), None);
        stuck.owes();
        assert_eq!(seconds(&activity, began), Some(50));
        drop(stuck);
        assert_eq!(seconds(&activity, began), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_to_begin_and_then_to_end() {
        let (activity, began) = (Activity::new(Times::default()), Instant::now());
        assert_eq!(seconds(&activity, began), Some(10));
        sleep(Duration::from_secs(5)).await;
        activity.heard();
        assert_eq!(seconds(&activity, began), Some(15));
        sleep(Duration::from_secs(5)).await;
        activity.heard();
        assert_eq!(seconds(&activity, began), Some(15), "more bytes are no more time");
        let call = activity.call();
        activity.heard();
        assert_eq!(seconds(&activity, began), None, "its body is the call's to wait for");
        drop(call);
        assert_eq!(seconds(&activity, began), Some(10 + 75));
    }
}
