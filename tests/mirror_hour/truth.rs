//! What was true of every conversation and when: derived from what the platform would have shown at that very moment.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::decision::{Decision, Request, decide};
use session_resumption::domain::derive::derive;
use session_resumption::domain::ids::{ConversationId, Pair};
use session_resumption::domain::legs::Legs;
use session_resumption::domain::policy::Policy;

/// All of it.
pub(crate) struct Truth {
    policy: Policy,
    timeline: Duration,
    /// Since when it stood so.
    stood: HashMap<ConversationId, Vec<(Timestamp, Legs)>>,
}

/// What an answer comes to for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Back { status: String, route: &'static str, agent: Option<String>, queue: Option<String>, target: Option<String> },
    StartOver,
}

// === impl Truth ===

impl Truth {
    pub(crate) fn new(policy: Policy, timeline: Duration) -> Self {
        Self { policy, timeline, stood: HashMap::new() }
    }

    /// From here on it stands so.
    pub(crate) fn note(&mut self, legs: Legs, now: Timestamp) {
        self.stood.entry(legs.conversation.clone()).or_default().push((now, legs));
    }

    /// All that was true at some instant of a time, the last of it last.
    pub(crate) fn within(&self, pair: &Pair, from: Timestamp, to: Timestamp) -> Vec<Decision> {
        let stood = &self.stood[&pair.conversation];
        let ends = stood.iter().skip(1).map(|(since, _)| *since).chain([Timestamp::MAX]);
        // What began and ended within the first instant was true at it, too.
        let touching =
            stood.iter().zip(ends).filter(|((since, _), end)| *since <= to && (from < *end || from == *since));
        let judged = touching.flat_map(|((since, legs), end)| {
            // Time alone can end one too: both of its ends count.
            [from.max(*since), to.min(end)].map(|at| self.judge(pair, legs, at))
        });
        judged.collect()
    }

    /// Whether whoever listens to these queues is told of what happens to it next.
    pub(crate) fn is_followed(&self, pair: &Pair, queues: &[String]) -> bool {
        let latest = self.stood[&pair.conversation].last();
        latest.is_some_and(|(_, legs)| legs.is_followed(|queue| queues.iter().any(|followed| followed == queue)))
    }

    fn judge(&self, pair: &Pair, legs: &Legs, at: Timestamp) -> Decision {
        let snapshot = derive(legs, self.timeline, at);
        let request = Request { participant: &pair.participant, held: Duration::ZERO };
        decide(&self.policy, Some(&snapshot), request, at).unwrap()
    }
}

// === impl Outcome ===

impl Outcome {
    pub(crate) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Resumable(back) => Self::Back {
                status: back.status.clone(),
                route: back.route.wire(),
                agent: back.agent_id.clone(),
                queue: back.queue_id.clone(),
                target: back.target_queue_id.clone(),
            },
            Decision::NewRoutingRequired(_) => Self::StartOver,
        }
    }
}
