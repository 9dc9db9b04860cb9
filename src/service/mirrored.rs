//! What is known of a conversation without asking Genesys: enough to bring somebody back, never enough to send anybody away.
//!
//! Events get lost. Whoever comes back to a conversation that has ended meanwhile is told so when the flow confirms, which always
//! reads; whoever is sent away from one that goes on has lost the place in the queue. So a decision against the customer is
//! made on what was read, and on nothing else.

use super::Inner;
use super::validate::Validate;
use crate::domain::answer::Answer;
use crate::domain::decision::Decision;
use crate::domain::derive::derive;
use crate::domain::error::Error;
use crate::domain::ids::ConversationId;
use crate::domain::mirror::{Fresh, Recalled};
use crate::domain::snapshot::Reading;
use crate::domain::time::until;

/// Whether what is at hand is enough.
pub(super) enum AtHand {
    /// It is: this is what it comes to.
    Enough(Box<(Reading, Answer)>),
    /// It is not. Whatever is read, these messages did not reach the customer.
    Read { undelivered: Vec<String> },
}

/// What the mirror says.
#[derive(Default)]
struct Known {
    reading: Option<Reading>,
    undelivered: Vec<String>,
}

impl Inner {
    /// Judges by what is at hand, if that is enough.
    pub(super) async fn at_hand(
        &self,
        request: &Validate,
        glimpse: Option<Reading>,
        judge: impl Fn(&Reading) -> Result<Answer, Error>,
    ) -> Result<AtHand, Error> {
        let known = match glimpse {
            Some(reading) => Known { undelivered: reading.undelivered.clone(), reading: Some(reading) },
            None => self.recall(&request.session.conversation).await,
        };
        let Known { reading: Some(reading), undelivered } = known else {
            return Ok(AtHand::Read { undelivered: known.undelivered });
        };
        match (reading.mirrored.is_some(), judge(&reading)) {
            (false, judged) => Ok(AtHand::Enough(Box::new((reading, judged?)))),
            (true, Ok(answer)) if matches!(answer.decision, Decision::Resumable(_)) => {
                lookup("answered");
                Ok(AtHand::Enough(Box::new((reading, answer))))
            }
            (true, _) => {
                lookup("against_the_customer");
                Ok(AtHand::Read { undelivered })
            }
        }
    }

    async fn recall(&self, conversation: &ConversationId) -> Known {
        let Some(mirror) = &self.ports.mirror else { return Known::default() };
        let Ok(Recalled { fresh, undelivered }) = mirror.recall(conversation, self.rules.mirror_max_age).await else {
            // Whether the store is out of reach is found out by those who cannot do without it.
            lookup("unavailable");
            return Known::default();
        };
        if fresh.is_none() {
            lookup("not_fresh");
        }
        let reading = fresh.map(|Fresh { legs, as_of, now }| {
            metrics::histogram!("session_resumption_mirror_age_seconds").record(until(as_of, now).as_secs_f64());
            Reading {
                found: Some(derive(&legs, self.rules.threading_timeline, now)),
                date: Some(now),
                mirrored: Some(as_of),
                undelivered: undelivered.clone(),
            }
        });
        Known { reading, undelivered }
    }
}

fn lookup(outcome: &'static str) {
    metrics::counter!("session_resumption_mirror_lookups_total", "outcome" => outcome).increment(1);
}
