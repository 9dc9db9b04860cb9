//! The registry: whatever is registered and shown, in whatever order, a store answers as the pure rules do.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use session_resumption::domain::registry::{Registration, Term};
use session_resumption::domain::token_line::{Refreshed, Refusal, Shown, TokenLine};
use session_resumption::ports::{Clock, StoreError};
use session_resumption::store::memory::MemoryStore;
use session_resumption::store::redis::StoreClock;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::both::Standing;
use super::config;
use crate::given::{key, pair, seconds};
use crate::harness::{ManualClock, Store, prefix, redis_store};
use crate::servers::Server;

/// A step on a key and a line that are always the same.
#[derive(Debug, Clone)]
enum Step {
    Register(bool, u64),
    Lookup,
    Begin(u64),
    Use(u64),
    Refresh(u64, u64),
    Forget,
}

/// What a store says, or the rules.
#[derive(Debug, PartialEq)]
enum Told {
    Registered(Result<Term, StoreError>),
    Session(Option<session_resumption::domain::ids::Pair>),
    Shown(Shown),
    Refreshed(Refreshed),
    Nothing,
}

fn step() -> impl Strategy<Value = (Duration, Step)> {
    let pass = prop_oneof![
        4 => (0_u64..15).prop_map(Duration::from_secs),
        4 => (50_u64..70).prop_map(Duration::from_secs),
        1 => (0_u64..5_000_000).prop_map(Duration::from_micros),
        1 => (0_u64..15_000).prop_map(Duration::from_secs),
    ];
    let (generation, span) = (0_u64..8, 0_u64..3_000);
    let step = prop_oneof![
        2 => (any::<bool>(), span.clone()).prop_map(|(other, ttl)| Step::Register(other, ttl)),
        2 => Just(Step::Lookup),
        1 => span.clone().prop_map(Step::Begin),
        6 => generation.clone().prop_map(Step::Use),
        6 => (generation, span).prop_map(|(generation, show_for)| Step::Refresh(generation, show_for)),
        1 => prop::bool::weighted(0.2).prop_map(|forget| if forget { Step::Forget } else { Step::Lookup }),
    ];
    (pass, step)
}

fn session(other: bool) -> session_resumption::domain::ids::Pair {
    pair(if other { "chat-2" } else { "chat-1" }, "ana")
}

#[derive(Default)]
struct Rules {
    key: Option<Registration>,
    line: Option<TokenLine>,
}

impl Rules {
    fn take(&mut self, step: &Step, now: jiff::Timestamp) -> Told {
        let line = self.line.as_mut().filter(|line| now < line.kept_until());
        match *step {
            Step::Register(other, ttl) => Told::Registered(match &mut self.key {
                Some(known) => known.renew(&session(other), seconds(ttl), now).map_err(StoreError::from),
                None => Ok(self.key.insert(Registration::new(session(other), seconds(ttl), now)).term()),
            }),
            Step::Lookup => Told::Session(self.key.as_ref().and_then(|known| known.pair(now)).cloned()),
            Step::Begin(show_for) => {
                self.line = Some(TokenLine::begin(now, seconds(show_for)));
                Told::Nothing
            }
            Step::Use(generation) => {
                let shown = line.map(|line| line.use_generation(now, generation));
                Told::Shown(shown.unwrap_or(Shown::Refused(Refusal::Unknown)))
            }
            Step::Refresh(generation, show_for) => {
                let refreshed = line.map(|line| line.refresh(now, generation, seconds(show_for)));
                Told::Refreshed(refreshed.unwrap_or(Refreshed::Refused(Refusal::Unknown)))
            }
            Step::Forget => {
                line.into_iter().for_each(TokenLine::revoke);
                Told::Nothing
            }
        }
    }
}

async fn ask(store: &dyn Store, step: &Step) -> Result<Told, StoreError> {
    let (key, line) = (key("web-1"), Uuid::from_u128(1));
    Ok(match *step {
        Step::Register(other, ttl) => Told::Registered(store.register(&key, &session(other), seconds(ttl)).await),
        Step::Lookup => Told::Session(store.lookup(&key).await?),
        Step::Begin(show_for) => {
            store.begin_line(line, seconds(show_for)).await?;
            Told::Nothing
        }
        Step::Use(generation) => Told::Shown(store.use_line(line, generation).await?),
        Step::Refresh(generation, show_for) => {
            Told::Refreshed(store.refresh_line(line, generation, seconds(show_for)).await?)
        }
        Step::Forget => {
            store.forget_line(line).await?;
            Told::Nothing
        }
    })
}

async fn agree(store: &dyn Store, clock: &dyn Standing, steps: Vec<(Duration, Step)>) -> Result<(), TestCaseError> {
    let mut rules = Rules::default();
    for (pass, step) in [(Duration::ZERO, Step::Begin(1_200))].into_iter().chain(steps) {
        clock.wind(pass);
        let told = ask(store, &step).await.map_err(|error| TestCaseError::fail(format!("{step:?}: {error}")))?;
        prop_assert_eq!(told, rules.take(&step, clock.now()), "{:?}", step);
    }
    Ok(())
}

fn steps() -> impl Strategy<Value = Vec<(Duration, Step)>> {
    vec(step(), 1..100)
}

/// A Redis store whose clock stands still between the steps.
fn agrees_on(server: &Server, steps: Vec<(Duration, Step)>) -> Result<(), TestCaseError> {
    let clock = Arc::new(AtomicU64::new(1_772_355_600_123_456));
    let store = redis_store(&server.url(), &prefix(), StoreClock::Standing(Arc::clone(&clock)));
    Runtime::new().unwrap().block_on(agree(&store, &*clock, steps))
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn memory_answers_as_the_rules_do(steps in steps()) {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        Runtime::new().unwrap().block_on(agree(&store, &*clock, steps))?;
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn redis_answers_as_the_rules_do(steps in steps()) {
        agrees_on(Server::shared(), steps)?;
    }

    #[test]
    fn valkey_answers_as_the_rules_do(steps in steps()) {
        agrees_on(Server::shared_valkey(), steps)?;
    }
}
