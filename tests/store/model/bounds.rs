//! What is kept is bounded, and a store that runs the rules elsewhere has the same bounds as the rules.

use proptest::prelude::TestCaseError;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claimed, Written};
use session_resumption::domain::decision::Reason;
use session_resumption::domain::ids::{AttemptId, HandshakeId, Pair};
use session_resumption::domain::lease::Lease;
use session_resumption::domain::pair::{Join, Joined};
use uuid::Uuid;

use super::both::Both;
use super::operations::{Operation, Told};
use crate::given::{TTL, ana, drop_of, flow, pair, resumable, start_over, tab};
use crate::servers::Server;
use crate::steps::claim;

type Done = Result<(), TestCaseError>;

impl Both {
    async fn join(&mut self, pair: &Pair, join: Join) -> Result<Joined, TestCaseError> {
        match self.ask(pair, Operation::Join(join)).await? {
            Ok(Told::Joined(joined)) => Ok(joined.0),
            other => panic!("expected to join, got {other:?}"),
        }
    }

    async fn lead(&mut self, pair: &Pair, join: Join) -> Result<(HandshakeId, Lease), TestCaseError> {
        match self.join(pair, join).await? {
            Joined::Lead { id, lease, .. } => Ok((id, lease)),
            other => panic!("expected to lead, got {other:?}"),
        }
    }

    async fn conclude(&mut self, pair: &Pair, lease: Lease, answer: Answer) -> Done {
        self.ask(pair, Operation::Conclude(lease, None, answer, TTL)).await.map(drop)
    }

    async fn confirm(&mut self, pair: &Pair, id: HandshakeId) -> Done {
        let claim = claim(pair, id, 0, self.now());
        let told = self.ask(pair, Operation::Claim(claim)).await?;
        let Ok(Told::Confirming(Confirming::Claimed(Claimed::Write { lease, .. }))) = told else {
            panic!("expected to write, got {told:?}")
        };
        self.ask(pair, Operation::Settle(lease, Written::Yes)).await.map(drop)
    }
}

async fn customers_of_a_conversation(mut both: Both) -> Done {
    // From the last name to the first, because among equals the first name goes first.
    let customers: Vec<Pair> = (0..70).rev().map(|n| pair("chat-1", &format!("customer-{n:02}"))).collect();
    let mut opened = Vec::new();
    for (n, customer) in customers.iter().enumerate() {
        let (id, lease) = both.lead(customer, flow()).await?;
        opened.push((id, lease));
        match n % 4 {
            0 => both.conclude(customer, lease, resumable()).await?,
            1 if n < 20 => both.conclude(customer, lease, start_over(Reason::Ended)).await?,
            2 => {
                both.conclude(customer, lease, resumable()).await?;
                both.confirm(customer, id).await?;
            }
            _ => {}
        }
    }
    for (customer, (id, lease)) in customers.iter().zip(opened) {
        let _ = both.ask(customer, Operation::View(id, None)).await?;
        both.conclude(customer, lease, resumable()).await?;
    }
    Ok(())
}

async fn handshakes_of_a_pair(mut both: Both) -> Done {
    let mut opened = Vec::new();
    for n in 0..140 {
        let (id, lease) = both.lead(&ana(), flow()).await?;
        both.conclude(&ana(), lease, resumable()).await?;
        if n == 3 {
            both.confirm(&ana(), id).await?;
        }
        opened.push(id);
        both.wind(TTL * 2);
    }
    for id in opened {
        let _ = both.ask(&ana(), Operation::View(id, None)).await?;
    }
    Ok(())
}

/// Whether a tab beyond so many others has a second drop of its own.
async fn tabs_of_a_handshake(mut both: Both, tabs: u8) -> Done {
    let (id, lease) = both.lead(&ana(), flow()).await?;
    for n in 0..tabs {
        let join = Join { tab: Some(tab(&format!("tab-{n}"))), ..flow() };
        both.join(&ana(), join).await?;
    }
    both.conclude(&ana(), lease, resumable()).await?;
    both.confirm(&ana(), id).await?;
    both.join(&ana(), drop_of(&format!("tab-{}", tabs - 1), 1)).await.map(drop)
}

/// Whether an attempt after so many others is known to be new.
async fn attempts_of_a_handshake(mut both: Both, attempts: u128) -> Done {
    let (id, lease) = both.lead(&ana(), drop_of("one", 1)).await?;
    for n in 2..=attempts {
        let attempt = Some(AttemptId(Uuid::from_u128(n)));
        both.join(&ana(), Join { attempt, ..flow() }).await?;
    }
    both.conclude(&ana(), lease, resumable()).await?;
    both.confirm(&ana(), id).await?;
    both.join(&ana(), drop_of("one", attempts + 1)).await.map(drop)
}

#[tokio::test]
async fn redis_keeps_as_many_as_the_rules_do() {
    for server in [Server::shared(), Server::shared_valkey()] {
        customers_of_a_conversation(Both::redis(server)).await.unwrap();
        handshakes_of_a_pair(Both::redis(server)).await.unwrap();
        for tabs in 31..=34 {
            tabs_of_a_handshake(Both::redis(server), tabs).await.unwrap();
        }
        for attempts in 62..=65 {
            attempts_of_a_handshake(Both::redis(server), attempts).await.unwrap();
        }
    }
}
