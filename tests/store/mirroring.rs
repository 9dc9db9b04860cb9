//! What is told of a conversation is recalled for as long as it may be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};
use session_resumption::domain::mirror::entry::UNSEEN_FOR;
use session_resumption::domain::mirror::{Feed, Fresh, MaxAge, News, Recalled};

use crate::crowds::at_once;
use crate::given::{hours, pair, seconds};
use crate::harness::{Harness, Store};

for_every_store!(
    nothing_is_known_of_a_conversation_that_nobody_told_of,
    what_was_told_is_recalled_as_it_was,
    what_was_told_is_recalled_for_a_while,
    a_change_is_joined_with_what_is_known,
    told_once_more_it_changes_nothing,
    in_doubt_nothing_is_recalled_until_it_is_read,
    what_was_not_delivered_is_told_until_the_customer_writes,
    what_was_not_delivered_is_forgotten_after_three_days,
    conversations_are_told_apart,
    of_all_that_is_told_at_once_nothing_is_lost,
);

/// Far longer than a case takes.
pub(crate) const MAX_AGE: Duration = Duration::from_mins(10);

pub(crate) fn chat(name: &str) -> ConversationId {
    pair(name, "ana").conversation
}

/// A leg with every field filled.
pub(crate) fn leg(id: &str, purpose: Purpose, at: Timestamp) -> Leg {
    Leg {
        id: id.to_owned(),
        purpose,
        state: LegState::Connected,
        disconnect: None,
        started: Some(at),
        ended: None,
        changed: Some(at),
        user_id: Some(format!("user of {id}")),
        queue_id: Some("queue \"ü\u{2028}\"\n".to_owned()),
        contact_id: Some("contact".to_owned()),
    }
}

pub(crate) fn legs(name: &str, at: Timestamp) -> Legs {
    let over = Leg {
        state: LegState::Ended,
        disconnect: Some(Disconnect::NoAnswer),
        ended: Some(at),
        ..leg("z-first", Purpose::Agent, at)
    };
    let transfer = Transfer {
        id: "t-1".to_owned(),
        state: TransferState::Pending,
        issued: Some(at),
        from_user: Some("bob".to_owned()),
        to_user: None,
        to_queue: Some("queue-2".to_owned()),
    };
    Legs {
        conversation: chat(name),
        all: vec![over, leg("customer", Purpose::Customer, at), leg("agent", Purpose::Agent, at)],
        transfers: vec![transfer],
        attributes: BTreeMap::from([("Kundenwunsch \"ü\\".to_owned(), "{\"a\": [1, null]}\r\n\t".to_owned())]),
    }
}

pub(crate) fn whole(name: &str, at: Timestamp, feed: Option<Feed>) -> News {
    News::Whole { legs: legs(name, at), as_of: at, feed }
}

pub(crate) fn ended(id: &str, at: Timestamp) -> News {
    let (ended, changed) = (Some(at), Some(at));
    let leg = Leg { state: LegState::Ended, started: None, ended, changed, ..leg(id, Purpose::Agent, at) };
    News::Change { event: format!("end of {id}"), at, leg }
}

fn undelivered(id: &str, at: Timestamp) -> News {
    News::Undelivered { event: format!("event of {id}"), messages: vec![(id.to_owned(), at)] }
}

impl Harness {
    pub(crate) async fn tell(&self, name: &str, news: &News) {
        self.store.tell(&chat(name), news).await.unwrap();
    }

    pub(crate) async fn recall(&self, name: &str) -> Recalled {
        self.store.recall(&chat(name), MaxAge::both(MAX_AGE)).await.unwrap()
    }

    pub(crate) async fn fresh(&self, name: &str) -> Option<Fresh> {
        self.recall(name).await.fresh
    }

    async fn agent(&self) -> Leg {
        let fresh = self.fresh("chat-1").await.unwrap();
        fresh.legs.all.into_iter().find(|leg| leg.id == "agent").unwrap()
    }
}

async fn nothing_is_known_of_a_conversation_that_nobody_told_of(h: &Harness) {
    assert_eq!(h.recall("chat-1").await, Recalled { fresh: None, undelivered: Vec::new() });
}

async fn what_was_told_is_recalled_as_it_was(h: &Harness) {
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    let fresh = h.fresh("chat-1").await.unwrap();
    assert_eq!((fresh.legs, fresh.as_of), (legs("chat-1", at), at));
    assert!((at..=h.now().await).contains(&fresh.now), "{:?}", fresh.now);
}

async fn what_was_told_is_recalled_for_a_while(h: &Harness) {
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    h.advance(MAX_AGE.saturating_sub(seconds(60))).await;
    assert!(h.fresh("chat-1").await.is_some());
    assert_eq!(
        h.store.recall(&chat("chat-1"), MaxAge::both(seconds(1))).await.unwrap().fresh,
        None,
        "the caller asks for younger"
    );
    h.advance(seconds(60)).await;
    h.advance(Duration::from_micros(1)).await;
    assert_eq!(h.fresh("chat-1").await, None);
    h.tell("chat-1", &whole("chat-1", h.now().await, None)).await;
    assert!(h.fresh("chat-1").await.is_some());
}

async fn a_change_is_joined_with_what_is_known(h: &Harness) {
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    h.tell("chat-1", &ended("agent", at)).await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    let agent = h.agent().await;
    assert_eq!((agent.state, agent.started, agent.ended), (LegState::Ended, Some(at), Some(at)));
}

async fn told_once_more_it_changes_nothing(h: &Harness) {
    let at = h.now().await;
    let end = ended("agent", at);
    for news in [whole("chat-1", at, None), end.clone()] {
        h.tell("chat-1", &news).await;
    }
    h.advance(MAX_AGE.saturating_sub(seconds(60))).await;
    let before = h.recall("chat-1").await;
    for _ in 0..2 {
        h.tell("chat-1", &end).await;
    }
    let after = h.recall("chat-1").await;
    let known = |recalled: Recalled| recalled.fresh.map(|fresh| (fresh.legs, fresh.as_of));
    assert_eq!(known(after), known(before));
    h.advance(seconds(60)).await;
    h.advance(Duration::from_micros(1)).await;
    assert_eq!(h.fresh("chat-1").await, None, "nor is it younger");
}

async fn in_doubt_nothing_is_recalled_until_it_is_read(h: &Harness) {
    let at = h.now().await;
    let later = at + SignedDuration::from_micros(1);
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    h.tell("chat-1", &News::Doubt { event: "e-1".to_owned(), at: later }).await;
    assert_eq!(h.fresh("chat-1").await, None);
    h.tell("chat-1", &whole("chat-1", later, None)).await;
    assert!(h.fresh("chat-1").await.is_some());
    h.tell("chat-1", &ended("nobody", later + SignedDuration::from_micros(1))).await;
    assert_eq!(h.fresh("chat-1").await, None);
}

async fn what_was_not_delivered_is_told_until_the_customer_writes(h: &Harness) {
    let at = h.now().await;
    let micros = |micros| at + SignedDuration::from_micros(micros);
    for (id, time) in [("m-2", 2), ("m-1", 1), ("m-3", 3)] {
        h.tell("chat-1", &undelivered(id, micros(time))).await;
    }
    assert_eq!(h.recall("chat-1").await.undelivered, ["m-1", "m-2", "m-3"]);
    h.tell("chat-1", &whole("chat-1", micros(3), None)).await;
    assert_eq!(h.recall("chat-1").await.undelivered, ["m-3"]);
    h.advance(hours(24)).await;
    assert_eq!(h.recall("chat-1").await.undelivered, ["m-3"], "also when the rest is long out of date");
}

async fn what_was_not_delivered_is_forgotten_after_three_days(h: &Harness) {
    let at = h.now().await;
    h.tell("chat-1", &undelivered("m-1", at)).await;
    h.advance(UNSEEN_FOR.saturating_sub(seconds(60))).await;
    assert_eq!(h.recall("chat-1").await.undelivered, ["m-1"]);
    h.advance(seconds(60)).await;
    assert_eq!(h.recall("chat-1").await.undelivered, [""; 0]);
}

async fn conversations_are_told_apart(h: &Harness) {
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    h.tell("chat-2", &undelivered("m-1", at)).await;
    assert_eq!(h.recall("chat-1").await.undelivered, [""; 0]);
    assert_eq!(h.fresh("chat-2").await, None);
}

async fn of_all_that_is_told_at_once_nothing_is_lost(h: &Harness) {
    const CROWD: usize = 40;
    let at = h.now().await;
    let agents = (0..CROWD).map(|n| leg(&format!("agent-{n:02}"), Purpose::Agent, at));
    let all = Legs { all: agents.collect(), ..legs("chat-1", at) };
    h.tell("chat-1", &News::Whole { legs: all, as_of: at, feed: None }).await;
    at_once(h, CROWD, |store: Arc<dyn Store>, n| async move {
        store.tell(&chat("chat-1"), &ended(&format!("agent-{n:02}"), at)).await.unwrap();
    })
    .await;
    let fresh = h.fresh("chat-1").await.unwrap();
    assert_eq!(fresh.legs.all.len(), CROWD);
    assert!(fresh.legs.all.iter().all(|leg| leg.state == LegState::Ended), "{:?}", fresh.legs);
}
