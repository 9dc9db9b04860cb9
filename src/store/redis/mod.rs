//! The shared store: one truth for several replicas, on a single Redis 7 or Valkey server.
//!
//! Each step is one call of one Lua script, which the server runs alone and whole. The script mirrors the pure rules function
//! by function: `lua/pair.lua` is `domain/pair.rs`, and so on. Rust brings arguments in and replies out; answers, readings and
//! errors pass through the script as texts it does not look into.
//!
//! Whatever is lost (a restart without data, a failover that lost writes, an expired key), fences and epochs do not come back:
//! the first number of a sequence begins at the server's time. A caller who shows one from before is refused, as it would be by
//! the rules for a conversation never seen. A generation kept under a key of its own would tell the same for a lost store
//! only, and a script on a cluster could not read it: it would lie on another node than the conversation.

mod arguments;
mod clock;
mod failure;
mod hello;
mod hex;
mod key;
mod link;
mod reply;
mod steps;
mod told;
mod wakeups;
mod wire;

use std::fmt;
use std::sync::Arc;

use ::redis::{Script, Value};
use jiff::Timestamp;

use crate::domain::ids::ConversationId;
use crate::ports::{Outage, StoreError};

use arguments::Arguments;
pub use clock::StoreClock;
pub use hello::Unfit;
use link::Link;
use reply::Reply;
use wakeups::Wakeups;

/// The rules, in the order in which they build on each other.
const SCRIPT: &str = concat!(
    include_str!("lua/time.lua"),
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

/// See the module. Clones share one connection, and wake each other.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    wakeups: Arc<Wakeups>,
    script: Script,
    clock: StoreClock,
    prefix: String,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connection knows the password.
        f.debug_struct("RedisStore").field("clock", &self.clock).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// A store at this URL. Nothing is sent before the first call. All keys begin with `prefix`, so that what shares the server
    /// can be told apart.
    pub fn new(url: &str, prefix: &str, clock: StoreClock) -> Result<Self, Outage> {
        let link = Arc::new(Link::new(url).map_err(|error| failure::outage(&error))?);
        let wakeups = Arc::new(Wakeups::default());
        Ok(Self { link, wakeups, script: Script::new(SCRIPT), clock, prefix: prefix.to_owned() })
    }

    /// Asks the server who it is: `Ok(Err(_))` when it answers and can never serve.
    pub async fn check(&self) -> Result<Result<(), Unfit>, StoreError> {
        self.link.call(hello::greet).await.map(|hello| hello::judge(&hello))
    }

    /// Runs one step.
    async fn step(&self, conversation: &ConversationId, arguments: Arguments) -> Result<Reply, StoreError> {
        let [state, ledger] = key::of(&self.prefix, conversation);
        let mut call = self.script.key(state);
        call.key(ledger).arg(arguments.step()).arg(self.clock.argument());
        for argument in arguments.into_texts() {
            call.arg(argument);
        }
        let told = self.link.call(|mut connection| async move { call.invoke_async(&mut connection).await });
        let value: Value = told.await?;
        told::verdict(Reply::of(value)?)
    }

    /// Runs the last step of a piece of work and wakes whoever waits here for its end, also when nobody knows how it went.
    async fn finish(&self, conversation: &ConversationId, arguments: Arguments) -> Result<Reply, StoreError> {
        let told = self.step(conversation, arguments).await;
        self.wakeups.wake(conversation);
        told
    }

    async fn server_time(&self) -> Result<Timestamp, StoreError> {
        let time = ::redis::cmd("TIME");
        let told = self.link.call(|mut connection| async move { time.query_async(&mut connection).await });
        let told: (i64, i64) = told.await?;
        let micros = told.0.checked_mul(1_000_000).and_then(|micros| micros.checked_add(told.1));
        let now = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()).ok_or(Outage::Malformed)?;
        Ok(self.clock.read(now))
    }
}
