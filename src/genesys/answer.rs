//! What came back from Genesys, and what it says of itself.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error_body::ErrorBody;
use crate::ports::UpstreamError;

const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
const RATE_LIMIT_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const RATE_LIMIT_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// Longest wait believed. Genesys names hours when a daily limit is used up; nothing plans further ahead than this.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// One answer, whatever its status.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// A body may fail where the status says enough.
    body: Result<Bytes, UpstreamError>,
    /// When it came, by our clock.
    received: Timestamp,
}

/// A refusal that only an operator can mend.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The call is one for people who signed in.
    NeedsUser,
    /// These permissions are missing, as far as Genesys names them.
    Lacks(String),
}

// === impl Answer ===

impl Answer {
    pub(super) fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Result<Bytes, UpstreamError>,
        received: Timestamp,
    ) -> Self {
        Self { status, headers, body, received }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The time at Genesys.
    pub(super) fn date(&self) -> Option<Timestamp> {
        http_date(self.header(&DATE)?)
    }

    /// The time at Genesys, or ours where it does not tell.
    pub(super) fn time(&self) -> Timestamp {
        self.date().unwrap_or(self.received)
    }

    /// What Genesys' support asks for.
    pub(super) fn correlation_id(&self) -> Option<&str> {
        self.header(&CORRELATION_ID)
    }

    /// Nothing if the status is a success, else what it means.
    pub(super) fn check(&self) -> Result<(), UpstreamError> {
        if self.status.is_success() { Ok(()) } else { Err(self.error()) }
    }

    /// Nothing if Genesys took a write: a success whose body is Genesys', or none. A proxy's page says nothing of the write.
    pub(super) fn acknowledges(&self) -> Result<(), UpstreamError> {
        self.check()?;
        match &self.body {
            Ok(body) if body.is_empty() => Ok(()),
            _ => self.json::<serde_json::Map<String, Value>>().map(|_| ()),
        }
    }

    /// The body of a success.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, UpstreamError> {
        self.check()?;
        self.body_as().and_then(|parsed| parsed.ok_or(UpstreamError::Malformed("it is not the expected json")))
    }

    /// The body, whatever the status: nothing if it is not of this shape.
    pub(super) fn body_as<T: DeserializeOwned>(&self) -> Result<Option<T>, UpstreamError> {
        let body = self.body.as_ref().map_err(Clone::clone)?;
        // Genesys answers with objects. An array would be taken for one whose fields stand in order.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        Ok(serde_json::from_slice(body).ok().filter(|_| is_object))
    }

    /// What a status means that is no success.
    fn error(&self) -> UpstreamError {
        match self.status.as_u16() {
            400 => self.bad_request(),
            401 => UpstreamError::Unauthorized,
            403 => UpstreamError::Forbidden,
            404 => self.not_found(),
            // A gateway that gave up waiting: what lies behind it may have done the work.
            408 => UpstreamError::Timeout,
            409 => UpstreamError::Conflict,
            429 => UpstreamError::RateLimited { retry_after: self.retry_after().or_else(|| self.limit_reset()) },
            status @ 400..=499 => UpstreamError::Rejected { status },
            status @ 500.. => UpstreamError::Server { status, retry_after: self.retry_after() },
            _ => UpstreamError::Malformed("it is neither a success nor an error"),
        }
    }

    /// Two kinds of 400 say nothing of what was sent.
    fn bad_request(&self) -> UpstreamError {
        match self.body_as::<ErrorBody>() {
            Ok(Some(body)) if body.is_version_mismatch() => UpstreamError::Conflict,
            Ok(Some(body)) if body.needs_user() => UpstreamError::Forbidden,
            _ => UpstreamError::Rejected { status: 400 },
        }
    }

    /// What an operator has to mend, if that is why the call was refused.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let body = || self.body_as::<ErrorBody>().ok().flatten();
        match self.status.as_u16() {
            400 if body()?.needs_user() => Some(Refusal::NeedsUser),
            403 => Some(Refusal::Lacks(body().map(|body| body.permissions().join(", ")).unwrap_or_default())),
            _ => None,
        }
    }

    fn not_found(&self) -> UpstreamError {
        match self.body_as::<ErrorBody>() {
            Ok(Some(body)) if body.is_genesys_404() => UpstreamError::NotFound,
            Ok(_) => UpstreamError::Malformed("404 that is not from genesys"),
            Err(error) => error,
        }
    }

    /// Seconds, or a date; anything else is as good as absent.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.header(&RETRY_AFTER)?;
        let wait = if let Ok(seconds) = text.parse() {
            Duration::from_secs(seconds)
        } else {
            // Compared on the clock that wrote it, if that one tells the time.
            let now = self.date().unwrap_or(self.received);
            Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or_default()
        };
        Some(wait.min(MAX_RETRY_AFTER))
    }

    /// Of the requests a minute that the token may make: those allowed, and those counted so far.
    pub(super) fn rate(&self) -> Option<(u64, u64)> {
        let number = |name| self.header(name)?.parse().ok();
        number(&RATE_LIMIT_ALLOWED).zip(number(&RATE_LIMIT_COUNT))
    }

    fn limit_reset(&self) -> Option<Duration> {
        let seconds = self.header(&RATE_LIMIT_RESET)?.parse().ok()?;
        Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(HeaderName, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let received = "2024-05-15T14:00:00Z".parse().unwrap();
        Answer::new(StatusCode::from_u16(status).unwrap(), headers, Ok(body.to_owned().into()), received)
    }

    #[test]
    fn each_status_has_its_error() {
        for (status, error) in [
            (302, UpstreamError::Malformed("it is neither a success nor an error")),
            (400, UpstreamError::Rejected { status: 400 }),
            (401, UpstreamError::Unauthorized),
            (403, UpstreamError::Forbidden),
            (404, UpstreamError::Malformed("404 that is not from genesys")),
            (405, UpstreamError::Rejected { status: 405 }),
            (408, UpstreamError::Timeout),
            (409, UpstreamError::Conflict),
            (429, UpstreamError::RateLimited { retry_after: None }),
            (500, UpstreamError::Server { status: 500, retry_after: None }),
            (599, UpstreamError::Server { status: 599, retry_after: None }),
        ] {
            assert_eq!(answer(status, &[], "").check(), Err(error), "{status}");
        }
        assert_eq!(answer(204, &[], "").check(), Ok(()));
    }

    #[test]
    fn two_kinds_of_bad_request_are_told_apart() {
        let refused = |message: &str| answer(400, &[], &serde_json::json!({"message": message}).to_string());
        let stale = refused("Version 1 does not match the current version 2");
        assert_eq!((stale.check(), stale.refusal()), (Err(UpstreamError::Conflict), None));
        let unfit = refused("This request requires a user context.");
        assert_eq!((unfit.check(), unfit.refusal()), (Err(UpstreamError::Forbidden), Some(Refusal::NeedsUser)));
        let other = refused("textBody is too long");
        assert_eq!((other.check(), other.refusal()), (Err(UpstreamError::Rejected { status: 400 }), None));
    }

    #[test]
    fn a_missing_permission_is_named_where_genesys_names_it() {
        for (body, named) in [
            (r#"{"message": "missing: conversation:message:create"}"#, "conversation:message:create"),
            (r#"{"message": "no"}"#, ""),
            ("<html>403</html>", ""),
        ] {
            assert_eq!(answer(403, &[], body).refusal(), Some(Refusal::Lacks(named.to_owned())), "{body}");
        }
        assert_eq!(answer(404, &[], "{}").refusal(), None);
    }

    #[test]
    fn only_genesys_can_say_that_something_does_not_exist() {
        let genesys = [r#"{"code": "not.found"}"#, r#"{"status": 404, "message": "gone"}"#];
        let others = ["", "<html>404</html>", "{}", "[]", "null", "404", r#"{"status": "404"}"#, r#"{"code": 404}"#];
        for body in genesys {
            assert_eq!(answer(404, &[], body).check(), Err(UpstreamError::NotFound), "{body}");
        }
        for body in others {
            let error = UpstreamError::Malformed("404 that is not from genesys");
            assert_eq!(answer(404, &[], body).check(), Err(error), "{body}");
        }
    }

    #[test]
    fn only_an_object_is_an_answer() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Named {
            id: String,
        }
        let read = |body| answer(200, &[], body).json::<Named>();
        assert_eq!(read(" {\"id\": \"a\"}"), Ok(Named { id: "a".to_owned() }));
        assert!(read("[\"a\"]").is_err());
    }

    #[test]
    fn waits_are_understood_bounded_or_ignored() {
        let date = (DATE, "Wed, 15 May 2024 15:00:00 GMT");
        for (text, seconds) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("999999999", Some(3600)),
            ("Wed, 15 May 2024 15:00:30 GMT", Some(30)),
            ("Wed, 15 May 2024 14:59:30 GMT", Some(0)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("99999999999999999999999", None),
        ] {
            let wait = answer(429, &[date.clone(), (RETRY_AFTER, text)], "").retry_after();
            assert_eq!(wait, seconds.map(Duration::from_secs), "{text}");
        }
        let undated = answer(503, &[(RETRY_AFTER, "Wed, 15 May 2024 14:00:05 GMT")], "");
        assert_eq!(undated.retry_after(), Some(Duration::from_secs(5)), "our clock stands in");
    }

    #[test]
    fn a_rate_limit_without_a_wait_names_its_reset() {
        let limited = |headers: &[_]| answer(429, headers, "").check();
        let after = |seconds| Err(UpstreamError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) });
        assert_eq!(limited(&[(RATE_LIMIT_RESET, "31")]), after(31));
        assert_eq!(limited(&[(RATE_LIMIT_RESET, "31"), (RETRY_AFTER, "2")]), after(2));
    }

    #[test]
    fn the_date_is_genesys_own_or_none() {
        let date = |text| answer(200, &[(DATE, text)], "").date();
        assert_eq!(date("Wed, 15 May 2024 15:00:00 GMT"), Some("2024-05-15T15:00:00Z".parse().unwrap()));
        assert_eq!(date("Thu, 15 May 2024 15:00:00 GMT"), None, "a Wednesday");
        assert_eq!(date("yesterday"), None);
    }
}
