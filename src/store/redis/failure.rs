//! What a failed call of the server means. Its own words stay behind: they may quote what was sent.

use redis::{ErrorKind, RedisError};

use crate::ports::{Outage, StoreError};

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
        Some("LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN") => return Outage::NotReady,
        Some("WRONGTYPE" | "FOREIGN") => return Outage::Foreign,
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
