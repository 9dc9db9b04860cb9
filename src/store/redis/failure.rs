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
        Some("NOAUTH" | "WRONGPASS" | "NOPERM") => return Outage::Denied,
        // The last four: the cluster is being rearranged, or we have not heard of it yet.
        Some("LOADING" | "BUSY" | "MASTERDOWN" | "UNKILLABLE") => return Outage::NotReady,
        Some("TRYAGAIN" | "CLUSTERDOWN" | "MOVED" | "ASK") => return Outage::NotReady,
        // A failover that the server was told of in the middle of a WAIT or a blocked call.
        Some("UNBLOCKED") => return Outage::ReadOnly,
        Some("WRONGTYPE" | "FOREIGN") => return Outage::Foreign,
        Some("ERR") if details(error, "max number of clients") => return Outage::NotReady,
        // No password is configured, or no such database, or too many wrong passwords.
        Some("ERR") if details(error, "AUTH") || details(error, "DB index") => return Outage::Denied,
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

/// Whether a server lacks the script that it was asked to run.
pub(super) fn lacks_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// Whether it may be well with another server, or another connection to this one.
pub(super) fn wants_another(outage: Outage) -> bool {
    match outage {
        Outage::Unreachable | Outage::TimedOut | Outage::ReadOnly | Outage::Denied | Outage::Untrusted => true,
        Outage::NotReady | Outage::Foreign | Outage::Malformed | Outage::NotReplicated => false,
    }
}
