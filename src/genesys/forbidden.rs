//! What no call of ours may ever do to a conversation: end it, move it, or speak for a person in it.
//!
//! Genesys has such calls one segment away from those we make, and its credentials know no finer difference. So whatever is asked
//! of conversations has to have one of the shapes below, or it is not sent.

use reqwest::Method;
use url::Url;

use crate::ports::UpstreamError;

/// Names that stand where a conversation's id could: a caller's "conversation" of such a name must not become another resource.
const FAMILIES: &[&str] = &[
    "aftercallwork",
    "callbacks",
    "calls",
    "chats",
    "cobrowse",
    "cobrowsesessions",
    "emails",
    "faxes",
    "keyconfigurations",
    "messages",
    "messaging",
    "participants",
    "recordings",
    "screenshares",
    "settings",
    "socials",
    "videos",
];

/// Fails if the call is none of those that leave a conversation where it is.
pub(super) fn check(method: &Method, url: &Url) -> Result<(), UpstreamError> {
    let segments: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    let Some(at) = segments.iter().position(|segment| *segment == "conversations") else { return Ok(()) };
    if leaves_it_alone(method, &segments[at + 1..]) {
        return Ok(());
    }
    Err(UpstreamError::Withheld("the call could end or move a conversation"))
}

fn leaves_it_alone(method: &Method, rest: &[&str]) -> bool {
    // What is of `messaging` is the guide's own, which the platform does not have.
    match *method {
        Method::GET => true,
        Method::POST => matches!(
            rest,
            ["messages", "agentless"]
                | ["messages", _, "messages", "bulk"]
                | ["messaging", _]
                | ["messaging", _, "messages"]
        ),
        Method::PATCH => match rest {
            ["messaging", _] => true,
            [id, "participants", _, "attributes"] | [id, "customattributes"] => !FAMILIES.contains(id),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sent(method: &Method, path: &str) -> bool {
        check(method, &format!("https://api.example/api/v2/{path}").parse().unwrap()).is_ok()
    }

    #[test]
    fn of_the_platforms_calls_only_those_that_leave_a_conversation_alone_are_sent() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/genesys/openapi-subset.json")).unwrap();
        let mut sent = Vec::new();
        for (path, methods) in schema["paths"].as_object().unwrap() {
            let Some(path) = path.strip_prefix("/api/v2/").filter(|path| path.contains("conversations/")) else {
                continue;
            };
            for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
                let method: Method = method.to_uppercase().parse().unwrap();
                if is_sent(&method, &path.replace(['{', '}'], "")) {
                    sent.push(format!("{method} {path}"));
                }
            }
        }
        assert_eq!(
            sent,
            [
                "POST conversations/messages/agentless",
                "POST conversations/messages/{conversationId}/messages/bulk",
                "PATCH conversations/{conversationId}/customattributes",
                "PATCH conversations/{conversationId}/participants/{participantId}/attributes",
            ]
        );
    }

    #[test]
    fn what_ends_or_moves_is_refused_also_where_the_schema_has_no_word_of_it() {
        for (method, path) in [
            (Method::PATCH, "conversations/messages/c"),
            (Method::PATCH, "conversations/c"),
            (Method::PATCH, "conversations/messages/c/participants/p"),
            (Method::PATCH, "conversations/c/participants/p"),
            (Method::PATCH, "conversations/messages/c/participants/p/communications/k"),
            (Method::PATCH, "conversations/messages/c/participants/p/parkingstate"),
            (Method::PUT, "conversations/c/customattributes"),
            (Method::PUT, "conversations/messaging/threadingtimeline"),
            (Method::DELETE, "conversations/c"),
            (Method::DELETE, "conversations/messages/c"),
            (Method::POST, "conversations/c/disconnect"),
            (Method::POST, "conversations/c/assign"),
            (Method::POST, "conversations/c/barge"),
            (Method::POST, "conversations/messages/c/participants/p/takeover"),
            (Method::POST, "conversations/messages/c/participants/p/replace"),
            (Method::POST, "conversations/c/participants/p/replace/queue"),
            (Method::POST, "conversations/c/participants/p/replace/agent"),
            (Method::POST, "conversations/c/participants/p/transfer"),
            (Method::POST, "conversations/messages/c/communications/k/messages"),
            (Method::POST, "conversations/messages/c/communications/k/typing"),
            (Method::POST, "conversations/messages/i/inbound/open/message"),
            // A participant's attributes of a "conversation" that is a family, and the like.
            (Method::PATCH, "conversations/messages/customattributes"),
            (Method::PATCH, "conversations/calls/participants/p/attributes"),
        ] {
            assert!(!is_sent(&method, path), "{method} {path}");
        }
    }

    #[test]
    fn reads_and_the_calls_of_the_guide_are_sent() {
        for (method, path) in [
            (Method::GET, "conversations/messages/c"),
            (Method::GET, "conversations/messages/m/details"),
            (Method::POST, "conversations/messaging/c"),
            (Method::PATCH, "conversations/messaging/c"),
            (Method::POST, "conversations/messaging/c/messages"),
            (Method::POST, "notifications/channels"),
        ] {
            assert!(is_sent(&method, path), "{method} {path}");
        }
    }
}
