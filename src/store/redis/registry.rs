//! The registry's port, step by step. Arguments stand in the order in which `lua/registry_steps.lua` reads them.
//!
//! A replica is given each step that somebody goes by later, if one keeps up. A failover that lost it would make a stranger of
//! a browser that is none: its key would name nothing, its token would be one that was never issued.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::arguments::Arguments;
use super::node::Copied;
use super::reply::Reply;
use super::{RedisStore, key, told};
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::registry::Term;
use crate::domain::token_line::{Refreshed, Shown};
use crate::ports::{Registry, StoreError};

#[async_trait]
impl Registry for RedisStore {
    async fn register(&self, key: &ResumeKey, pair: &Pair, ttl: Duration) -> Result<Term, StoreError> {
        let arguments = Arguments::of("register").text(&pair.conversation).who(&pair.participant).span(ttl);
        let key = key::of_resume_key(&self.prefix, key);
        Ok(told::term(self.recorded(&self.registry_rules, [key], arguments).await?)?)
    }

    async fn lookup(&self, key: &ResumeKey) -> Result<Option<Pair>, StoreError> {
        let key = key::of_resume_key(&self.prefix, key);
        Ok(told::pair(self.glance(key, Arguments::of("lookup")).await?)?)
    }

    async fn begin_line(&self, line: Uuid, show_for: Duration) -> Result<(), StoreError> {
        let arguments = Arguments::of("begin_line").span(show_for);
        self.recorded(&self.registry_rules, [key::of_line(&self.prefix, line)], arguments).await.map(drop)
    }

    async fn use_line(&self, line: Uuid, generation: u64) -> Result<Shown, StoreError> {
        let arguments = Arguments::of("use_line").text(&generation);
        Ok(told::shown(self.glance(key::of_line(&self.prefix, line), arguments).await?)?)
    }

    async fn refresh_line(&self, line: Uuid, generation: u64, show_for: Duration) -> Result<Refreshed, StoreError> {
        let arguments = Arguments::of("refresh_line").text(&generation).span(show_for);
        let key = key::of_line(&self.prefix, line);
        Ok(told::refreshed(self.recorded(&self.registry_rules, [key], arguments).await?)?)
    }

    async fn forget_line(&self, line: Uuid) -> Result<(), StoreError> {
        let arguments = Arguments::of("forget_line");
        self.recorded(&self.registry_rules, [key::of_line(&self.prefix, line)], arguments).await.map(drop)
    }
}

impl RedisStore {
    /// Runs a step of which a replica need not have what it wrote, if it wrote anything.
    async fn glance(&self, key: String, arguments: Arguments) -> Result<Reply, StoreError> {
        self.run_rules(&self.registry_rules, [key], arguments, Copied::Later).await.map(|(reply, _)| reply)
    }
}
