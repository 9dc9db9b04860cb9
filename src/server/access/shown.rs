//! What the headers of a request show of its caller.

use http::header::{self, AUTHORIZATION};
use http::{HeaderMap, HeaderName};
use rustls::pki_types::CertificateDer;

use crate::auth::Shown;

/// The session's cookie. Its prefix makes browsers keep it to this host, whole, and to TLS.
pub(in crate::server) const COOKIE: &str = "__Host-session";

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Headers that should show a caller and cannot be read: it is not guessed which of them is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The credentials of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credentials<'a> {
    bearer: Option<&'a str>,
    api_key: Option<&'a str>,
    cookie: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, Unreadable> {
        let authorization = only(headers, &AUTHORIZATION)?;
        let bearer = authorization.map(bearer).transpose()?;
        Ok(Self { bearer, api_key: only(headers, &API_KEY)?, cookie: cookie(headers)? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bearer.is_none() && self.api_key.is_none() && self.cookie.is_none()
    }

    /// What may be a session token, the one shown on purpose first.
    pub(super) fn session_token(self) -> Option<&'a str> {
        self.bearer.or(self.cookie)
    }

    /// What is looked at: the cookie only if it came from a page that may send it.
    pub(super) fn shown(self, certificates: &'a [CertificateDer<'static>], with_cookie: bool) -> Shown<'a> {
        let Self { bearer, api_key, cookie } = self;
        Shown { bearer, api_key, cookie: cookie.filter(|_| with_cookie), certificates }
    }
}

/// The one value of a header.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Unreadable> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Unreadable),
        (Some(_), Some(_)) => Err(Unreadable),
    }
}

fn bearer(authorization: &str) -> Result<&str, Unreadable> {
    let (scheme, token) = authorization.split_once(' ').ok_or(Unreadable)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim_matches(' ')) } else { Err(Unreadable) }
}

/// The session's cookie among all of them. HTTP/2 may spread them over several lines.
fn cookie(headers: &HeaderMap) -> Result<Option<&str>, Unreadable> {
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        // Other cookies may hold what they like.
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let Some(value) = pair.strip_prefix(COOKIE.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) else {
                continue;
            };
            let value = std::str::from_utf8(value).map_err(|_| Unreadable)?;
            if found.is_some_and(|other| other != value) {
                return Err(Unreadable);
            }
            found = Some(value);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn credentials_are_read_and_never_guessed() {
        let (none, token) = ((None, None, None), Some("t"));
        for (lines, expected) in [
            (&[][..], Ok(none)),
            (&[("authorization", "Bearer t")], Ok((token, None, None))),
            (&[("authorization", "bearer   t ")], Ok((token, None, None))),
            (&[("authorization", "Bearer")], Err(Unreadable)),
            (&[("authorization", "Basic dTpw")], Err(Unreadable)),
            (&[("authorization", "t")], Err(Unreadable)),
            (&[("authorization", "Bearer t"), ("authorization", "Bearer t")], Err(Unreadable)),
            (&[("authorization", "Bearer \u{e9}")], Err(Unreadable)),
            (&[("x-api-key", "t")], Ok((None, token, None))),
            (&[("x-api-key", "t"), ("x-api-key", "u")], Err(Unreadable)),
            (&[("cookie", "__Host-session=t")], Ok((None, None, token))),
            (&[("cookie", "a=1; __Host-session=t; b")], Ok((None, None, token))),
            (&[("cookie", "a=\u{e9}"), ("cookie", "__Host-session=t")], Ok((None, None, token))),
            (&[("cookie", "__Host-session=t; __Host-session=t")], Ok((None, None, token))),
            (&[("cookie", "__Host-session=t; __Host-session=u")], Err(Unreadable)),
            (&[("cookie", "__Host-session=t"), ("cookie", "__Host-session=u")], Err(Unreadable)),
            (&[("cookie", "__Host-session=\u{e9}")], Ok((None, None, Some("\u{e9}")))),
            (&[("cookie", "__host-session=t; session=t; x__Host-session=t; __Host-sessions=t")], Ok(none)),
            (&[("cookie", "; ;=;")], Ok(none)),
        ] {
            let headers = headers(lines);
            let read = Credentials::of(&headers).map(|read| (read.bearer, read.api_key, read.cookie));
            assert_eq!(read, expected, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_counts_only_from_a_page_that_may_send_it() {
        let headers = headers(&[("cookie", "__Host-session=t")]);
        let credentials = Credentials::of(&headers).unwrap();
        assert_eq!((credentials.shown(&[], true).cookie, credentials.shown(&[], false).cookie), (Some("t"), None));
        assert!(!credentials.is_empty());
    }
}
