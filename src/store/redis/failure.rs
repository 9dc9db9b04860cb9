//! What a failed call of the server means. Its own words stay behind: they may quote what was sent.

use redis::{ErrorKind, RedisError, Value};

use crate::ports::{Outage, StoreError};

/// A value, or the failure that it tells of.
pub(super) fn said(value: Value) -> Result<Value, RedisError> {
    value.extract_error()
}

pub(super) fn store_error(error: &RedisError) -> StoreError {
    match error.code() {
        Some("OOM") => StoreError::Full,
        _ => outage(error).into(),
    }
}

pub(super) fn outage(error: &RedisError) -> Outage {
    match error.code() {
        Some("READONLY" | "MISCONF" | "NOREPLICAS") => return Outage::ReadOnly,
        Some("NOAUTH" | "WRONGPASS") => return Outage::Denied,
        _ if is_forbidden(error) => return Outage::Denied,
        // Starting, stopping, at another script; or, from the fourth on, a cluster that is being rearranged.
        Some("LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" | "MOVED" | "ASK") => {
            return Outage::NotReady;
        }
        // It became a replica while we waited for it.
        Some("UNBLOCKED") => return Outage::ReadOnly,
        Some("WRONGTYPE" | "FOREIGN") => return Outage::Foreign,
        Some("ERR") if details(error, "max number of clients") => return Outage::NotReady,
        // No password is configured, or too many were wrong.
        Some("ERR") if details(error, "AUTH") => return Outage::Denied,
        // Who has not said who it is may not even say much: the server hangs up before it gets to NOAUTH.
        Some("ERR") if details(error, "Protocol error: unauthenticated") => {
            return Outage::Denied;
        }
        _ => {}
    }
    if error.kind() == ErrorKind::AuthenticationFailed {
        Outage::Denied
    } else if error.is_timeout() {
        Outage::TimedOut
    } else if error.is_io_error() {
        Outage::Unreachable
    } else {
        tracing::error!(kind = ?error.kind(), code = error.code(), "the store gave an answer that makes no sense");
        Outage::Malformed
    }
}

fn details(error: &RedisError, words: &str) -> bool {
    error.detail().is_some_and(|detail| detail.contains(words))
}

/// Whether a server lacks the database that was selected.
pub(super) fn lacks_database(error: &RedisError) -> bool {
    details(error, "DB index")
}

/// Whether a server lacks the script that it was asked to run.
pub(super) fn lacks_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// Why a server is the wrong one, or its connection, if that is what it says: a primary no more, or not told who we are.
pub(super) fn misplaced(value: &Value) -> Option<Outage> {
    let Value::ServerError(error) = value else { return None };
    match error.code() {
        "READONLY" | "UNBLOCKED" => Some(Outage::ReadOnly),
        "NOAUTH" => Some(Outage::Denied),
        _ => None,
    }
}

/// Whether it is our user who lacks a right: to the call, or to what a script does in it.
pub(super) fn is_forbidden(error: &RedisError) -> bool {
    let in_script = ["The user executing the script can't", "ACL failure in script"];
    error.code() == Some("NOPERM") || in_script.iter().any(|words| details(error, words))
}
