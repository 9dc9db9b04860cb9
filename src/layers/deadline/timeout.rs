//! The `grpc-timeout` header, as the gRPC protocol over HTTP/2 has it.

use std::time::Duration;

use http::HeaderMap;

/// The header's digits; more are malformed.
const MAX_DIGITS: usize = 8;

/// The time a caller gives, if it gives any. A header nobody can read gives none.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 60 * 60),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

/// When to answer at the latest, so that the answer arrives in time: a tenth earlier, at most 10 ms. It is also what keeps
/// tonic's outer timer, set to the full time, from answering `CANCELLED` first.
pub(super) fn answer_before(timeout: Duration) -> Duration {
    timeout.saturating_sub((timeout / 10).min(Duration::from_millis(10)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn reads_every_unit_and_nothing_else() {
        for (text, expected) in [
            ("2H", Some(Duration::from_hours(2))),
            ("1M", Some(Duration::from_mins(1))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("500m", Some(Duration::from_millis(500))),
            ("7u", Some(Duration::from_micros(7))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("+5S", None),
            ("123456789S", None),
            ("5s", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_str(text).unwrap());
            assert_eq!(of(&headers), expected, "{text:?}");
        }
        let mut odd = HeaderMap::new();
        odd.insert("grpc-timeout", HeaderValue::from_bytes(b"5\xc3\xa4").unwrap());
        assert_eq!(of(&odd), None);
    }

    #[test]
    fn answers_a_little_early() {
        assert_eq!(answer_before(Duration::from_secs(1)), Duration::from_millis(990));
        assert_eq!(answer_before(Duration::from_millis(10)), Duration::from_millis(9));
        assert_eq!(answer_before(Duration::ZERO), Duration::ZERO);
    }
}
