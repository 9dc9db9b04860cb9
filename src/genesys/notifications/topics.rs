//! What is subscribed to, on how many channels, and which conversations are told of in full by it.

use std::collections::HashSet;

use super::Listening;
use crate::domain::legs::Legs;

/// The platform's limit of topics on one channel.
pub(super) const PER_CHANNEL: usize = 1000;

/// The platform takes 20 channels of one application and drops the oldest for another. One of them is for renewals: a channel is
/// listened to until its successor is.
pub(super) const CHANNELS: usize = 19;

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// The messaging conversations of a queue.
    Queue(String),
    /// The messages that a deployment's guests did not get.
    Deployment(String),
}

// === impl Topic ===

impl Topic {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let between = |prefix, suffix| name.strip_prefix(prefix)?.strip_suffix(suffix).map(str::to_owned);
        None.or_else(|| between("v2.routing.queues.", ".conversations.messages").map(Self::Queue))
            .or_else(|| between("v2.webmessaging.deployments.", ".undelivered.messages").map(Self::Deployment))
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Queue(id) => format!("v2.routing.queues.{id}.conversations.messages"),
            Self::Deployment(id) => format!("v2.webmessaging.deployments.{id}.undelivered.messages"),
        }
    }
}

/// The topics of each channel, each once, and how many are one channel too many.
pub(super) fn portions(listening: &Listening) -> (Vec<Vec<Topic>>, usize) {
    let queues = listening.queues.iter().cloned().map(Topic::Queue);
    let deployments = listening.deployments.iter().cloned().map(Topic::Deployment);
    let mut seen = HashSet::new();
    let topics: Vec<Topic> = deployments.chain(queues).filter(|topic| seen.insert(topic.clone())).collect();
    let taken = topics.len().min(PER_CHANNEL * CHANNELS);
    (topics[..taken].chunks(PER_CHANNEL).map(<[_]>::to_vec).collect(), topics.len() - taken)
}

/// The queues among these topics.
pub(super) fn queues<'a>(topics: impl IntoIterator<Item = &'a Topic>) -> HashSet<String> {
    let queue = |topic: &Topic| match topic {
        Topic::Queue(id) => Some(id.clone()),
        Topic::Deployment(_) => None,
    };
    topics.into_iter().filter_map(queue).collect()
}

/// Whether the next change of a conversation will be told by these queues' topics: it is in one of them, and neither in another
/// nor on its way there. One that is in no queue changes without any topic of ours saying so: it is over, and may be opened again
/// by a flow.
pub(super) fn covers(queues: &HashSet<String>, legs: &Legs) -> bool {
    legs.is_followed(|queue| queues.contains(queue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ConversationId;
    use crate::domain::legs::{Leg, LegState, Purpose, Transfer, TransferState};

    fn listening(queues: usize, deployments: usize) -> Listening {
        let ids = |kind: &str, count| (0..count).map(|n| format!("{kind}-{n}")).collect();
        Listening { queues: ids("q", queues), deployments: ids("d", deployments), hold: std::time::Duration::ZERO }
    }

    #[test]
    fn a_topic_is_known_by_its_name() {
        for topic in [Topic::Queue("q-1".into()), Topic::Deployment("d-1".into())] {
            assert_eq!(Topic::parse(&topic.name()), Some(topic));
        }
        for name in
            ["", "v2.routing.queues.q-1.users", "v2.users.u.conversations.messages", "v2.routing.queues.messages"]
        {
            assert_eq!(Topic::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_thousand_topics_fill_a_channel_and_nineteen_channels_are_all() {
        let sizes = |queues, deployments| -> (Vec<usize>, usize) {
            let (portions, left) = portions(&listening(queues, deployments));
            (portions.iter().map(Vec::len).collect(), left)
        };
        assert_eq!(sizes(0, 0), (vec![], 0));
        assert_eq!(sizes(999, 1), (vec![1000], 0));
        assert_eq!(sizes(1000, 1), (vec![1000, 1], 0));
        assert_eq!(sizes(19_000, 2), (vec![1000; 19], 2));
        let twice = Listening { queues: vec!["q".into(), "q".into()], ..listening(0, 0) };
        assert_eq!(portions(&twice).0, [[Topic::Queue("q".into())]]);
    }

    fn leg(state: LegState, queue: Option<&str>) -> Leg {
        Leg {
            id: "leg".into(),
            purpose: Purpose::Agent,
            state,
            disconnect: None,
            started: None,
            ended: None,
            changed: None,
            user_id: None,
            queue_id: queue.map(str::to_owned),
            contact_id: None,
        }
    }

    fn legs(all: Vec<Leg>, to_queue: Option<(TransferState, &str)>) -> Legs {
        let transfer = |(state, queue): (TransferState, &str)| Transfer {
            id: "t".into(),
            state,
            issued: None,
            from_user: None,
            to_user: None,
            to_queue: Some(queue.to_owned()),
        };
        let transfers = to_queue.map(transfer).into_iter().collect();
        Legs { conversation: ConversationId::parse("c").unwrap(), all, transfers, attributes: [].into() }
    }

    #[test]
    fn a_conversation_is_covered_while_it_is_in_covered_queues_alone() {
        let queues = HashSet::from(["a".to_owned(), "b".to_owned()]);
        let (live, over) = (LegState::Connected, LegState::Ended);
        let pending = Some((TransferState::Pending, "c"));
        for (all, transfer, covered) in [
            (vec![leg(live, Some("a"))], None, true),
            (vec![leg(live, None), leg(live, Some("a")), leg(LegState::Alerting, Some("b"))], None, true),
            (vec![leg(over, Some("c")), leg(live, Some("a"))], None, true),
            (vec![leg(live, Some("a")), leg(live, Some("c"))], None, false),
            (vec![leg(over, Some("a")), leg(live, None)], None, false),
            (vec![leg(over, Some("a"))], None, false),
            (vec![], None, false),
            (vec![leg(live, Some("a"))], pending, false),
            (vec![leg(live, Some("a"))], Some((TransferState::Over, "c")), true),
            (vec![leg(live, Some("a"))], Some((TransferState::Pending, "b")), true),
        ] {
            let legs = legs(all, transfer);
            assert_eq!(covers(&queues, &legs), covered, "{legs:?}");
        }
    }
}
