//! Whether a server is one that can keep our state.

use std::collections::HashMap;

use redis::{RedisError, Value, from_redis_value};

use super::failure::{outage, said};
use crate::ports::Outage;

/// The oldest version whose scripts fail whole and by name, and that expires a key no sooner than asked.
const OLDEST: u32 = 7;

/// What the user in `store.url` has to be allowed, as `ACL SETUSER` takes it, for keys that begin with `sr:`. Beyond this
/// `+select` for a database other than 0, and `+cluster|slots +asking` on a cluster. `+config|get` or `+info` lets us warn of a
/// `maxmemory-policy` that throws our keys away.
pub(super) const NEEDED: &str = "~sr:* +ping +role +wait +eval +evalsha +time +get +set +hget +hset +hsetnx +hexists +hlen \
                                 +hgetall +hdel +pttl +pexpire (with a database +select; on a cluster +cluster|slots +asking)";

/// Why a server that answers cannot keep our state. Waiting does not mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its version is too old.
    #[error("the server at store.url is version {0}; Redis {OLDEST} or later is needed, or any Valkey")]
    TooOld(String),
    /// It follows another server.
    #[error(
        "the server at store.url is a replica, which takes no writes; name its primary, or its sentinels as \
         redis+sentinel://host:26379/name"
    )]
    Replica,
    /// It holds a part of a cluster.
    #[error("the server at store.url is a node of a cluster; write redis+cluster:// (with TLS rediss+cluster://)")]
    ClusterNode,
    /// It holds everything itself.
    #[error("the server at store.url is not a node of a cluster; write redis:// (with TLS rediss://)")]
    NotCluster,
    /// It watches servers and keeps nothing.
    #[error(
        "the server at store.url is a sentinel; write redis+sentinel://host:26379/name (with TLS rediss+sentinel://), \
         with the name that it watches the primary under"
    )]
    Sentinel,
    /// It watches nobody.
    #[error("the server at store.url is not a sentinel; name the sentinels, or write redis:// (with TLS rediss://)")]
    NotSentinel,
    /// No sentinel knows the name.
    #[error("the sentinels at store.url watch no primary named {0}; give the name that their configuration has")]
    UnknownPrimary(String),
    /// It has fewer databases.
    #[error("the server at store.url has no database {0}; leave it out, or raise the server's setting `databases`")]
    NoDatabase(u16),
    /// It lets us in, and not do what we have to.
    #[error("the user in store.url may not {0}; it needs: {needed}", needed = NEEDED)]
    NotPermitted(&'static str),
}

/// Which kind of server is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Alone,
    InCluster,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    version: String,
    mode: String,
    role: String,
    /// How many replicas are connected to it. None are known of if it does not let us ask.
    pub(super) replicas: usize,
    may_ask_role: bool,
}

impl Hello {
    /// Reads the answers to HELLO and ROLE.
    pub(super) fn read(hello: Value, role: Value) -> Result<Self, Outage> {
        let hello = match said(hello) {
            // Older servers do not know the word.
            Err(error) if error.code() == Some("ERR") && is_unknown(&error) => return Ok(Self::of_the_old()),
            told => told.map_err(|error| outage(&error))?,
        };
        let told: HashMap<String, Value> = from_redis_value(hello).map_err(|_| Outage::Malformed)?;
        let text = |name: &str| {
            let told = told.get(name).cloned().map(from_redis_value::<String>);
            told.transpose().map(Option::unwrap_or_default).map_err(|_| Outage::Malformed)
        };
        let (replicas, may_ask_role) = match said(role) {
            Err(error) if error.code() == Some("NOPERM") => (0, false),
            told => (connected(&told.map_err(|error| outage(&error))?).unwrap_or(0), true),
        };
        Ok(Self { version: text("version")?, mode: text("mode")?, role: text("role")?, replicas, may_ask_role })
    }

    /// The first version that knows the word is 6.
    fn of_the_old() -> Self {
        Self {
            version: "5 or older".to_owned(),
            mode: String::new(),
            role: String::new(),
            replicas: 0,
            may_ask_role: true,
        }
    }

    pub(super) fn is_sentinel(&self) -> bool {
        self.mode == "sentinel"
    }

    pub(super) fn is_primary(&self) -> bool {
        self.role == "master"
    }

    pub(super) fn is_too_old(&self) -> bool {
        let major: Option<u32> = self.version.split('.').next().and_then(|major| major.parse().ok());
        major.is_none_or(|major| major < OLDEST)
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| detail.contains("unknown command"))
}

/// How many replicas are connected to a primary, in its answer to ROLE. None if it is no primary.
pub(super) fn connected(role: &Value) -> Option<usize> {
    replicas(role).map(<[Value]>::len)
}

/// How many of them follow it. One that never acknowledged anything is still loading what there is, maybe for minutes, and
/// cannot be waited for.
pub(super) fn following(role: &Value) -> Option<usize> {
    replicas(role).map(|replicas| replicas.iter().filter(|replica| has_acknowledged(replica)).count())
}

fn replicas(role: &Value) -> Option<&[Value]> {
    let Value::Array(told) = role else { return None };
    match told.as_slice() {
        [Value::BulkString(role), _, Value::Array(replicas)] if role == b"master" => Some(replicas),
        _ => None,
    }
}

fn has_acknowledged(replica: &Value) -> bool {
    let offset = match replica {
        Value::Array(told) => told.get(2).cloned().and_then(|offset| from_redis_value::<u64>(offset).ok()),
        _ => None,
    };
    offset.is_some_and(|offset| offset > 0)
}

/// Whether it can keep our state.
pub(super) fn judge(hello: &Hello, expected: Expected) -> Result<(), Unfit> {
    if hello.is_sentinel() {
        return Err(Unfit::Sentinel);
    }
    if hello.is_too_old() {
        return Err(Unfit::TooOld(hello.version.clone()));
    }
    match (expected, hello.mode.as_str()) {
        (Expected::Alone, "cluster") => return Err(Unfit::ClusterNode),
        (Expected::InCluster, mode) if mode != "cluster" => return Err(Unfit::NotCluster),
        _ => {}
    }
    if !hello.is_primary() {
        return Err(Unfit::Replica);
    }
    if hello.may_ask_role { Ok(()) } else { Err(Unfit::NotPermitted("run ROLE")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: &str, mode: &str, role: &str) -> Hello {
        let [version, mode, role] = [version, mode, role].map(str::to_owned);
        Hello { version, mode, role, replicas: 0, may_ask_role: true }
    }

    #[test]
    fn only_a_recent_primary_of_the_expected_kind_will_do() {
        for (expected, mode) in [(Expected::Alone, "standalone"), (Expected::InCluster, "cluster")] {
            let told = |version, mode, role| judge(&hello(version, mode, role), expected);
            for version in ["7.0.15", "7.2.4", "8.1.0", "10.0"] {
                assert_eq!(told(version, mode, "master"), Ok(()), "{version}");
            }
            for version in ["6.2.14", "5 or older", ""] {
                assert_eq!(told(version, mode, "master"), Err(Unfit::TooOld(version.to_owned())));
            }
            assert_eq!(told("7.0.15", mode, "replica"), Err(Unfit::Replica));
            assert_eq!(told("7.0.15", "sentinel", "sentinel"), Err(Unfit::Sentinel));
        }
        assert_eq!(judge(&hello("7.0.15", "cluster", "master"), Expected::Alone), Err(Unfit::ClusterNode));
        assert_eq!(judge(&hello("7.0.15", "standalone", "master"), Expected::InCluster), Err(Unfit::NotCluster));
        let kept_dark = Hello { may_ask_role: false, ..hello("7.0.15", "standalone", "master") };
        assert_eq!(judge(&kept_dark, Expected::Alone), Err(Unfit::NotPermitted("run ROLE")));
    }

    #[test]
    fn replicas_are_counted_in_what_a_primary_says() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let at = |offset| Value::Array(vec![text("10.0.0.1"), text("6379"), text(offset)]);
        let replica = || at("42");
        let role = |name: &str, told| Value::Array(vec![text(name), Value::Int(42), Value::Array(told)]);
        let told = |role: &Value| (connected(role), following(role));
        assert_eq!(told(&role("master", vec![])), (Some(0), Some(0)));
        assert_eq!(told(&role("master", vec![replica(), replica()])), (Some(2), Some(2)));
        assert_eq!(told(&role("master", vec![at("0"), replica(), Value::Nil])), (Some(3), Some(1)));
        assert_eq!(told(&role("slave", vec![replica()])), (None, None));
        assert_eq!(told(&Value::Nil), (None, None));
    }
}
