//! The customers who come back, and whether what they are told is true.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use genesys_sim::Control;
use jiff::Timestamp;
use session_resumption::domain::answer::Source;
use session_resumption::domain::decision::Decision;
use session_resumption::domain::ids::{AttemptId, Pair, TabId};
use session_resumption::domain::principal::{Bound, Principal};
use session_resumption::domain::time::until;
use session_resumption::ports::Entropy;
use session_resumption::service::validate::{Asked, Intent, Validate, Validated};
use session_resumption::service::{Caller, Resumption};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::figures::{From, Seen, When};
use crate::truth::{Outcome, Truth};

/// Where they ask.
pub(crate) struct Desk {
    pub(crate) resumption: Resumption,
    pub(crate) control: Control,
    pub(crate) truth: Arc<Mutex<Truth>>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Those that are listened to.
    pub(crate) queues: Arc<[String]>,
}

// === impl Desk ===

impl Desk {
    /// One customer who comes back, and comes again when told to.
    pub(crate) async fn serve(self: Arc<Self>, pair: Pair, when: When) -> Seen {
        let (came, attempt, mut refused) = (Instant::now(), AttemptId(self.entropy.uuid()), 0);
        loop {
            let request = Validate {
                session: Asked::Bound(Bound::Pair(pair.clone())),
                tab: Some(TabId::parse(pair.participant.as_str()).unwrap()),
                attempt: Some(attempt),
                handshake: None,
                intent: Intent::Resume,
                dropped_at: None,
            };
            let caller = Caller {
                principal: Principal::service("hour"),
                deadline: Instant::now() + Duration::from_secs(20),
                gone: CancellationToken::new(),
            };
            match self.resumption.validate(&caller, request).await {
                Ok((_, validated)) => {
                    let seen = self.judge(&pair, when, &validated);
                    return Seen { waited: came.elapsed(), refused, ..seen };
                }
                Err(error) => {
                    refused += 1;
                    assert!(refused < 100, "{error}");
                    sleep(error.retry_after.unwrap()).await;
                }
            }
        }
    }

    fn judge(&self, pair: &Pair, when: When, validated: &Validated) -> Seen {
        let (answer, now) = (&validated.view.answer, self.control.now());
        let told = Outcome::of(&answer.decision);
        let truth = self.truth.lock().unwrap();
        let (true_of, followed) = (truth.within(pair, answer.as_of, now), truth.is_followed(pair, &self.queues));
        drop(truth);
        let was_true = true_of.iter().any(|decision| Outcome::of(decision) == told);
        let could_resume = true_of.iter().all(|decision| matches!(decision, Decision::Resumable(_)));
        let wrong = if told == Outcome::StartOver && could_resume {
            Some("sent away")
        } else if !was_true {
            Some("never true")
        } else {
            None
        };
        Seen {
            when,
            followed,
            from: match answer.source {
                _ if validated.replayed => From::Replay,
                Source::Mirror => From::Mirror,
                Source::LiveRead => From::Read,
            },
            age: until(answer.as_of, now),
            waited: Duration::ZERO,
            refused: 0,
            stale: true_of.last().is_none_or(|decision| Outcome::of(decision) != told),
            wrong: wrong.map(|wrong| report(wrong, pair, answer.as_of, now, &answer.decision, answer.source, &true_of)),
        }
    }
}

fn report(
    wrong: &str,
    pair: &Pair,
    as_of: Timestamp,
    now: Timestamp,
    told: &Decision,
    source: Source,
    true_of: &[Decision],
) -> String {
    let truth: Vec<_> = true_of.iter().map(Outcome::of).collect();
    format!(
        "{wrong}: {} as of {as_of}, answered {now} from {source:?}: {:?} where {truth:?}",
        pair.conversation,
        Outcome::of(told)
    )
}
