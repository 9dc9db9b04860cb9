//! Whether the servers will do: who they are, whether they let us do all that we do, and whether they take writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value, from_redis_value};
use tokio::time::Instant;

use super::cluster::Cluster;
use super::failure::{is_forbidden, said, store_error};
use super::hello::{Expected, Hello, Unfit, judge};
use super::link::Link;
use super::node::{CALL, Node};
use super::script::Rules;
use super::slots::slot;
use super::trouble::Trouble;
use crate::ports::{Outage, StoreError};

const PROBE: &str = include_str!("lua/probe.lua");
/// Enough that one of them falls into a given slot, almost surely.
const TAGS: u32 = 1_000_000;

/// Asks every server that takes writes.
pub(super) async fn check(link: &Link, prefix: &str, eviction: &Eviction) -> Result<Result<(), Unfit>, StoreError> {
    match checked(link, prefix, eviction).await {
        Ok(()) => Ok(Ok(())),
        Err(Failure::Trouble(Trouble::Unfit(unfit))) => Ok(Err(unfit)),
        Err(Failure::Trouble(Trouble::Outage(outage))) => Err(outage.into()),
        Err(Failure::Said(error)) => Err(store_error(&error)),
    }
}

enum Failure {
    Trouble(Trouble),
    Said(RedisError),
}

impl<T: Into<Trouble>> From<T> for Failure {
    fn from(trouble: T) -> Self {
        Self::Trouble(trouble.into())
    }
}

async fn checked(link: &Link, prefix: &str, eviction: &Eviction) -> Result<(), Failure> {
    let until = Instant::now() + CALL;
    match link {
        Link::One(node) => one(node, Expected::Alone, &format!("{prefix}:{{probe}}"), eviction, until).await,
        Link::Many(cluster) => all(cluster, prefix, eviction, until).await,
    }
}

async fn all(cluster: &Arc<Cluster>, prefix: &str, eviction: &Eviction, until: Instant) -> Result<(), Failure> {
    for (first, node) in cluster.map(until).await?.holders() {
        let tag = (0..TAGS).find(|n| slot(&n.to_string()) == first).ok_or(Outage::Malformed)?;
        let checked = one(&node, Expected::InCluster, &format!("{prefix}:{{{tag}}}:probe"), eviction, until).await;
        // It may hold the slot no longer, or not be the primary any more.
        checked.inspect_err(|_| cluster.ask_soon())?;
    }
    Ok(())
}

async fn one(
    node: &Arc<Node>,
    expected: Expected,
    key: &str,
    eviction: &Eviction,
    until: Instant,
) -> Result<(), Failure> {
    let probe = Rules::new(PROBE);
    let probe = probe.run([format!("{key}:c"), format!("{key}:l")], Vec::new());
    let mut asked = Pipeline::new();
    asked.cmd("HELLO").cmd("ROLE");
    // Waits for nobody: whether it may.
    asked.cmd("WAIT").arg(0).arg(1);
    asked.add_command(probe.by_hash()).add_command(policy());
    let told = node.send(&asked, until).await?;
    let [hello, role, wait, by_hash, policy] = told.try_into().map_err(|_| Outage::Malformed)?;
    match judge(&Hello::read(hello, role)?, expected) {
        // There is a primary, and we shall hear of it.
        Err(Unfit::Replica) if expected == Expected::InCluster || node.is_watched() => {
            return Err(Outage::ReadOnly.into());
        }
        judged => judged?,
    }
    permitted(wait, "run WAIT")?;
    // By hash first: it is how every step goes, and not always allowed to who may send scripts in full.
    if let Err(error) = said(by_hash)
        && error.kind() != ErrorKind::Server(ServerErrorKind::NoScript)
    {
        return Err(refusal(error, "run EVALSHA on keys that begin with sr:"));
    }
    let mut asked = Pipeline::new();
    asked.add_command(probe.in_full());
    let told = node.send(&asked, until).await?.pop().ok_or(Outage::Malformed)?;
    permitted(told, "run EVAL, or what our script runs, on keys that begin with sr:")?;
    eviction.told(node, policy, until).await;
    Ok(())
}

fn permitted(told: Value, what: &'static str) -> Result<Value, Failure> {
    said(told).map_err(|error| refusal(error, what))
}

fn refusal(error: RedisError, what: &'static str) -> Failure {
    if is_forbidden(&error) { Unfit::NotPermitted(what).into() } else { Failure::Said(error) }
}

fn policy() -> Cmd {
    let mut command = redis::cmd("CONFIG");
    command.arg("GET").arg("maxmemory-policy");
    command
}

/// Warns of a server that throws keys away when its memory is full: with the ledger's, what was written would be forgotten.
#[derive(Debug, Default)]
pub(super) struct Eviction(Mutex<Option<String>>);

impl Eviction {
    async fn told(&self, node: &Node, config: Value, until: Instant) {
        let config = said(config).ok().and_then(|told| from_redis_value::<HashMap<String, String>>(told).ok());
        let policy = match config.and_then(|mut told| told.remove("maxmemory-policy")) {
            Some(policy) => Some(policy),
            None => Self::asked(node, until).await,
        };
        let Some(policy) = policy else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() != Some(&policy) && policy != "noeviction" {
            tracing::warn!(
                maxmemory_policy = policy,
                "the store throws keys away when its memory is full; set maxmemory-policy to noeviction"
            );
        }
        *known = Some(policy);
    }

    /// Where CONFIG is not permitted, or not offered.
    async fn asked(node: &Node, until: Instant) -> Option<String> {
        let mut asked = Pipeline::new();
        asked.cmd("INFO").arg("memory");
        let told = said(node.send(&asked, until).await.ok()?.pop()?).ok()?;
        let told: String = from_redis_value(told).ok()?;
        told.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(|policy| policy.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::hello::NEEDED;
    use super::*;

    fn commands(script: &str) -> BTreeSet<&str> {
        script.split("redis.call(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn the_probe_runs_what_the_rules_run_and_the_user_needs_it() {
        let rules = commands(super::super::SCRIPT);
        assert_eq!(commands(PROBE), rules);
        assert!(commands(super::super::REGISTRY_SCRIPT).is_subset(&rules));
        assert!(rules.len() > 5);
        for command in rules {
            assert!(NEEDED.contains(&format!(" +{} ", command.to_lowercase())), "{command}");
        }
    }
}
