//! The OAuth exchange that makes a token: the client credentials grant at the login host of the region.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};
use url::Url;

use super::Token;
use crate::genesys::answer::Answer;
use crate::genesys::client::Http;
use crate::genesys::operation::Operation;
use crate::genesys::{Settings, join, observe};
use crate::ports::{Entropy, UpstreamError};

/// The longest life Genesys gives a token.
const MAX_LIFE_SECONDS: u64 = 172_800;

/// Makes tokens, without memory of those it made.
pub(super) struct Mint {
    http: Http,
    url: Url,
    client_id: String,
    client_secret: SecretString,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

// === impl Mint ===

impl Mint {
    pub(super) fn new(settings: Settings, http: Http) -> Self {
        Self {
            http,
            url: join(&settings.login_url, ["oauth", "token"]),
            client_id: settings.client_id,
            client_secret: settings.client_secret,
        }
    }

    /// Makes a token, in several tries if it must. Each try is bounded by the settings' timeout; who waits for it has a
    /// deadline of its own.
    pub(super) async fn make(&self, entropy: &dyn Entropy) -> Result<Token, UpstreamError> {
        let mut tried = 1;
        let mut correlation_id = None;
        let result = loop {
            let error = match self.try_once(&mut correlation_id).await {
                Ok(token) => break Ok(token),
                Err(error) => error,
            };
            let Some(wait) = Operation::Token.wait(&error, tried, entropy.unit()) else {
                break Err(error);
            };
            tried += 1;
            sleep(wait).await;
        };
        observe::mint(&result);
        match &result {
            Ok(_) => {}
            Err(UpstreamError::Unauthorized) => error!(
                login = self.url.host_str(),
                correlation_id,
                "login refuses our credentials: check that the login host is that of the client's region, and its id and secret"
            ),
            Err(error) => warn!(login = self.url.host_str(), correlation_id, %error, "no token is to be had"),
        }
        result
    }

    /// Leaves in `correlation_id` how Genesys' support finds the try.
    async fn try_once(&self, correlation_id: &mut Option<String>) -> Result<Token, UpstreamError> {
        let request = self
            .http
            .request(Method::POST, self.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))
            .form(&[("grant_type", "client_credentials")]);
        let asked = Instant::now();
        let answer = self.http.exchange(request, asked + self.http.timeout()).await;
        let result = answer.as_ref().map_err(Clone::clone).and_then(|answer| understand(answer, asked));
        *correlation_id = answer.as_ref().ok().and_then(Answer::correlation_id).map(str::to_owned);
        observe::exchange(Operation::Token, asked.elapsed(), answer.as_ref().ok(), &result);
        result
    }
}

/// `asked` is when the token was asked for: its life began no earlier.
fn understand(answer: &Answer, asked: Instant) -> Result<Token, UpstreamError> {
    // Login speaks OAuth: a wrong secret or region is a 400 as often as a 401.
    if answer.status().as_u16() == 400
        && answer.body_as::<Refused>()?.is_some_and(|refused| refused.error == "invalid_client")
    {
        return Err(UpstreamError::Unauthorized);
    }
    let granted: Granted = answer.json()?;
    if granted.access_token.is_empty() || granted.expires_in == 0 {
        return Err(UpstreamError::Malformed("it holds no usable token"));
    }
    let mut header = HeaderValue::try_from(format!("Bearer {}", granted.access_token))
        .map_err(|_| UpstreamError::Malformed("it holds a token no header can carry"))?;
    header.set_sensitive(true);
    Ok(Token::new(header, asked, Duration::from_secs(granted.expires_in.min(MAX_LIFE_SECONDS))))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    fn outcome(status: u16, body: &str) -> Result<(), UpstreamError> {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer::new(status, HeaderMap::new(), Ok(body.to_owned().into()), Timestamp::UNIX_EPOCH);
        understand(&answer, Instant::now()).map(|_| ())
    }

    #[tokio::test]
    async fn only_a_usable_token_is_taken() {
        assert_eq!(outcome(200, r#"{"access_token": "t", "expires_in": 86400, "token_type": "bearer"}"#), Ok(()));
        assert_eq!(outcome(200, &format!(r#"{{"access_token": "t", "expires_in": {}}}"#, u64::MAX)), Ok(()));
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"access_token": "t"}"#,
            r#"{"access_token": "t", "expires_in": "86400"}"#,
            r#"{"access_token": "t", "expires_in": -1}"#,
            r#"{"access_token": "t", "expires_in": 0}"#,
            r#"{"access_token": "", "expires_in": 86400}"#,
            r#"{"access_token": null, "expires_in": 86400}"#,
            r#"{"access_token": "a\nb", "expires_in": 86400}"#,
        ] {
            assert!(matches!(outcome(200, body), Err(UpstreamError::Malformed(_))), "{body}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_from_a_fault_of_ours() {
        assert_eq!(outcome(400, r#"{"error": "invalid_client"}"#), Err(UpstreamError::Unauthorized));
        assert_eq!(outcome(401, "anything"), Err(UpstreamError::Unauthorized));
        assert_eq!(outcome(400, r#"{"error": "invalid_request"}"#), Err(UpstreamError::Rejected { status: 400 }));
        assert_eq!(outcome(400, "<html>"), Err(UpstreamError::Rejected { status: 400 }));
    }

    #[tokio::test]
    async fn a_token_never_prints_itself() {
        let body = r#"{"access_token": "s3cret", "expires_in": 60}"#.to_owned();
        let answer = Answer::new(StatusCode::OK, HeaderMap::new(), Ok(body.into()), Timestamp::UNIX_EPOCH);
        let token = understand(&answer, Instant::now()).unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
