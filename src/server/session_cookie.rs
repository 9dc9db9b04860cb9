//! `/session`: a browser keeps its token in a cookie that no script can read.
//!
//! `POST` trades a token for the cookie, and the cookie for a fresh one; `DELETE` ends the token's line and takes the cookie away.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::access::{COOKIE, unauthenticated};
use super::connect;
use crate::auth::{Identified, SessionToken};
use crate::domain::error::{Error, Reason};
use crate::domain::principal::{Identity, Principal, Role};
use crate::layers::deadline::Deadline;
use crate::service::Caller;
use crate::service::sessions::{Issued, Renewal, Sessions};

/// What the cookie is made of.
#[derive(Debug, Clone)]
pub struct Cookies {
    /// The use cases of its tokens.
    pub sessions: Sessions,
    /// From where a browser sends it along, as the attribute has it.
    pub same_site: &'static str,
    /// How long it is kept: as long as its token still counts for something.
    pub kept_for: Duration,
}

/// The route.
pub(super) fn router(cookies: Cookies) -> Router {
    Router::new().route("/session", post(keep).delete(forget).fallback(neither)).with_state(cookies)
}

async fn neither() -> Response {
    let answer =
        connect::answer(Error::new(Reason::MalformedRequest, "a session is kept by POST and forgotten by DELETE"));
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, HeaderValue::from_static("POST, DELETE"))], answer).into_response()
}

async fn keep(State(cookies): State<Cookies>, head: Parts) -> Response {
    match cookies.token(&head).await {
        Ok((token, expires)) => cookies.set(&token, expires),
        Err(error) => connect::answer(error),
    }
}

/// Whoever shows no good token has nothing to end, and may lose the cookie all the same.
async fn forget(State(cookies): State<Cookies>, head: Parts) -> Response {
    if let Some(Identified { identity: Identity::Known(principal), session_token: Some(token) }) = identified(&head)
        && let Err(error) = cookies.sessions.forget(principal, token.line).await
    {
        return connect::answer(error);
    }
    cookies.answer(StatusCode::NO_CONTENT, "", Duration::ZERO)
}

impl Cookies {
    /// The token to keep, and until when it is good.
    async fn token(&self, head: &Parts) -> Result<(String, Timestamp), Error> {
        let Some(Identified { identity: Identity::Known(principal), session_token: shown }) = identified(head) else {
            return Err(unauthenticated("show a browser's token that is good; a site's backend can get a new one"));
        };
        let (Role::Browser, Some(bound)) = (principal.role, &principal.bound) else {
            return Err(Error::new(Reason::PermissionDenied, "only a browser keeps a session in a cookie"));
        };
        match shown {
            Some(token) => self.renewed(principal, token, head).await,
            // Of another issuer: it begins a line of ours.
            None => self.sessions.issue(&caller(principal, head), bound).await.map(told),
        }
    }

    async fn renewed(
        &self,
        principal: &Principal,
        shown: &SessionToken,
        head: &Parts,
    ) -> Result<(String, Timestamp), Error> {
        match self.sessions.refresh(principal, shown.line, shown.generation).await? {
            Renewal::Fresh(issued) => Ok(told(issued)),
            Renewal::Keep => {
                let token = super::access::session_token(&head.headers);
                token.map(|token| (token.to_owned(), shown.expires)).ok_or_else(ended)
            }
            Renewal::Refused => Err(ended()),
        }
    }

    fn set(&self, token: &str, expires: Timestamp) -> Response {
        let mut answer = self.answer(StatusCode::OK, token, self.kept_for);
        *answer.body_mut() = Json(json!({"expireTime": expires.to_string()})).into_response().into_body();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }

    /// An answer that sets the cookie, and that nobody keeps.
    fn answer(&self, status: StatusCode, value: &str, kept_for: Duration) -> Response {
        let (same_site, age) = (self.same_site, kept_for.as_secs());
        let cookie = format!("{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={age}");
        let mut response = status.into_response();
        // A token is letters, digits and three signs.
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn told(issued: Issued) -> (String, Timestamp) {
    (issued.token, issued.expires)
}

fn ended() -> Error {
    unauthenticated("the session's tokens have ended; a site's backend can begin new ones")
}

fn identified(head: &Parts) -> Option<&Identified> {
    head.extensions.get()
}

fn caller(principal: &Principal, head: &Parts) -> Caller {
    let deadline = head.extensions.get::<Deadline>().map_or_else(Instant::now, |deadline| deadline.0);
    Caller { principal: principal.clone(), deadline, gone: CancellationToken::new() }
}
