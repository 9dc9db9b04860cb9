//! Transfers, of which the events of queues tell nothing: whether what is known of the legs leaves them open.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::parts::{KnownLeg, KnownTransfer, Told};
use crate::domain::legs::{Disconnect, LegState, Purpose, TransferState};

/// Whether there may be a transfer under way that nobody told of, or one that was under way may be over: only a read can tell.
pub(super) fn is_unclear(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    is_overtaken(legs, transfers) || is_untold(legs, transfers)
}

/// A transfer was under way when it was told of, and an agent or a queue has come, taken it or gone since.
fn is_overtaken(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    let others = legs.values().filter(|leg| matches!(leg.part.purpose, Purpose::Agent | Purpose::Acd));
    let changed = others.filter_map(|leg| leg.changed).max();
    let mut pending = transfers.values().filter(|transfer| transfer.state == TransferState::Pending);
    pending.any(|transfer| transfer.told() < changed)
}

/// An agent handed over, nobody has taken it since, and the legs alone do not show that it is on its way and where to.
fn is_untold(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    let agents = || legs.values().filter(|leg| leg.part.purpose == Purpose::Agent);
    let gone = || agents().filter(|leg| leg.doing.state == LegState::Ended);
    let Some(from) = gone().filter(|leg| how(leg) == Some(Disconnect::Transfer)).max_by_key(|leg| leg.ended) else {
        return false;
    };
    if agents().any(|leg| leg.started > from.started && took(leg)) {
        return false;
    }
    let user = fact(from.user_id.as_ref());
    if transfers.values().any(|told| fact(told.from_user.as_ref()) == user && told.issued >= from.started) {
        return false;
    }
    let waits = |leg: &KnownLeg| {
        leg.part.purpose == Purpose::Acd && leg.doing.state != LegState::Ended && leg.queue_id.is_some()
    };
    // One who was only offered it has left later, and hides that it was handed over.
    gone().any(|leg| leg.ended > from.ended) || !legs.values().any(waits)
}

fn took(leg: &KnownLeg) -> bool {
    match leg.doing.state {
        LegState::Connected | LegState::Parked => true,
        LegState::Ended => !matches!(how(leg), Some(Disconnect::NoAnswer | Disconnect::NotAvailable)),
        LegState::Alerting | LegState::Unknown => false,
    }
}

fn how(leg: &KnownLeg) -> Option<Disconnect> {
    leg.disconnect.as_ref().map(|told| told.fact)
}

fn fact(told: Option<&Told<String>>) -> Option<&str> {
    told.map(|told| told.fact.as_str())
}

// === impl KnownTransfer ===

impl KnownTransfer {
    /// When it was last told of.
    fn told(&self) -> Option<Timestamp> {
        [&self.from_user, &self.to_user, &self.to_queue].into_iter().flatten().map(|told| told.at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ConversationId;
    use crate::domain::legs::{Leg, Legs, Transfer};
    use crate::domain::mirror::entry::Entry;
    use crate::domain::mirror::{MaxAge, News};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn leg(id: &str, purpose: Purpose, started: i64) -> Leg {
        Leg {
            id: id.to_owned(),
            purpose,
            state: LegState::Connected,
            disconnect: None,
            started: Some(at(started)),
            ended: None,
            changed: Some(at(started)),
            user_id: Some(id.to_owned()),
            queue_id: Some("queue".to_owned()),
            contact_id: None,
        }
    }

    fn over(leg: Leg, how: Disconnect, ended: i64) -> Leg {
        let ended = Some(at(ended));
        Leg { state: LegState::Ended, disconnect: Some(how), ended, changed: ended, ..leg }
    }

    /// Maria takes it at 1 and hands it over at 10.
    fn handed_over() -> Vec<Leg> {
        let maria = over(leg("maria", Purpose::Agent, 1), Disconnect::Transfer, 10);
        vec![leg("ana", Purpose::Customer, 0), maria]
    }

    fn and(mut legs: Vec<Leg>, more: impl IntoIterator<Item = Leg>) -> Vec<Leg> {
        legs.extend(more);
        legs
    }

    fn acd() -> Leg {
        leg("acd", Purpose::Acd, 10)
    }

    fn maria_s(state: TransferState) -> Transfer {
        Transfer {
            id: "t".to_owned(),
            state,
            issued: Some(at(9)),
            from_user: Some("maria".to_owned()),
            to_user: None,
            to_queue: Some("queue".to_owned()),
        }
    }

    /// What is told, and when: by a topic, or with a transfer by a read.
    fn is_enough(told: impl IntoIterator<Item = (i64, Vec<Leg>, Option<Transfer>)>) -> bool {
        let (mut entry, chat) = (Entry::default(), ConversationId::parse("chat").unwrap());
        for (of, all, transfer) in told {
            let legs = Legs {
                conversation: chat.clone(),
                all,
                transfers: transfer.into_iter().collect(),
                attributes: BTreeMap::new(),
            };
            entry.take(&News::Whole { legs, as_of: at(of), feed: None }, at(of));
        }
        entry.recall(&chat, None, MaxAge::both(std::time::Duration::from_hours(1)), at(100)).fresh.is_some()
    }

    #[test]
    fn whether_a_transfer_that_was_read_goes_on_is_not_told_by_topics() {
        let pending = || (11, and(handed_over(), [acd()]), Some(maria_s(TransferState::Pending)));
        assert!(is_enough([pending()]));
        let said = Leg { changed: Some(at(20)), ..leg("ana", Purpose::Customer, 0) };
        let meanwhile = and(vec![said], handed_over().into_iter().skip(1).chain([acd()]));
        assert!(is_enough([pending(), (20, meanwhile, None)]), "the customer wrote");
        let taken = || and(handed_over(), [over(acd(), Disconnect::Transfer, 20), leg("tom", Purpose::Agent, 20)]);
        assert!(!is_enough([pending(), (20, taken(), None)]));
        assert!(is_enough([pending(), (20, taken(), None), (21, taken(), Some(maria_s(TransferState::Over)))]));
        assert!(is_enough([pending(), (21, taken(), Some(maria_s(TransferState::Pending)))]), "it was read again");
    }

    #[test]
    fn that_it_was_handed_over_is_told_by_legs_only_while_it_waits_and_nobody_was_offered_it() {
        let tom = || leg("tom", Purpose::Agent, 15);
        let passed = || and(handed_over(), [acd(), over(tom(), Disconnect::NoAnswer, 20)]);
        for (legs, enough) in [
            (handed_over(), false),
            (and(handed_over(), [acd()]), true),
            (and(handed_over(), [acd(), Leg { state: LegState::Alerting, ..tom() }]), true),
            (passed(), false),
            (and(handed_over(), [tom()]), true),
            (and(handed_over(), [over(tom(), Disconnect::Inactivity, 20)]), true),
            (and(handed_over(), [over(tom(), Disconnect::Transfer, 20)]), false),
            (vec![leg("ana", Purpose::Customer, 0), leg("maria", Purpose::Agent, 1)], true),
        ] {
            assert_eq!(is_enough([(20, legs.clone(), None)]), enough, "{legs:?}");
        }
        for state in [TransferState::Pending, TransferState::Over] {
            assert!(is_enough([(21, passed(), Some(maria_s(state)))]), "{state:?}: it was read");
        }
    }
}
