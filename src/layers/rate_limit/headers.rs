//! Where a caller stands, as headers.

use http::{HeaderMap, HeaderName};

use super::Standing;

/// The headers' names: the limit, what is left of it, and the seconds until it is whole again.
pub const NAMES: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];

/// Adds where a caller stands, unless something stricter was told already.
pub(super) fn add(headers: &mut HeaderMap, standing: Standing) {
    let [limit, remaining, reset] = NAMES;
    let told: Option<u32> = headers.get(&remaining).and_then(|value| value.to_str().ok()?.parse().ok());
    if told.is_some_and(|told| told <= standing.remaining) {
        return;
    }
    // Rounded up, so that nobody comes too early.
    let seconds = standing.reset.as_secs() + u64::from(standing.reset.subsec_nanos() > 0);
    headers.insert(limit, standing.limit.into());
    headers.insert(remaining, standing.remaining.into());
    headers.insert(reset, seconds.into());
}
