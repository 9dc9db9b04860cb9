//! Who in this process waits for a change of which conversation.
//!
//! A change made here wakes them at once. One made in another replica they find by looking again: it could only be heard of by
//! a subscription, which is a second connection to keep alive and to mistrust, since what it misses while it is broken has to
//! be polled for all the same. Half the time between two looks is what a follower waits too long on average, which a customer
//! who waits for Genesys does not notice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::domain::ids::ConversationId;

/// Whoever waits looks again after this long.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// All who wait in this process look no more often than this together, as far as they let themselves be kept waiting: a crowd
/// that waits for its budget is no load.
const APART: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Default)]
pub(super) struct Wakeups(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_conversation: HashMap<ConversationId, Awaited>,
    /// Of all conversations.
    waiters: u32,
}

struct Awaited {
    changed: Arc<Notify>,
    waiters: u32,
}

impl Wakeups {
    /// Resolves when the conversation is changed here from now on, and otherwise when it is time to look.
    pub(super) fn changed(self: &Arc<Self>, conversation: &ConversationId) -> BoxFuture<'static, ()> {
        let mut waiting = self.lock();
        waiting.waiters += 1;
        let look_again = LOOK_AGAIN.max(APART * waiting.waiters);
        let awaited = waiting
            .by_conversation
            .entry(conversation.clone())
            .or_insert_with(|| Awaited { changed: Arc::new(Notify::new()), waiters: 0 });
        awaited.waiters += 1;
        // Registered now, not at the first poll.
        let changed = Arc::clone(&awaited.changed).notified_owned();
        let waiter = Waiter { wakeups: Arc::clone(self), conversation: conversation.clone() };
        async move {
            let _waiter = waiter;
            // The time begins at the first poll: who asked meanwhile has just looked.
            let _ = timeout(look_again, changed).await;
        }
        .boxed()
    }

    /// Wakes those who wait here.
    pub(super) fn wake(&self, conversation: &ConversationId) {
        if let Some(awaited) = self.lock().by_conversation.get(conversation) {
            awaited.changed.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in between can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counted until dropped: nothing is kept of a conversation that nobody waits for.
struct Waiter {
    wakeups: Arc<Wakeups>,
    conversation: ConversationId,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.wakeups.lock();
        waiting.waiters -= 1;
        if let Some(awaited) = waiting.by_conversation.get_mut(&self.conversation) {
            awaited.waiters -= 1;
            if awaited.waiters == 0 {
                waiting.by_conversation.remove(&self.conversation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::time::Instant;

    use super::*;

    fn chat(number: u32) -> ConversationId {
        ConversationId::parse(&format!("chat-{number}")).unwrap()
    }

    #[tokio::test]
    async fn a_change_wakes_all_who_wait_for_it_and_nobody_else() {
        let wakeups = Arc::new(Wakeups::default());
        let mut waiters: Vec<_> = (0..3).map(|_| wakeups.changed(&chat(1))).collect();
        wakeups.wake(&chat(1));
        let mut other = wakeups.changed(&chat(2));
        let mut late = wakeups.changed(&chat(1));
        // Seen at the first poll, because it came after they were registered. Time begins at the first poll, and wakes nobody yet.
        assert!(waiters.iter_mut().all(|waiter| waiter.now_or_never().is_some()));
        assert_eq!([&mut other, &mut late].map(FutureExt::now_or_never), [None, None]);
    }

    #[tokio::test]
    async fn without_a_change_it_is_soon_time_to_look() {
        let wakeups = Arc::new(Wakeups::default());
        let began = Instant::now();
        wakeups.changed(&chat(1)).await;
        assert!(began.elapsed() >= LOOK_AGAIN);
    }

    #[tokio::test]
    async fn a_crowd_looks_less_often() {
        let wakeups = Arc::new(Wakeups::default());
        let crowd: Vec<_> = (0..200).map(|number| wakeups.changed(&chat(number))).collect();
        let began = Instant::now();
        wakeups.changed(&chat(1)).await;
        assert!(began.elapsed() >= APART * 200);
        drop(crowd);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_nobody_waits_for() {
        let wakeups = Arc::new(Wakeups::default());
        for number in 0..100 {
            let (woken, given_up) = (wakeups.changed(&chat(number)), wakeups.changed(&chat(number)));
            drop(given_up);
            assert_eq!(wakeups.lock().by_conversation.len(), 1);
            wakeups.wake(&chat(number));
            woken.await;
        }
        let waiting = wakeups.lock();
        assert!(waiting.by_conversation.is_empty() && waiting.waiters == 0);
    }
}
