//! The contract's letter: turns a request into a command, or says how it breaks the contract.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Author, Route,
    answer::Answer,
    platform::contract::{self as platform, PlatformCommand},
    refusal::Refusal,
    route::Resource,
};

/// `request.bytes.max` of the platform.
pub(crate) const MAX_BODY: usize = 512_000;
const MAX_TEXT: usize = 4096;

/// What a well-formed call asks for.
#[derive(Debug)]
pub(crate) enum Command {
    IssueToken(Credentials),
    Read,
    Patch(Patch),
    Post(Post),
    ReadTranscript,
    Platform(PlatformCommand),
}

/// `client_id:client_secret`, as Basic authentication carries it.
#[derive(Debug)]
pub(crate) struct Credentials(pub(crate) Vec<u8>);

/// The body of a PATCH.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) custom_attributes: BTreeMap<String, String>,
}

/// The body of a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Post {
    pub(crate) author_id: String,
    #[serde(rename = "type")]
    pub(crate) author: Author,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) to: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Reads a call of `route` by the letter.
pub(crate) fn parse(
    resource: Resource<'_>,
    route: Route,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Command, Refusal> {
    if body.len() > MAX_BODY {
        let message = format!("The request is over the size limit. Maximum bytes: {MAX_BODY}");
        return Err(Refusal::violation(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, message.clone()), message));
    }
    if let Resource::Platform(resource) = resource {
        return platform::parse(resource, route, query, headers, body).map(Command::Platform);
    }
    if query.is_some() {
        return Err(Refusal::bad_request("the contract has no query parameters"));
    }
    match route {
        Route::Token => grant(headers, body).map(Command::IssueToken),
        Route::Patch => json(headers, body).map(Command::Patch),
        Route::PostMessage => json(headers, body).and_then(Post::check).map(Command::Post),
        Route::Transcript => bodiless(headers, body).map(|()| Command::ReadTranscript),
        _ => bodiless(headers, body).map(|()| Command::Read),
    }
}

/// The bearer token of an API call.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    text(headers, &AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| Refusal { violation: Some("no bearer token".to_owned()), ..Refusal::bad_credentials() })
}

/// A client credentials grant, refused in OAuth's words.
fn grant(headers: &HeaderMap, body: &[u8]) -> Result<Credentials, Refusal> {
    let refuse = |status, why: &str| Refusal::violation(Answer::oauth_error(status, why), why);
    if media_type(headers) != Some("application/x-www-form-urlencoded") {
        return Err(refuse(StatusCode::BAD_REQUEST, "the token request must be form-encoded"));
    }
    let grants: Vec<_> = form_urlencoded::parse(body).filter(|(name, _)| name == "grant_type").collect();
    if !matches!(grants.as_slice(), [(_, grant)] if grant == "client_credentials") {
        return Err(refuse(StatusCode::BAD_REQUEST, "grant_type must be client_credentials"));
    }
    text(headers, &AUTHORIZATION)
        .and_then(|value| BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok())
        .map(Credentials)
        .ok_or_else(|| refuse(StatusCode::UNAUTHORIZED, "no Basic credentials"))
}

/// A JSON body.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    if media_type(headers) != Some("application/json") {
        let why = "Content-Type must be application/json";
        return Err(Refusal::violation(Answer::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, why), why));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(format!("bad body: {error}")))
}

/// A read: it accepts JSON and carries nothing, or an object with nothing in it.
fn bodiless(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    accepts_json(headers)?;
    if body.is_empty() { Ok(()) } else { json::<Nothing>(headers, body).map(drop) }
}

fn accepts_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = ranges.flat_map(|value| value.split(',')).map(essence);
    if types.any(|essence| essence == "application/json") {
        return Ok(());
    }
    Err(Refusal::bad_request("Accept must name application/json"))
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    text(headers, &CONTENT_TYPE).map(essence)
}

/// A media type without its parameters.
fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

// === impl Post ===

impl Post {
    /// What can be told without knowing the conversation.
    fn check(self) -> Result<Self, Refusal> {
        if self.text.is_empty() || self.text.chars().count() > MAX_TEXT {
            return Err(Refusal::bad_request(format!("text must have 1 to {MAX_TEXT} characters")));
        }
        match self.author {
            Author::System if self.author_id != "system" => {
                Err(Refusal::bad_request("authorId of a system message must be system"))
            }
            Author::Agent => Err(Refusal::bad_request("type must be customer or system")),
            Author::Customer | Author::System => Ok(self),
        }
    }
}
