//! Whatever is told, in whatever order, a store recalls what the pure rules do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};
use session_resumption::domain::mirror::entry::Entry;
use session_resumption::domain::mirror::feed::Listening;
use session_resumption::domain::mirror::{Feed, MaxAge, News};
use session_resumption::ports::{Clock, Mirror};
use session_resumption::store::memory::MemoryStore;
use session_resumption::store::redis::StoreClock;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::given::seconds;
use crate::harness::{ManualClock, prefix, redis_store};
use crate::mirroring::{chat, leg, legs};
use crate::servers::Server;

/// A step on a conversation that is always the same. Times are so many seconds ago.
#[derive(Debug, Clone)]
enum Step {
    Read(i64, u8, bool),
    Change(i64, u8, u8),
    Undelivered(i64, u8),
    Doubt(i64),
    Recall(u64),
    Begin(u8, u64),
    Hear(u8, bool, u64),
    Feed,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    // All of them together are less than an entry is kept for.
    let pass =
        prop_oneof![6 => 0_u64..10_000_000, 1 => 0_u64..40_000_000, 1 => (0_u64..40).prop_map(|s| s * 1_000_000)];
    let (ago, seed, hold) = (-2_i64..20, any::<u8>(), 1_u64..100);
    let step = prop_oneof![
        4 => (ago.clone(), seed, any::<bool>()).prop_map(|(ago, any, covered)| Step::Read(ago, any, covered)),
        4 => (ago.clone(), seed, seed).prop_map(|(ago, leg, any)| Step::Change(ago, leg, any)),
        1 => (ago.clone(), seed).prop_map(|(ago, any)| Step::Undelivered(ago, any)),
        1 => ago.prop_map(Step::Doubt),
        5 => (0_u64..60).prop_map(Step::Recall),
        1 => (0_u8..2, hold.clone()).prop_map(|(owner, hold)| Step::Begin(owner, hold)),
        3 => (0_u8..2, prop::bool::weighted(0.9), hold).prop_map(|(owner, last, hold)| Step::Hear(owner, last, hold)),
        1 => Just(Step::Feed),
    ];
    (pass, step)
}

fn any_leg(name: u8, any: u8, at: Timestamp) -> Leg {
    use LegState::{Alerting, Connected, Ended, Parked, Unknown};
    let purposes =
        [Purpose::Customer, Purpose::Agent, Purpose::Acd, Purpose::Flow, Purpose::Bot, Purpose::Api, Purpose::Other];
    let ways = [
        Disconnect::Transfer,
        Disconnect::NoAnswer,
        Disconnect::NotAvailable,
        Disconnect::Inactivity,
        Disconnect::SessionExpired,
        Disconnect::Spam,
        Disconnect::Other,
        Disconnect::Unknown,
    ];
    let any = usize::from(any);
    let state = [Alerting, Connected, Parked, Ended, Unknown][any % 5];
    Leg {
        state,
        disconnect: (state == Ended).then_some(ways[any % 8]),
        started: (any % 3 > 0).then_some(at),
        ended: (state == Ended).then_some(at),
        contact_id: (any % 2 > 0).then(|| format!("contact-{any}")),
        ..leg(&format!("leg-{}", name % 4), purposes[any % 7], at)
    }
}

fn any_legs(any: u8, at: Timestamp) -> Legs {
    let all = (0..any % 4).map(|name| any_leg(name, any.wrapping_mul(name + 7), at)).collect();
    let state = if any > 127 { TransferState::Pending } else { TransferState::Over };
    let transfer = |transfer: Transfer| Transfer { id: format!("t-{}", any % 3), state, ..transfer };
    let told = legs("chat-1", at);
    Legs { all, transfers: told.transfers.into_iter().map(transfer).collect(), ..told }
}

/// What it tells, if it tells something.
fn news(step: &Step, feed: Option<Feed>, now: Timestamp) -> Option<News> {
    let past = |ago: i64| now - SignedDuration::from_secs(ago);
    let event = String::new;
    Some(match *step {
        Step::Read(ago, any, covered) => {
            News::Whole { legs: any_legs(any, past(ago)), as_of: past(ago), feed: feed.filter(|_| covered) }
        }
        Step::Change(ago, name, any) => {
            News::Change { event: event(), at: past(ago), leg: any_leg(name, any, past(ago)) }
        }
        Step::Undelivered(ago, any) => {
            News::Undelivered { event: event(), messages: vec![(format!("m-{}", any % 8), past(ago))] }
        }
        Step::Doubt(ago) => News::Doubt { event: event(), at: past(ago) },
        _ => return None,
    })
}

#[derive(Default)]
struct Rules {
    entry: Entry,
    listening: Option<Listening>,
}

async fn agree(
    store: &dyn Mirror,
    now: impl Fn(u64) -> Timestamp,
    steps: Vec<(u64, Step)>,
) -> Result<(), TestCaseError> {
    let (mut rules, chat) = (Rules::default(), chat("chat-1"));
    let mut last = Feed(0);
    for (pass, step) in steps {
        let now = now(pass);
        let lasting = rules.listening.and_then(|listening| listening.lasting(now));
        if let Some(news) = news(&step, lasting.map(|(feed, _)| feed), now) {
            store.tell(&chat, &news).await.unwrap();
            rules.entry.take(&news, now);
            continue;
        }
        match step {
            Step::Recall(max_age) => {
                let told = store.recall(&chat, MaxAge::both(seconds(max_age))).await.unwrap();
                prop_assert_eq!(
                    told,
                    rules.entry.recall(&chat, lasting, MaxAge::both(seconds(max_age)), now),
                    "{:?}",
                    max_age
                );
            }
            Step::Begin(owner, hold) => {
                let owner = Uuid::from_u128(owner.into());
                let begun = Listening::begin(rules.listening.as_ref(), owner, seconds(hold), now);
                rules.listening = begun.or(rules.listening);
                let begun = begun.map(|begun| begun.feed());
                last = begun.unwrap_or(last);
                prop_assert_eq!(store.begin_feed(owner, seconds(hold)).await.unwrap(), begun);
            }
            Step::Hear(owner, of_the_last, hold) => {
                let (owner, feed) = (Uuid::from_u128(owner.into()), if of_the_last { last } else { Feed(1) });
                let heard = rules.listening.as_mut().is_some_and(|known| known.hear(owner, feed, seconds(hold), now));
                prop_assert_eq!(store.heard(owner, feed, seconds(hold)).await.unwrap(), heard);
            }
            _ => prop_assert_eq!(store.feed().await.unwrap(), lasting.map(|(feed, _)| feed)),
        }
    }
    Ok(())
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    vec(step(), 1..80)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

/// On a clock that stands still between the steps.
fn agrees_on(server: &Server, steps: Vec<(u64, Step)>) -> Result<(), TestCaseError> {
    let clock = Arc::new(AtomicU64::new(1_772_355_600_123_456));
    let store = redis_store(&server.url(), &prefix(), StoreClock::Standing(Arc::clone(&clock)));
    let now = |pass| {
        let before = clock.fetch_add(pass, Ordering::SeqCst);
        Timestamp::from_microsecond((before + pass).try_into().unwrap()).unwrap()
    };
    Runtime::new().unwrap().block_on(agree(&store, now, steps))
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn memory_recalls_what_the_rules_do(steps in steps()) {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let now = |pass| {
            clock.wind(Duration::from_micros(pass));
            clock.now()
        };
        Runtime::new().unwrap().block_on(agree(&store, now, steps))?;
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn redis_recalls_what_the_rules_do(steps in steps()) {
        agrees_on(Server::shared(), steps)?;
    }

    #[test]
    fn valkey_recalls_what_the_rules_do(steps in steps()) {
        agrees_on(Server::shared_valkey(), steps)?;
    }
}
