//! The headers that tell how long a caller waits, as gRPC over HTTP/2 and Connect have them.

use std::time::Duration;

use http::HeaderMap;

/// The digits of `grpc-timeout`; more are malformed.
const MAX_GRPC_DIGITS: usize = 8;
/// The digits of `connect-timeout-ms`.
const MAX_CONNECT_DIGITS: usize = 10;

/// A timeout that nobody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// The time a caller gives, if it gives any. A header nobody can read gives none.
///
/// Both headers are heeded in either protocol: whoever sends one stops waiting by it.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let both = [grpc(headers), connect(headers).ok().flatten()];
    both.into_iter().flatten().min()
}

/// `Connect-Timeout-Ms`.
pub fn connect(headers: &HeaderMap) -> Result<Option<Duration>, Unreadable> {
    let Some(value) = headers.get("connect-timeout-ms") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| is_number(text, MAX_CONNECT_DIGITS)).ok_or(Unreadable)?;
    text.parse().map(|millis| Some(Duration::from_millis(millis))).or(Err(Unreadable))
}

fn grpc(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !is_number(digits, MAX_GRPC_DIGITS) {
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

fn is_number(text: &str, max_digits: usize) -> bool {
    (1..=max_digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// When to answer at the latest, so that the answer arrives in time, and not after the caller's own timer: a tenth earlier, at most
/// 10 ms.
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
    fn reads_milliseconds_and_tells_what_cannot_be_read() {
        for (text, expected) in [
            ("1", Ok(1)),
            ("0", Ok(0)),
            ("9999999999", Ok(9_999_999_999)),
            ("12345678901", Err(Unreadable)),
            ("", Err(Unreadable)),
            ("-1", Err(Unreadable)),
            ("+1", Err(Unreadable)),
            ("1.5", Err(Unreadable)),
            ("5S", Err(Unreadable)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("connect-timeout-ms", HeaderValue::from_str(text).unwrap());
            assert_eq!(connect(&headers), expected.map(|millis| Some(Duration::from_millis(millis))), "{text:?}");
            assert_eq!(of(&headers), expected.ok().map(Duration::from_millis), "{text:?}");
        }
        assert_eq!(connect(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn the_shorter_of_two_counts() {
        for (grpc, millis, expected) in
            [("1S", "500", 500), ("1S", "2000", 1_000), ("1S", "soon", 1_000), ("soon", "7", 7)]
        {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_static(grpc));
            headers.insert("connect-timeout-ms", HeaderValue::from_static(millis));
            assert_eq!(of(&headers), Some(Duration::from_millis(expected)), "{grpc} {millis}");
        }
    }

    #[test]
    fn answers_a_little_early() {
        assert_eq!(answer_before(Duration::from_secs(1)), Duration::from_millis(990));
        assert_eq!(answer_before(Duration::from_millis(10)), Duration::from_millis(9));
        assert_eq!(answer_before(Duration::ZERO), Duration::ZERO);
    }
}
