//! Tabs that come back, and the flows that bring their customers to the agent again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::stage::Stage;
use crate::cli::storm::Variant;
use crate::domain::decision::{Decision, Request, decide};
use crate::domain::error::Error;
use crate::domain::ids::{AttemptId, HandshakeId};
use crate::domain::principal::{Bound, Principal, Role};
use crate::domain::retry::Backoff;
use crate::ports::{Conversations as _, UpstreamError};
use crate::service::Caller;
use crate::service::confirm::Reattachment;
use crate::service::validate::{Asked, Intent, Validate};

/// The guide: "exponential backoff with jitter". It names no figures; these are the usual ones.
const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(30), tries: u32::MAX };

/// How long anybody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a flow needs to bring the customer back to the agent.
const ATTACHING: Duration = Duration::from_secs(1);

/// What a tab is told: a decision with the handshake it belongs to, or when to come again if the service says so.
type Told = Result<(Decision, Option<HandshakeId>), Option<Duration>>;

/// One tab, from its drop until it has a decision. The first of a session to have one begins the flow.
pub(super) async fn tab(stage: Arc<Stage>, session: usize, tab: usize) {
    let attempt = AttemptId(stage.entropy.uuid());
    let noticed = BACKOFF.base.mul_f64(stage.entropy.unit());
    sleep_until(stage.began + stage.sessions[session].drops + noticed).await;
    let mut tried = 0;
    loop {
        tried += 1;
        stage.tally.asked(session);
        // On the heap, so that the many who wait are small.
        match Box::pin(ask(&stage, session, tab, attempt)).await {
            Ok((decision, handshake)) => {
                let first = stage.tally.decided(session, &decision);
                if let (true, Decision::Resumable(_), Some(handshake)) = (first, decision, handshake) {
                    stage.people.clone().spawn(flow(stage, session, handshake));
                }
                return;
            }
            Err(told) => {
                stage.tally.rejected(session);
                sleep(wait(&stage, tried, told)).await;
            }
        }
    }
}

async fn ask(stage: &Stage, session: usize, tab: usize, attempt: AttemptId) -> Told {
    let pair = &stage.sessions[session].pair;
    if stage.variant == Variant::NoCoalescing {
        let read = stage.genesys.read(&pair.conversation, Instant::now() + PATIENCE).await;
        let reading = read.map_err(|_: UpstreamError| None)?;
        let about = Request { participant: &pair.participant, held: Duration::ZERO };
        let now = reading.date.ok_or(None)?;
        let decision = decide(&stage.policy, reading.found.as_ref(), about, now).map_err(|_| None)?;
        return Ok((decision, None));
    }
    let principal = Principal::browser("browser", Bound::Pair(pair.clone()));
    let request = Validate {
        session: Asked::Bound(Bound::Pair(pair.clone())),
        tab: stage.tabs.get(tab).cloned(),
        attempt: Some(attempt),
        handshake: None,
        intent: Intent::Resume,
        dropped_at: None,
    };
    let answer = stage.service.validate(&caller(principal), request).await;
    answer.map(|(_, told)| (told.view.answer.decision, told.view.handshake)).map_err(|error| error.retry_after)
}

/// Brings the customer back to the agent, and has that counted.
async fn flow(stage: Arc<Stage>, session: usize, handshake: HandshakeId) {
    sleep(ATTACHING).await;
    stage.genesys.attach(session);
    let mut tried = 0;
    loop {
        tried += 1;
        let told = match Box::pin(confirm(&stage, session, handshake)).await {
            Ok(Reattachment::Confirmed { .. }) => return stage.tally.confirmed(),
            Ok(Reattachment::SessionEnded) => return,
            Ok(Reattachment::NotReattached { retry_delay }) => Some(retry_delay),
            Err(error) => error.retry_after,
        };
        sleep(wait(&stage, tried, told)).await;
    }
}

async fn confirm(stage: &Stage, session: usize, handshake: HandshakeId) -> Result<Reattachment, Error> {
    let caller = caller(Principal::new(Role::Architect, "flow"));
    stage.service.confirm(&caller, stage.sessions[session].pair.clone(), handshake).await
}

fn caller(principal: Principal) -> Caller {
    Caller { principal, deadline: Instant::now() + PATIENCE, gone: CancellationToken::new() }
}

/// Our callers come again when they are told to; the guide's are told nothing.
fn wait(stage: &Stage, tried: u32, told: Option<Duration>) -> Duration {
    let told = told.filter(|_| matches!(stage.variant, Variant::Ours | Variant::OursWithMirror));
    told.or_else(|| BACKOFF.delay(tried, None, stage.entropy.unit())).unwrap_or(BACKOFF.cap)
}
