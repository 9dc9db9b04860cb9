//! The names of events.

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic<'a> {
    /// `v2.detail.events.conversation.{id}.{kind}`
    Detail {
        /// The conversation. Rules and triggers of the platform leave it at the word `{id}`.
        id: &'a str,
        /// Such as `customer.end`.
        kind: &'a str,
    },
    /// `v2.webmessaging.deployments.{id}.undelivered.messages`
    Undelivered,
    /// `v2.routing.queues.{id}.conversations.messages`
    Queue,
    /// Anything else.
    Other,
}

// === impl Topic ===

impl<'a> Topic<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let detail = name.strip_prefix("v2.detail.events.conversation.").and_then(|rest| rest.split_once('.'));
        if let Some((id, kind)) = detail {
            return Self::Detail { id, kind };
        }
        let within = |before: &str, after: &str| {
            name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|id| !id.is_empty())
        };
        if within("v2.webmessaging.deployments.", ".undelivered.messages") {
            Self::Undelivered
        } else if within("v2.routing.queues.", ".conversations.messages") {
            Self::Queue
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_told_apart_exactly() {
        for (name, expected) in [
            ("v2.detail.events.conversation.2f7b.customer.end", Topic::Detail { id: "2f7b", kind: "customer.end" }),
            ("v2.detail.events.conversation.{id}.acw", Topic::Detail { id: "{id}", kind: "acw" }),
            ("v2.detail.events.conversation.2f7b.", Topic::Detail { id: "2f7b", kind: "" }),
            ("v2.detail.events.conversation.2f7b", Topic::Other),
            ("V2.detail.events.conversation.2f7b.acw", Topic::Other),
            ("v2.detail.events.conversations.2f7b.acw", Topic::Other),
            ("v2.webmessaging.deployments.d.undelivered.messages", Topic::Undelivered),
            ("v2.webmessaging.deployments.undelivered.messages", Topic::Other),
            ("v2.webmessaging.deployments.d.undelivered.messages.x", Topic::Other),
            ("v2.routing.queues.q.conversations.messages", Topic::Queue),
            ("v2.routing.queues..conversations.messages", Topic::Other),
            ("v2.routing.queues.q.conversations.calls", Topic::Other),
            ("v2.users.u.presence", Topic::Other),
            ("", Topic::Other),
        ] {
            assert_eq!(Topic::of(name), expected, "{name}");
        }
    }
}
