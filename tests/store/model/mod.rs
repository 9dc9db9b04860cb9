//! Whatever is asked, in whatever order, a store answers as the pure rules do.

mod both;
mod bounds;
mod draws;
mod operations;
mod plain;
mod registry;

use std::time::Duration;

use proptest::prelude::*;
use session_resumption::domain::conversation::Glimpse;
use tokio::runtime::Runtime;

use crate::given::{pair, reading};
use crate::servers::Server;
use both::Both;
use draws::{Draw, Known, draw};
use operations::Operation;

/// Asks both the same. Both conversations are there from the start, so that nobody new makes a store forget anything.
async fn agree(mut both: Both, draws: Vec<Draw>) -> Result<(), TestCaseError> {
    let mut known = Known::default();
    for conversation in ["a", "b"] {
        let _ = both.ask(&pair(conversation, "x"), first()).await?;
    }
    for draw in draws {
        both.wind(draw.pass);
        let Some((pair, operation)) = known.step(&draw, both.now()) else { continue };
        if let Ok(told) = both.ask(&pair, operation).await? {
            known.learn(&pair, &told);
        }
    }
    Ok(())
}

fn first() -> Operation {
    Operation::Remember(Glimpse { reading: reading(&pair("a", "x"), "agent"), fresh_for: Duration::ZERO, tab: None })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    proptest::collection::vec(draw(), 1..200)
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn memory_answers_as_the_rules_do(draws in draws()) {
        Runtime::new().unwrap().block_on(async { agree(Both::memory(2), draws).await })?;
    }
}

proptest! {
    // Each step is a round trip.
    #![proptest_config(config(64))]

    #[test]
    fn redis_answers_as_the_rules_do(draws in draws()) {
        Runtime::new().unwrap().block_on(async { agree(Both::redis(Server::shared()), draws).await })?;
    }

    #[test]
    fn valkey_answers_as_the_rules_do(draws in draws()) {
        Runtime::new().unwrap().block_on(async { agree(Both::redis(Server::shared_valkey()), draws).await })?;
    }
}
