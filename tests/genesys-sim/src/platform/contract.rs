//! The platform contract's letter: turns a request into a command, or says how it breaks the contract.

use std::collections::BTreeMap;

use axum::{body::Bytes, http::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Route, contract, platform::route::PlatformResource, refusal::Refusal};

/// The longest text that any messenger but SMS takes.
const MAX_TEXT: usize = 2000;
const MAX_BULK: usize = 1000;

/// What a well-formed platform call asks for.
#[derive(Debug)]
pub(crate) enum PlatformCommand {
    Read,
    ReadConversation,
    ReadMessage {
        message_id: String,
        in_conversation: bool,
        normalized: bool,
    },
    ReadMessages {
        message_ids: Vec<String>,
        normalized: bool,
    },
    Agentless(Agentless),
    WriteAsUser,
    SetAttributes {
        participant_id: String,
        attributes: BTreeMap<String, String>,
        echo: bool,
    },
    ListCustomAttributes,
    ReadCustomAttributes {
        record_id: String,
    },
    WriteCustomAttributes {
        body: CustomWrite,
        replace: bool,
    },
    /// A call that can end something, and whether it does.
    Disconnect {
        route: Route,
        participant_id: Option<String>,
        ends: bool,
    },
    ThreadingTimeline,
    TokensMe,
    AvailableTopics,
}

/// The body of an agentless message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Agentless {
    pub(crate) from_address: String,
    pub(crate) external_contact_id: Option<String>,
    to_address: Option<String>,
    to_address_messenger_type: String,
    pub(crate) text_body: Option<String>,
    #[serde(default)]
    pub(crate) use_existing_active_conversation: bool,
}

/// The body of a PUT or PATCH of custom attributes; `schemaId` is of PUT alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CustomWrite {
    pub(crate) id: String,
    pub(crate) custom_attributes: Map<String, Value>,
    #[serde(default)]
    pub(crate) divisions: Vec<String>,
    pub(crate) version: Option<i64>,
    pub(crate) schema_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdditionalMessage {
    text_body: String,
    #[serde(default, rename = "mediaIds")]
    _media_ids: Vec<String>,
}

/// Reads a call of `route` by the letter.
pub(crate) fn parse(
    resource: PlatformResource<'_>,
    route: Route,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<PlatformCommand, Refusal> {
    let normalized = read_query(route, query)?;
    let part = || resource.part_id().unwrap_or_default().to_owned();
    let in_conversation = route == Route::PlatformMessageRead;
    let command = match route {
        Route::PlatformConversationRead => PlatformCommand::ReadConversation,
        Route::PlatformMessageDetails | Route::PlatformMessageRead => {
            PlatformCommand::ReadMessage { message_id: part(), in_conversation, normalized }
        }
        Route::PlatformMessagesBulk => {
            let message_ids: Vec<String> = json(headers, body)?;
            if message_ids.len() > MAX_BULK {
                return Err(Refusal::bad_request(format!("at most {MAX_BULK} message ids")));
            }
            return Ok(PlatformCommand::ReadMessages { message_ids, normalized });
        }
        Route::PlatformAgentless => return json::<Agentless>(headers, body)?.check().map(PlatformCommand::Agentless),
        Route::PlatformCommunicationMessage => {
            check_text(&json::<AdditionalMessage>(headers, body)?.text_body)?;
            return Ok(PlatformCommand::WriteAsUser);
        }
        Route::PlatformAttributes | Route::PlatformMediaAttributes => {
            let attributes = json::<Attributes>(headers, body)?.attributes;
            let echo = route == Route::PlatformMediaAttributes;
            return Ok(PlatformCommand::SetAttributes { participant_id: part(), attributes, echo });
        }
        Route::PlatformCustomAttributesPut | Route::PlatformCustomAttributesPatch => {
            let body: CustomWrite = json(headers, body)?;
            let replace = route == Route::PlatformCustomAttributesPut;
            if !replace && body.schema_id.is_some() {
                return Err(Refusal::bad_request("a PATCH has no schemaId"));
            }
            return Ok(PlatformCommand::WriteCustomAttributes { body, replace });
        }
        Route::PlatformParticipantPatch
        | Route::PlatformCommunicationPatch
        | Route::PlatformMessageConversationPatch => {
            let change: Map<String, Value> = json(headers, body)?;
            let ends = change.get("state").is_some_and(|state| state == "disconnected");
            let participant_id = resource.part_id().map(str::to_owned);
            return Ok(PlatformCommand::Disconnect { route, participant_id, ends });
        }
        Route::PlatformDisconnect | Route::PlatformConversationDelete => {
            PlatformCommand::Disconnect { route, participant_id: None, ends: true }
        }
        Route::PlatformCustomAttributesList => PlatformCommand::ListCustomAttributes,
        Route::PlatformCustomAttributesRead => PlatformCommand::ReadCustomAttributes { record_id: part() },
        Route::PlatformThreadingTimeline => PlatformCommand::ThreadingTimeline,
        Route::PlatformTokensMe => PlatformCommand::TokensMe,
        Route::PlatformAvailableTopics => PlatformCommand::AvailableTopics,
        _ => PlatformCommand::Read,
    };
    if body.is_empty() { Ok(command) } else { Err(Refusal::bad_request("this call has no body")) }
}

/// Checks the query against the parameters of `route`; returns `useNormalizedMessage`.
fn read_query(route: Route, query: Option<&str>) -> Result<bool, Refusal> {
    let known: &[&str] = match route {
        Route::PlatformMessageDetails
        | Route::PlatformMessageRead
        | Route::PlatformMessagesBulk
        | Route::PlatformCommunicationMessage
        | Route::PlatformAgentless => &["useNormalizedMessage"],
        Route::PlatformTokensMe => &["preserveIdleTTL"],
        Route::PlatformAvailableTopics => &["expand", "includePreview"],
        _ => &[],
    };
    let mut normalized = false;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if !known.contains(&&*name) {
            return Err(Refusal::bad_request(format!("this call has no query parameter {name}")));
        }
        if name != "expand" && !["true", "false"].contains(&&*value) {
            return Err(Refusal::bad_request(format!("{name} must be true or false")));
        }
        normalized |= name == "useNormalizedMessage" && value == "true";
    }
    Ok(normalized)
}

fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    contract::json(headers, body)
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.is_empty() || text.chars().count() > MAX_TEXT {
        return Err(Refusal::bad_request(format!("textBody must have 1 to {MAX_TEXT} characters")));
    }
    Ok(())
}

// === impl Agentless ===

impl Agentless {
    /// What can be told without knowing the conversations.
    fn check(self) -> Result<Self, Refusal> {
        if self.to_address_messenger_type != "webmessaging" {
            return Err(Refusal::bad_request("toAddressMessengerType must be webmessaging here"));
        }
        if self.to_address.is_some() {
            return Err(Refusal::bad_request("toAddress cannot be used for webmessaging, use externalContactId"));
        }
        if self.external_contact_id.is_none() {
            return Err(Refusal::bad_request("externalContactId is required for webmessaging"));
        }
        check_text(self.text_body.as_deref().unwrap_or_default())?;
        Ok(self)
    }
}
