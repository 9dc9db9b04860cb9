//! The paths of the platform's API, and which call a method on one of them is.

use axum::http::Method;

use crate::Route;

/// What a platform path names, whatever the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlatformResource<'a> {
    MessageConversation(&'a str),
    Conversation(&'a str),
    MessageDetails(&'a str),
    Message(&'a str, &'a str),
    MessagesBulk(&'a str),
    CommunicationMessages(&'a str),
    Agentless,
    Attributes(&'a str, &'a str),
    MediaAttributes(&'a str, &'a str),
    Participant(&'a str, &'a str),
    Communication(&'a str, &'a str),
    Disconnect(&'a str),
    CustomAttributes(&'a str),
    CustomAttributesRecord(&'a str, &'a str),
    ThreadingTimeline,
    TokensMe,
    AvailableTopics,
}

// === impl PlatformResource ===

impl<'a> PlatformResource<'a> {
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let segments = path.strip_prefix("/api/v2/")?.split('/').collect::<Vec<_>>();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let resource = match segments[..] {
            ["tokens", "me"] => Self::TokensMe,
            ["notifications", "availabletopics"] => Self::AvailableTopics,
            ["conversations", "messaging", "threadingtimeline"] => Self::ThreadingTimeline,
            ["conversations", "messages", "agentless"] => Self::Agentless,
            ["conversations", "messages", id] => Self::MessageConversation(id),
            ["conversations", "messages", id, "details"] => Self::MessageDetails(id),
            ["conversations", "messages", id, "messages", "bulk"] => Self::MessagesBulk(id),
            ["conversations", "messages", id, "messages", message] => Self::Message(id, message),
            ["conversations", "messages", id, "communications", _, "messages"] => Self::CommunicationMessages(id),
            ["conversations", "messages", id, "participants", leg] => Self::Participant(id, leg),
            ["conversations", "messages", id, "participants", leg, "attributes"] => Self::MediaAttributes(id, leg),
            ["conversations", "messages", id, "participants", leg, "communications", _] => Self::Communication(id, leg),
            // These name collections and other families, never a conversation.
            ["conversations", "messages" | "messaging" | "participants", ..] => return None,
            ["conversations", id] => Self::Conversation(id),
            ["conversations", id, "disconnect"] => Self::Disconnect(id),
            ["conversations", id, "participants", leg, "attributes"] => Self::Attributes(id, leg),
            ["conversations", id, "customattributes"] => Self::CustomAttributes(id),
            ["conversations", id, "customattributes", record] => Self::CustomAttributesRecord(id, record),
            _ => return None,
        };
        Some(resource)
    }

    pub(crate) fn conversation_id(self) -> Option<&'a str> {
        match self {
            Self::MessageConversation(id)
            | Self::Conversation(id)
            | Self::Message(id, _)
            | Self::MessagesBulk(id)
            | Self::CommunicationMessages(id)
            | Self::Attributes(id, _)
            | Self::MediaAttributes(id, _)
            | Self::Participant(id, _)
            | Self::Communication(id, _)
            | Self::Disconnect(id)
            | Self::CustomAttributes(id)
            | Self::CustomAttributesRecord(id, _) => Some(id),
            Self::MessageDetails(_)
            | Self::Agentless
            | Self::ThreadingTimeline
            | Self::TokensMe
            | Self::AvailableTopics => None,
        }
    }

    /// What the path names beside the conversation: a message, a participant or a record.
    pub(crate) fn part_id(self) -> Option<&'a str> {
        match self {
            Self::MessageDetails(part)
            | Self::Message(_, part)
            | Self::Attributes(_, part)
            | Self::MediaAttributes(_, part)
            | Self::Participant(_, part)
            | Self::Communication(_, part)
            | Self::CustomAttributesRecord(_, part) => Some(part),
            _ => None,
        }
    }

    /// The calls on it.
    fn calls(self) -> &'static [(Method, Route)] {
        const GET: Method = Method::GET;
        const POST: Method = Method::POST;
        const PATCH: Method = Method::PATCH;
        match self {
            Self::MessageConversation(_) => {
                &[(GET, Route::PlatformRead), (PATCH, Route::PlatformMessageConversationPatch)]
            }
            Self::Conversation(_) => {
                &[(GET, Route::PlatformConversationRead), (Method::DELETE, Route::PlatformConversationDelete)]
            }
            Self::MessageDetails(_) => &[(GET, Route::PlatformMessageDetails)],
            Self::Message(..) => &[(GET, Route::PlatformMessageRead)],
            Self::MessagesBulk(_) => &[(POST, Route::PlatformMessagesBulk)],
            Self::CommunicationMessages(_) => &[(POST, Route::PlatformCommunicationMessage)],
            Self::Agentless => &[(POST, Route::PlatformAgentless)],
            Self::Attributes(..) => &[(PATCH, Route::PlatformAttributes)],
            Self::MediaAttributes(..) => &[(PATCH, Route::PlatformMediaAttributes)],
            Self::Participant(..) => &[(PATCH, Route::PlatformParticipantPatch)],
            Self::Communication(..) => &[(PATCH, Route::PlatformCommunicationPatch)],
            Self::Disconnect(_) => &[(POST, Route::PlatformDisconnect)],
            Self::CustomAttributes(_) => &[
                (GET, Route::PlatformCustomAttributesList),
                (Method::PUT, Route::PlatformCustomAttributesPut),
                (PATCH, Route::PlatformCustomAttributesPatch),
            ],
            Self::CustomAttributesRecord(..) => &[(GET, Route::PlatformCustomAttributesRead)],
            Self::ThreadingTimeline => &[(GET, Route::PlatformThreadingTimeline)],
            Self::TokensMe => &[(GET, Route::PlatformTokensMe)],
            Self::AvailableTopics => &[(GET, Route::PlatformAvailableTopics)],
        }
    }

    pub(crate) fn route(self, method: &Method) -> Option<Route> {
        self.calls().iter().find(|(of, _)| of == method).map(|(_, route)| *route)
    }

    /// The `Allow` header of an answer to any other method.
    pub(crate) fn allow(self) -> String {
        self.calls().iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_paths_name_what_they_should() {
        for (path, resource) in [
            ("messages/c1", Some(PlatformResource::MessageConversation("c1"))),
            ("messages/agentless", Some(PlatformResource::Agentless)),
            ("messages/m1/details", Some(PlatformResource::MessageDetails("m1"))),
            ("messages/c1/messages/bulk", Some(PlatformResource::MessagesBulk("c1"))),
            ("messages/c1/messages/m1", Some(PlatformResource::Message("c1", "m1"))),
            ("messages/c1/participants/p1/attributes", Some(PlatformResource::MediaAttributes("c1", "p1"))),
            ("messaging/threadingtimeline", Some(PlatformResource::ThreadingTimeline)),
            ("c1", Some(PlatformResource::Conversation("c1"))),
            ("c1/participants/p1/attributes", Some(PlatformResource::Attributes("c1", "p1"))),
            ("c1/customattributes", Some(PlatformResource::CustomAttributes("c1"))),
            ("messages", None),
            ("messages/", None),
            ("messages//details", None),
            ("messaging/c1", None),
            ("messages/c1/participants/p1/replace", None),
        ] {
            assert_eq!(PlatformResource::of(&format!("/api/v2/conversations/{path}")), resource, "{path}");
        }
    }
}
