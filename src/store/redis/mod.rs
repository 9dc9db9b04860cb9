//! The shared store: one truth for several replicas, in Redis 7 or Valkey: a single server, one that sentinels watch, a cluster.
//!
//! Each step is one call of one Lua script, which the server runs alone and whole. The script mirrors the pure rules function
//! by function: `lua/pair.lua` is `domain/pair.rs`, and so on. Rust brings arguments in and replies out; answers, readings and
//! errors pass through the script as texts it does not look into. The mirror alone is joined in Rust and written by its version.
//!
//! Whatever is lost (a restart without data, a failover that lost writes, an expired key), fences and epochs do not come back:
//! the first number of a sequence begins at the server's time. A caller who shows one from before is refused, as it would be by
//! the rules for a conversation never seen. A generation kept under a key of its own would tell the same for a lost store
//! only, and a script on a cluster could not read it: it would lie on another node than the conversation.

mod arguments;
mod check;
mod clock;
mod cluster;
mod dial;
mod failure;
mod hello;
mod hex;
mod key;
mod line;
mod link;
mod mended;
mod mirror;
mod node;
mod registry;
mod reply;
mod script;
mod slots;
mod steps;
mod target;
mod tls;
mod told;
mod trouble;
mod wakeups;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::from_redis_value;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::ids::ConversationId;
use crate::ports::{Outage, StoreError};
use crate::store_url::RedisUrl;

use arguments::Arguments;
use check::Eviction;
pub use clock::StoreClock;
pub use hello::Unfit;
use link::Link;
use mirror::Turns;
use node::Copied;
use reply::Reply;
use script::Rules;
pub use tls::BadCertificates;
use wakeups::Wakeups;

/// The rules, in the order in which they build on each other.
const SCRIPT: &str = concat!(
    include_str!("lua/time.lua"),
    include_str!("lua/packed.lua"),
    include_str!("lua/lease.lua"),
    include_str!("lua/tabs.lua"),
    include_str!("lua/handshake.lua"),
    include_str!("lua/pair.lua"),
    include_str!("lua/counter.lua"),
    include_str!("lua/store.lua"),
    include_str!("lua/ledger.lua"),
    include_str!("lua/conversation.lua"),
    include_str!("lua/steps.lua"),
);

/// The same for the registry, whose keys lie by themselves.
const REGISTRY_SCRIPT: &str = concat!(
    include_str!("lua/time.lua"),
    include_str!("lua/packed.lua"),
    include_str!("lua/registration.lua"),
    include_str!("lua/token_line.lua"),
    include_str!("lua/registry_steps.lua"),
);

/// And for the mirror, whose rules for what is told are Rust's alone: what is lost of a cache is read again.
const MIRROR_SCRIPT: &str = concat!(
    include_str!("lua/time.lua"),
    include_str!("lua/packed.lua"),
    include_str!("lua/feed.lua"),
    include_str!("lua/mirror_steps.lua"),
);

/// See the module. Clones share their connections, and wake each other.
#[derive(Clone)]
pub struct RedisStore {
    link: Link,
    rules: Arc<Rules>,
    registry_rules: Arc<Rules>,
    mirror_rules: Arc<Rules>,
    wakeups: Arc<Wakeups>,
    turns: Arc<Turns>,
    clock: StoreClock,
    prefix: String,
    eviction: Arc<Eviction>,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connections know the password.
        f.debug_struct("RedisStore").field("clock", &self.clock).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// A store at this URL. With TLS its certificates are checked against these authorities (PEM), or else the system's.
    /// Nothing is sent before the first call. All keys begin with `prefix`, so that what shares the server can be told apart.
    pub fn new(
        url: &RedisUrl,
        authorities: Option<&[u8]>,
        prefix: &str,
        clock: StoreClock,
    ) -> Result<Self, BadCertificates> {
        let link = Link::new(url, authorities)?;
        Ok(Self {
            link,
            rules: Arc::new(Rules::new(SCRIPT)),
            registry_rules: Arc::new(Rules::new(REGISTRY_SCRIPT)),
            mirror_rules: Arc::new(Rules::new(MIRROR_SCRIPT)),
            wakeups: Arc::new(Wakeups::default()),
            turns: Arc::default(),
            clock,
            prefix: prefix.to_owned(),
            eviction: Arc::default(),
        })
    }

    /// Asks the servers who they are, and whether we may do what we have to: `Ok(Err(_))` when they answer and can never
    /// serve. What it is `Ok(Ok(()))` of takes writes.
    pub async fn check(&self) -> Result<Result<(), Unfit>, StoreError> {
        check::check(&self.link, &self.prefix, &self.eviction).await
    }

    /// Runs one step.
    async fn step(&self, conversation: &ConversationId, arguments: Arguments) -> Result<Reply, StoreError> {
        self.run(conversation, arguments, Copied::Later).await.map(|(reply, _)| reply)
    }

    /// Runs a step that announces a write to Genesys, and tells whether a replica has it. If none has, the write must not be
    /// made: were the server lost now, nobody would know of it.
    async fn step_before(
        &self,
        conversation: &ConversationId,
        arguments: Arguments,
    ) -> Result<(Reply, bool), StoreError> {
        let step = arguments.step();
        let ran = self.run(conversation, arguments, Copied::First).await;
        if matches!(&ran, Ok((_, false)) | Err(StoreError::Unavailable(Outage::NotReplicated))) {
            unreplicated(step);
        }
        ran
    }

    /// Runs a step that records a write to Genesys. That is made, so whether a replica has the record changes nothing.
    async fn step_after(&self, conversation: &ConversationId, arguments: Arguments) -> Result<Reply, StoreError> {
        self.recorded(&self.rules, key::of(&self.prefix, conversation), arguments).await
    }

    /// Runs a step and lets a replica have it, if one keeps up.
    async fn recorded(
        &self,
        rules: &Rules,
        keys: impl Into<Vec<String>>,
        arguments: Arguments,
    ) -> Result<Reply, StoreError> {
        let step = arguments.step();
        let (reply, copied) = self.run_rules(rules, keys, arguments, Copied::IfPossible).await?;
        if !copied {
            unreplicated(step);
        }
        Ok(reply)
    }

    async fn run(
        &self,
        conversation: &ConversationId,
        arguments: Arguments,
        copied: Copied,
    ) -> Result<(Reply, bool), StoreError> {
        self.run_rules(&self.rules, key::of(&self.prefix, conversation), arguments, copied).await
    }

    async fn run_rules(
        &self,
        rules: &Rules,
        keys: impl Into<Vec<String>>,
        arguments: Arguments,
        copied: Copied,
    ) -> Result<(Reply, bool), StoreError> {
        let (step, began) = (arguments.step(), Instant::now());
        let mut texts = vec![step.to_owned(), self.clock.argument()];
        texts.extend(arguments.into_texts());
        let run = rules.run(keys, texts);
        let ran = async {
            let (told, copied) = self.link.run(&run, copied).await?;
            Ok((told::verdict(Reply::of(told)?)?, copied))
        };
        let ran = ran.await;
        measure(step, &ran, began.elapsed());
        ran
    }

    /// Runs the last step of a piece of work and wakes whoever waits here for its end, also when nobody knows how it went.
    async fn finish(&self, conversation: &ConversationId, arguments: Arguments) -> Result<Reply, StoreError> {
        let told = self.step(conversation, arguments).await;
        self.wakeups.wake(conversation);
        told
    }

    async fn server_time(&self) -> Result<Timestamp, StoreError> {
        let told: (i64, i64) = from_redis_value(self.link.time().await?).map_err(|_| Outage::Malformed)?;
        let micros = told.0.checked_mul(1_000_000).and_then(|micros| micros.checked_add(told.1));
        let now = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()).ok_or(Outage::Malformed)?;
        Ok(self.clock.read(now))
    }
}

fn measure<T>(step: &'static str, ran: &Result<T, StoreError>, elapsed: Duration) {
    let outcome = match ran {
        Ok(_) => "ok",
        Err(StoreError::Full) => "full",
        Err(StoreError::Fenced(_)) => "fenced",
        Err(StoreError::Refused(_)) => "refused",
        Err(StoreError::Unavailable(outage)) => outage.name(),
    };
    metrics::histogram!(
        "session_resumption_store_duration_seconds", "store" => "redis", "step" => step, "outcome" => outcome
    )
    .record(elapsed);
}

fn unreplicated(step: &'static str) {
    metrics::counter!("session_resumption_store_unreplicated_total", "step" => step).increment(1);
}
