//! Whether an organisation is set up for this service: asked by the client that serves, and changing nothing.

mod finding;
mod organisation;
mod permissions;
mod seen;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

pub use finding::{Finding, Verdict};

use self::seen::Seen;
use super::api::{Api, Call};
use super::operation::Operation;
use super::{MetadataHome, ReadMethod, Settings, join};
use crate::ports::{Budget, Clock, Entropy, UpstreamError};

/// How long one question may take, its tries and its turn of the budget included.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the service will need of the organisation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// By which contract it speaks.
    pub contract: Contract,
    /// The most requests it sends in a minute.
    pub budget_per_minute: u32,
    /// Whether permissions to write are tried out, by requests that can change nothing.
    pub probe_writes: bool,
}

/// By which contract the service speaks, and what it uses of it.
#[derive(Debug, Clone)]
pub enum Contract {
    /// The guide's.
    Guide,
    /// That of the public API.
    Platform {
        /// How long after its end a message is said to reopen a conversation.
        threading_timeline: Duration,
        /// Where confirmations write.
        metadata: MetadataHome,
        /// Whether markers are sent as agentless messages.
        agentless: bool,
        /// The topics that are followed.
        topics: Vec<&'static str>,
    },
}

/// Asks everything there is to ask, and tells of each answer as it comes.
pub async fn run(
    settings: Settings,
    plan: &Plan,
    budget: Arc<dyn Budget>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    mut tell: impl FnMut(Finding),
) -> Result<(), reqwest::Error> {
    let checker = Checker {
        base: join(&settings.api_url, ["api", "v2"]),
        read_method: match settings.read_method {
            ReadMethod::Post => Method::POST,
            ReadMethod::Get => Method::GET,
        },
        // No conversation has this name, so nothing can happen to one.
        nobody: entropy.uuid().to_string(),
        api: Api::new(settings, budget, Arc::clone(&clock), entropy)?,
    };
    let signed_in = checker.api.sign_in().await;
    tell(organisation::token(signed_in.as_ref().err()));
    if signed_in.is_err() {
        return Ok(());
    }
    let first = match plan.contract {
        Contract::Guide => checker.ask(checker.guides_read()).await,
        Contract::Platform { .. } => checker.get(&["tokens", "me"]).await,
    };
    tell(organisation::reached(&first, matches!(plan.contract, Contract::Platform { .. })));
    if let Ok(seen) = &first {
        tell(organisation::clocks(seen.date, clock.now()));
        tell(organisation::rate(seen, plan.budget_per_minute));
    }
    permissions::ask(&checker, plan, &mut tell).await;
    if let Contract::Platform { threading_timeline, topics, .. } = &plan.contract {
        let answer = checker.get(&["conversations", "messaging", "threadingtimeline"]).await;
        tell(organisation::timeline(&answer, *threading_timeline));
        if !topics.is_empty() {
            let answer = checker.get(&["notifications", "availabletopics"]).await;
            tell(organisation::topics(&answer, topics));
        }
    }
    Ok(())
}

/// Asks.
struct Checker {
    base: Url,
    read_method: Method,
    nobody: String,
    api: Api,
}

// === impl Checker ===

impl Checker {
    async fn get(&self, path: &[&str]) -> Result<Seen, UpstreamError> {
        self.ask(self.call(Operation::Read, Method::GET, path, None)).await
    }

    fn call(&self, operation: Operation, method: Method, path: &[&str], body: Option<Value>) -> Call {
        Call { operation, method, url: join(&self.base, path.iter().copied()), body }
    }

    fn guides_read(&self) -> Call {
        let path = ["conversations", "messaging", &self.nobody];
        self.call(Operation::Read, self.read_method.clone(), &path, None)
    }

    /// Any answer is one, whatever its status; there is none only where nothing came back that is Genesys'.
    async fn ask(&self, call: Call) -> Result<Seen, UpstreamError> {
        self.api.call(&call, Instant::now() + PATIENCE, |answer| Ok(Seen::of(answer))).await
    }
}
