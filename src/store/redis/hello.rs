//! Whether a server is one that can keep our state.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value, from_redis_value};

/// The oldest version whose scripts fail whole and by name, and that expires a key no sooner than asked.
const OLDEST: u32 = 7;

/// Why a server that answers cannot keep our state. Waiting does not mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its version is too old.
    #[error("the server at store.url is version {0}; Redis {OLDEST} or later is needed, or any Valkey")]
    TooOld(String),
    /// It follows another server.
    #[error("the server at store.url is a replica, which takes no writes; name its primary")]
    Replica,
    /// It holds a part of a cluster.
    #[error("the server at store.url is a node of a cluster (or a sentinel); a single server is needed")]
    NotSingle,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    version: String,
    mode: String,
    role: String,
}

/// A PING that also tells who answers.
pub(super) async fn greet(mut connection: MultiplexedConnection) -> RedisResult<Hello> {
    let told: RedisResult<Value> = redis::cmd("HELLO").query_async(&mut connection).await;
    let told = match told {
        // Older servers do not know the word.
        Err(error) if error.code() == Some("ERR") => return Ok(Hello::of_the_old()),
        told => told?,
    };
    let told: HashMap<String, Value> = from_redis_value(told)?;
    let text = |name: &str| told.get(name).cloned().map(from_redis_value::<String>).transpose();
    Ok(Hello {
        version: text("version")?.unwrap_or_default(),
        mode: text("mode")?.unwrap_or_default(),
        role: text("role")?.unwrap_or_default(),
    })
}

impl Hello {
    /// The first version that knows the word is 6.
    fn of_the_old() -> Self {
        Self { version: "5 or older".to_owned(), mode: String::new(), role: String::new() }
    }
}

/// Whether it can keep our state.
pub(super) fn judge(hello: &Hello) -> Result<(), Unfit> {
    let major: Option<u32> = hello.version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major < OLDEST) {
        return Err(Unfit::TooOld(hello.version.clone()));
    }
    match (hello.mode.as_str(), hello.role.as_str()) {
        ("standalone", "master") => Ok(()),
        ("standalone", _) => Err(Unfit::Replica),
        _ => Err(Unfit::NotSingle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_recent_primary_will_do() {
        let hello = |version: &str, mode: &str, role: &str| {
            let [version, mode, role] = [version, mode, role].map(str::to_owned);
            judge(&Hello { version, mode, role })
        };
        for version in ["7.0.15", "7.2.4", "8.1.0", "10.0"] {
            assert_eq!(hello(version, "standalone", "master"), Ok(()), "{version}");
        }
        for version in ["6.2.14", "5 or older", ""] {
            assert_eq!(hello(version, "standalone", "master"), Err(Unfit::TooOld(version.to_owned())));
        }
        assert_eq!(hello("7.0.15", "standalone", "replica"), Err(Unfit::Replica));
        assert_eq!(hello("7.0.15", "cluster", "master"), Err(Unfit::NotSingle));
    }
}
