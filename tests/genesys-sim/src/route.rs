//! The calls of the contract, and which one a request is.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use crate::{ReadMethod, platform::route::PlatformResource};

const MESSAGING: &str = "/api/v2/conversations/messaging/";

/// One call of the contract; faults are scripted and the ledger is kept by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// `POST /oauth/token`
    Token,
    /// `POST` (or `GET`) of the conversation
    Read,
    /// `PATCH` of the conversation
    Patch,
    /// `POST .../messages`
    PostMessage,
    /// `GET .../messages`
    Transcript,
    /// `GET /conversations/messages/{id}` of the platform
    PlatformRead,
    /// `GET /conversations/{id}`
    PlatformConversationRead,
    /// `GET /conversations/messages/{messageId}/details`
    PlatformMessageDetails,
    /// `GET /conversations/messages/{id}/messages/{messageId}`
    PlatformMessageRead,
    /// `POST /conversations/messages/{id}/messages/bulk`
    PlatformMessagesBulk,
    /// `POST /conversations/messages/{id}/communications/{id}/messages`
    PlatformCommunicationMessage,
    /// `POST /conversations/messages/agentless`
    PlatformAgentless,
    /// `PATCH /conversations/{id}/participants/{id}/attributes`
    PlatformAttributes,
    /// `PATCH /conversations/messages/{id}/participants/{id}/attributes`
    PlatformMediaAttributes,
    /// `GET /conversations/{id}/customattributes`
    PlatformCustomAttributesList,
    /// `GET /conversations/{id}/customattributes/{id}`
    PlatformCustomAttributesRead,
    /// `PUT /conversations/{id}/customattributes`
    PlatformCustomAttributesPut,
    /// `PATCH /conversations/{id}/customattributes`
    PlatformCustomAttributesPatch,
    /// `PATCH /conversations/messages/{id}`, destructive
    PlatformMessageConversationPatch,
    /// `PATCH /conversations/messages/{id}/participants/{id}`, destructive
    PlatformParticipantPatch,
    /// `PATCH /conversations/messages/{id}/participants/{id}/communications/{id}`, destructive
    PlatformCommunicationPatch,
    /// `POST /conversations/{id}/disconnect`, destructive
    PlatformDisconnect,
    /// `DELETE /conversations/{id}`, destructive
    PlatformConversationDelete,
    /// `GET /conversations/messaging/threadingtimeline`
    PlatformThreadingTimeline,
    /// `GET /tokens/me`
    PlatformTokensMe,
    /// `GET /notifications/availabletopics`
    PlatformAvailableTopics,
    /// `GET` and `POST /notifications/channels`
    PlatformChannels,
    /// Any method of `/notifications/channels/{id}/subscriptions`
    PlatformSubscriptions,
    /// `GET /webmessaging/messages`, which guests ask
    GuestHistory,
    /// Every call but [`Route::Token`]; for fault scripts, never in the ledger.
    AnyApi,
}

/// What a path names, whatever the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    Token,
    Conversation(&'a str),
    Messages(&'a str),
    Platform(PlatformResource<'a>),
}

// === impl Route ===

impl Route {
    /// Whether a script for `self` applies to a call of `route`.
    pub(crate) fn covers(self, route: Route) -> bool {
        self == route || (self == Route::AnyApi && route != Route::Token)
    }

    /// Whether the call is there to end a conversation or one of its legs.
    pub(crate) fn is_destructive(self) -> bool {
        matches!(
            self,
            Self::PlatformMessageConversationPatch
                | Self::PlatformParticipantPatch
                | Self::PlatformCommunicationPatch
                | Self::PlatformDisconnect
                | Self::PlatformConversationDelete
        )
    }
}

// === impl Resource ===

impl<'a> Resource<'a> {
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        if path == "/oauth/token" {
            return Some(Self::Token);
        }
        if let Some(resource) = PlatformResource::of(path) {
            return Some(Self::Platform(resource));
        }
        match path.strip_prefix(MESSAGING)?.split('/').collect::<Vec<_>>()[..] {
            ["", ..] => None,
            [id] => Some(Self::Conversation(id)),
            [id, "messages"] => Some(Self::Messages(id)),
            _ => None,
        }
    }

    pub(crate) fn conversation_id(self) -> Option<&'a str> {
        match self {
            Self::Token => None,
            Self::Conversation(id) | Self::Messages(id) => Some(id),
            Self::Platform(resource) => resource.conversation_id(),
        }
    }

    /// Whether a call on it is answered before its work is done.
    pub(crate) fn settles_later(self) -> bool {
        matches!(self, Self::Platform(PlatformResource::Attributes(..) | PlatformResource::MediaAttributes(..)))
    }

    /// The call that `method` on this resource is, if it is one.
    pub(crate) fn route(self, method: &Method, read: ReadMethod) -> Option<Route> {
        match (self, method) {
            (Self::Token, &Method::POST) => Some(Route::Token),
            (Self::Conversation(_), &Method::PATCH) => Some(Route::Patch),
            (Self::Conversation(_), method) if method == read.as_method() => Some(Route::Read),
            (Self::Messages(_), &Method::POST) => Some(Route::PostMessage),
            (Self::Messages(_), &Method::GET) => Some(Route::Transcript),
            (Self::Platform(resource), method) => resource.route(method),
            _ => None,
        }
    }

    /// The `Allow` header of an answer to any other method.
    pub(crate) fn allow(self, read: ReadMethod) -> String {
        let allowed = match (self, read) {
            (Self::Platform(resource), _) => return resource.allow(),
            (Self::Token, _) => "POST",
            (Self::Conversation(_), ReadMethod::Post) => "POST, PATCH",
            (Self::Conversation(_), ReadMethod::Get) => "GET, PATCH",
            (Self::Messages(_), _) => "GET, POST",
        };
        allowed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contracts_paths_name_something() {
        let root = "/api/v2/conversations/messaging/";
        for (path, resource) in [
            ("/oauth/token".to_owned(), Some(Resource::Token)),
            (format!("{root}c1"), Some(Resource::Conversation("c1"))),
            (format!("{root}c1/messages"), Some(Resource::Messages("c1"))),
            (root.to_owned(), None),
            (format!("{root}c1/"), None),
            (format!("{root}/messages"), None),
            (format!("{root}c1/messages/"), None),
            (format!("{root}c1/participants"), None),
            ("/api/v2/conversations/c1/messages".to_owned(), None),
            ("/oauth/token/".to_owned(), None),
        ] {
            assert_eq!(Resource::of(&path), resource, "{path}");
        }
    }

    #[test]
    fn any_api_covers_all_but_the_token() {
        assert!(Route::AnyApi.covers(Route::Read));
        assert!(!Route::AnyApi.covers(Route::Token));
        assert!(Route::Patch.covers(Route::Patch));
        assert!(!Route::Patch.covers(Route::Read));
    }
}
