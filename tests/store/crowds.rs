//! Many at once: whatever only one may do, one does.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::Written;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::ledger::Begun;
use session_resumption::domain::pair::{Join, Joined, View};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::given::{LEASE, TTL, ana, drop_of, flow, injection, message, pair, resumable, seconds, tab};
use crate::harness::{Harness, Store};
use crate::steps::{active, claim, is_busy, is_held, leading, replay, soon, suspended, waiting, writing};

for_every_store!(
    of_all_who_join_at_once_one_leads,
    after_a_failure_one_newcomer_leads,
    of_all_who_find_a_leader_dead_one_takes_over,
    everyone_who_resumes_at_once_gets_one_answer_and_one_tab_is_active,
    of_all_claims_of_one_handshake_one_writes,
    of_all_claims_of_one_conversation_one_writes,
    confirmations_at_once_count_one_by_one,
    of_all_injections_at_once_one_holds,
    tabs_that_take_over_at_once_are_active_in_turn,
    conversations_do_not_queue_for_each_other,
);

/// Runs many tasks that start at the same moment.
pub(crate) async fn at_once<T, F>(h: &Harness, crowd: usize, task: impl Fn(Arc<dyn Store>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(crowd));
    let mut tasks = JoinSet::new();
    for index in 0..crowd {
        let (start, task) = (Arc::clone(&start), task(Arc::clone(&h.store), index));
        tasks.spawn(async move {
            start.wait().await;
            task.await
        });
    }
    soon(tasks.join_all()).await
}

/// Many join; exactly one leads, and all others wait for it.
async fn one_leads(h: &Harness, crowd: usize) {
    let joined = at_once(h, crowd, |store, n| async move {
        let join = drop_of(&format!("tab-{n}"), 1);
        store.join(&ana(), &join).await.unwrap().0
    });
    let (led, others): (Vec<_>, Vec<_>) =
        joined.await.into_iter().partition(|joined| matches!(joined, Joined::Lead { .. }));
    let [led] = led.try_into().expect("one leads");
    let fence = leading(&led).lease.fence;
    assert!(others.iter().all(|joined| waiting(joined) == fence));
    assert_eq!(others.len(), crowd - 1);
}

async fn of_all_who_join_at_once_one_leads(h: &Harness) {
    one_leads(h, 200).await;
}

async fn after_a_failure_one_newcomer_leads(h: &Harness) {
    let lead = h.lead(&ana(), &flow()).await;
    h.store.fail(&ana(), lead.lease, Error::new(Reason::UpstreamTimeout, "late"), seconds(1)).await.unwrap();
    one_leads(h, 50).await;
}

async fn of_all_who_find_a_leader_dead_one_takes_over(h: &Harness) {
    h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    one_leads(h, 50).await;
}

/// Resumes as the use case does: leads and tells, or waits, until there is an answer.
async fn resume(store: Arc<dyn Store>, name: String) -> View {
    let mut join = drop_of(&name, 1);
    loop {
        let changed = store.changed(&ana().conversation);
        match store.join(&ana(), &join).await.unwrap().0 {
            Joined::Lead { lease, .. } => {
                tokio::task::yield_now().await;
                return store.conclude(&ana(), lease, Some(&tab(&name)), resumable(), TTL).await.unwrap();
            }
            Joined::Wait { fence, .. } => join = Join { waited_on: Some(fence), ..join },
            Joined::Replay(view) => return view,
            Joined::Failed(error) => panic!("{error}"),
        }
        changed.await;
        tokio::task::yield_now().await;
    }
}

async fn everyone_who_resumes_at_once_gets_one_answer_and_one_tab_is_active(h: &Harness) {
    let views = at_once(h, 200, |store, n| resume(store, format!("tab-{n}"))).await;
    let first = &views[0];
    assert!(first.handshake.is_some());
    for view in &views {
        assert_eq!((view.handshake, &view.answer), (first.handshake, &first.answer));
        assert_eq!(view.seat.epoch, first.seat.epoch);
    }
    assert_eq!(views.iter().filter(|view| active(view.seat)).count(), 1);
    assert_eq!(views.iter().filter(|view| suspended(view.seat)).count(), 199);
}

fn one_writes(claimed: &[Confirming]) {
    let writes = claimed.iter().filter(|claimed| !is_busy(claimed)).cloned().map(writing).count();
    assert_eq!(writes, 1);
}

async fn of_all_claims_of_one_handshake_one_writes(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let read_at = h.now().await;
    let claimed = at_once(h, 50, |store, _| async move {
        store.claim(&ana().conversation, claim(&ana(), id, 0, read_at)).await.unwrap()
    });
    one_writes(&claimed.await);
}

/// Customers of one conversation, each with a handshake to confirm.
async fn customers(h: &Harness, count: usize) -> Vec<HandshakeId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(h.open(&customer(n), &flow()).await);
    }
    ids
}

fn customer(n: usize) -> session_resumption::domain::ids::Pair {
    pair("chat-1", &format!("customer-{n}"))
}

async fn of_all_claims_of_one_conversation_one_writes(h: &Harness) {
    let ids = customers(h, 50).await;
    let read_at = h.now().await;
    let claimed = at_once(h, 50, |store, n| {
        let id = ids[n];
        async move { store.claim(&ana().conversation, claim(&customer(n), id, 0, read_at)).await.unwrap() }
    });
    one_writes(&claimed.await);
}

async fn confirmations_at_once_count_one_by_one(h: &Harness) {
    const CUSTOMERS: u8 = 30;
    let ids = customers(h, CUSTOMERS.into()).await;
    let counts = at_once(h, CUSTOMERS.into(), |store, n| {
        let id = ids[n];
        async move {
            loop {
                let changed = store.changed(&ana().conversation);
                let claim = claim(&customer(n), id, 0, store.now().await.unwrap());
                let claimed = store.claim(&ana().conversation, claim).await.unwrap();
                if is_busy(&claimed) {
                    changed.await;
                    tokio::task::yield_now().await;
                    continue;
                }
                let writing = writing(claimed);
                tokio::task::yield_now().await;
                store.settle(&ana().conversation, writing.lease, Written::Yes).await.unwrap();
                return writing.confirmation.count;
            }
        }
    });
    let counts: BTreeSet<u32> = counts.await.into_iter().collect();
    assert_eq!(counts, (1..=CUSTOMERS.into()).collect());
}

async fn of_all_injections_at_once_one_holds(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    let begun = at_once(h, 50, |store, n| async move {
        let injection = injection(&ana(), id, &[message(&ana(), &format!("m-{n}"), 1)]);
        store.begin_injection(&ana().conversation, &injection).await.unwrap()
    });
    let begun = begun.await;
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Begun::Holding(_))).count(), 1);
    assert_eq!(begun.iter().filter(|begun| is_held(begun)).count(), 49);
}

async fn tabs_that_take_over_at_once_are_active_in_turn(h: &Harness) {
    h.open(&ana(), &drop_of("first", 1)).await;
    let start = replay(h.join(&ana(), &drop_of("first", 1)).await).seat.epoch;
    let seats = at_once(h, 30, |store, n| async move {
        let tab = tab(&format!("tab-{n}"));
        store.take_over(&ana(), &tab).await.unwrap().seat
    });
    let seats = seats.await;
    assert!(seats.iter().all(|&seat| active(seat)));
    let epochs: BTreeSet<u64> = seats.iter().map(|seat| seat.epoch).collect();
    assert_eq!(epochs, (start + 1..=start + 30).collect(), "no two were ACTIVE in the same epoch");
    let mut active_now = 0;
    for n in 0..30 {
        let seat = replay(h.join(&ana(), &drop_of(&format!("tab-{n}"), 1)).await).seat;
        active_now += usize::from(active(seat));
    }
    assert_eq!(active_now, 1);
}

async fn conversations_do_not_queue_for_each_other(h: &Harness) {
    let joined = at_once(h, 100, |store, n| async move {
        let pair = pair(&format!("chat-{n}"), "ana");
        let lead = leading(&store.join(&pair, &flow()).await.unwrap().0);
        store.conclude(&pair, lead.lease, None, resumable(), TTL).await.unwrap().handshake == Some(lead.id)
    });
    assert!(joined.await.into_iter().all(|led| led));
}
