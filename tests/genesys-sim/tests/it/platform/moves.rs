//! Whatever happens in whatever order, a conversation stays one that the platform could show.

use std::{collections::BTreeMap, time::Duration};

use genesys_sim::{ControlError, NewPlatformConversation, PlatformControl, Sim, SimOptions};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

use super::checked::{AGENT, OTHER_AGENT, SPECIALISTS, SUPPORT};
use crate::schema::OPENAPI;

type Move = fn(&PlatformControl, &str) -> Result<(), ControlError>;

const MOVES: &[Move] = &[
    |platform, id| platform.queue(id, SUPPORT),
    |platform, id| platform.join_bot(id),
    |platform, id| platform.offer(id, AGENT),
    |platform, id| platform.no_answer(id),
    |platform, id| platform.answer(id, AGENT),
    |platform, id| platform.answer(id, OTHER_AGENT),
    |platform, id| platform.transfer(id, SPECIALISTS),
    |platform, id| platform.complete_transfer(id, OTHER_AGENT),
    |platform, id| platform.park(id, Duration::from_mins(5)),
    |platform, id| platform.unpark(id),
    |platform, id| platform.inactivity(id),
    |platform, id| platform.agent_ends(id),
    |platform, id| platform.set_away(id, true),
    |platform, id| platform.customer_message(id, "a").map(drop),
    |platform, id| platform.agent_message(id, "b").map(drop),
    |platform, id| platform.bot_message(id, "c").map(drop),
    |platform, id| platform.expire_session(id),
    |platform, id| platform.clear(id),
];

fn legs(conversation: &Value) -> Vec<Value> {
    conversation["participants"].as_array().unwrap().clone()
}

/// What holds between any two looks at a conversation.
fn check(before: &Value, after: &Value) {
    OPENAPI.check("MessageConversation", after);
    let (old, new) = (legs(before), legs(after));
    assert!(new.len() >= old.len());
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(old["id"], new["id"], "legs are never taken away");
        if old.get("endTime").is_some() {
            assert_eq!(old, new, "a leg that ended has ended");
        }
    }
    for leg in &new {
        let over = leg["state"] == "disconnected";
        assert_eq!(leg.get("endTime").is_some(), over, "{leg}");
        assert_eq!(leg.get("disconnectType").is_some(), over, "{leg}");
        assert_eq!(leg.get("parkTime").is_some(), leg["state"] == "parked", "{leg}");
    }
    for purpose in ["customer", "agent", "acd"] {
        let live = new.iter().filter(|leg| leg["purpose"] == purpose && leg["state"] != "disconnected").count();
        assert!(live <= 1, "{live} {purpose} legs: {after:#}");
    }
    let customer = new.iter().any(|leg| leg["purpose"] == "customer" && leg["state"] != "disconnected");
    let anyone = new.iter().any(|leg| leg["state"] != "disconnected");
    assert_eq!(customer, anyone, "nobody stays without the customer, and the customer not without anybody");
}

/// Every leg is told of once when it starts and once when it ends.
fn check_events(platform: &PlatformControl, conversation: &Value) {
    let id = conversation["id"].as_str().unwrap();
    let told = |edge: &str| {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for kind in ["customer", "acd", "user", "flow"] {
            for event in platform.published(&format!("v2.detail.events.conversation.{id}.{kind}.{edge}")) {
                *count.entry(event["participantId"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        count
    };
    let ids = |over: bool| -> BTreeMap<String, usize> {
        let legs = legs(conversation).into_iter().filter(|leg| !over || leg["state"] == "disconnected");
        legs.map(|leg| (leg["id"].as_str().unwrap().to_owned(), 1)).collect()
    };
    assert_eq!(told("start"), ids(false));
    assert_eq!(told("end"), ids(true));
}

#[tokio::test]
async fn no_order_of_moves_leads_astray() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let platform = sim.control().platform();
    let moves = prop::collection::vec(0..MOVES.len(), 1..24);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(200) });
    runner
        .run(&moves, |moves| {
            let created = platform.create(NewPlatformConversation::default()).unwrap();
            let id = &created.conversation_id;
            let mut before = platform.conversation(id).unwrap();
            for index in moves {
                let done = MOVES[index](&platform, id);
                let after = platform.conversation(id).unwrap();
                if done.is_err() {
                    prop_assert_eq!(&before, &after, "a conflict changes nothing");
                }
                check(&before, &after);
                before = after;
            }
            check_events(&platform, &before);
            Ok(())
        })
        .unwrap();
}
