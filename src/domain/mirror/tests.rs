//! Each rule by itself. That the order of what is told does not matter is in `tests/mirror/`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::entry::{Entry, KEPT_FOR, MOST_BYTES, MOST_LEGS, MOST_TRANSFERS, MOST_UNSEEN, UNSEEN_FOR, WHOLE_LASTS};
use super::*;
use crate::domain::ids::ConversationId;
use crate::domain::legs::{Disconnect, LegState, Purpose, Transfer, TransferState};

const MAX_AGE: Duration = Duration::from_secs(10);
const FEED: Feed = Feed(7);
const SECOND: i64 = 1_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_000_000 * SECOND + micros).unwrap()
}

fn chat() -> ConversationId {
    ConversationId::parse("chat-1").unwrap()
}

fn leg(id: &str, purpose: Purpose, state: LegState) -> Leg {
    Leg {
        id: id.to_owned(),
        purpose,
        state,
        disconnect: None,
        started: Some(at(0)),
        ended: None,
        changed: Some(at(0)),
        user_id: None,
        queue_id: None,
        contact_id: None,
    }
}

fn customer() -> Leg {
    leg("ana", Purpose::Customer, LegState::Connected)
}

fn agent() -> Leg {
    Leg { user_id: Some("bob".to_owned()), ..leg("agent", Purpose::Agent, LegState::Connected) }
}

/// As an event tells that a leg ended.
fn ended(id: &str, purpose: Purpose, micros: i64) -> Leg {
    let disconnect = Some(Disconnect::Inactivity);
    let (ended, changed) = (Some(at(micros)), Some(at(micros)));
    Leg { disconnect, started: None, ended, changed, ..leg(id, purpose, LegState::Ended) }
}

fn legs(all: Vec<Leg>) -> Legs {
    Legs { conversation: chat(), all, transfers: Vec::new(), attributes: BTreeMap::new() }
}

fn whole(micros: i64, feed: Option<Feed>) -> News {
    News::Whole { legs: legs(vec![customer(), agent()]), as_of: at(micros), feed }
}

fn change(micros: i64, leg: Leg) -> News {
    News::Change { event: "e".to_owned(), at: at(micros), leg }
}

fn doubt(micros: i64) -> News {
    News::Doubt { event: "e".to_owned(), at: at(micros) }
}

fn undelivered(id: &str, micros: i64) -> News {
    News::Undelivered { event: "e".to_owned(), messages: vec![(id.to_owned(), at(micros))] }
}

/// What is told, each at the store's time beside it.
fn told(news: impl IntoIterator<Item = (i64, News)>) -> Entry {
    let mut entry = Entry::default();
    for (now, news) in news {
        entry.take(&news, at(now));
    }
    entry
}

fn recall(entry: &Entry, feed: Option<(Feed, i64)>, now: i64) -> Recalled {
    entry.recall(&chat(), feed.map(|(feed, heard)| (feed, at(heard))), MaxAge::both(MAX_AGE), at(now))
}

fn is_fresh(entry: &Entry, now: i64) -> bool {
    recall(entry, None, now).fresh.is_some()
}

fn is_fresh_in(entry: &Entry, feed: Feed, heard: i64, now: i64) -> bool {
    recall(entry, Some((feed, heard)), now).fresh.is_some()
}

fn state(entry: &Entry, id: &str) -> LegState {
    let fresh = recall(entry, None, SECOND).fresh.unwrap();
    fresh.legs.all.iter().find(|leg| leg.id == id).unwrap().state
}

// === Fresh ===

#[test]
fn without_a_feed_the_last_news_are_young_by_both_clocks() {
    let entry = told([(2 * SECOND, whole(2 * SECOND, None))]);
    assert!(is_fresh(&entry, 12 * SECOND));
    assert!(!is_fresh(&entry, 12 * SECOND + 1));
    for (of, told_at) in [(2 * SECOND, 5 * SECOND), (5 * SECOND, 2 * SECOND)] {
        let entry = told([(told_at, whole(of, None))]);
        assert!(is_fresh(&entry, 12 * SECOND), "the older of {of} and {told_at}");
        assert!(!is_fresh(&entry, 12 * SECOND + 1), "the older of {of} and {told_at}");
    }
}

#[test]
fn a_clock_that_is_ahead_makes_nothing_fresh_for_longer() {
    let entry = told((0..10).map(|second| (second * SECOND, whole(3_600 * SECOND, None))));
    assert!(is_fresh(&entry, 10 * SECOND));
    assert!(!is_fresh(&entry, 10 * SECOND + 1), "told once more, it is as old as before");
    let entry = told([(5 * SECOND, whole(0, None))]);
    assert!(!is_fresh(&entry, 4 * SECOND), "the store's clock was set back");
}

#[test]
fn within_a_feed_it_is_fresh_however_long_nothing_happens() {
    let entry = told([(0, whole(0, Some(FEED)))]);
    for now in [11, 600, 1_790] {
        assert!(is_fresh_in(&entry, FEED, (now - 10) * SECOND, now * SECOND), "{now}");
        assert!(!is_fresh_in(&entry, FEED, (now - 10) * SECOND - 1, now * SECOND), "{now}: it is not heard");
        assert!(!is_fresh_in(&entry, Feed(8), now * SECOND, now * SECOND), "{now}: a gap");
        assert!(!is_fresh_in(&entry, Feed(6), now * SECOND, now * SECOND), "{now}: a feed from before");
        assert!(!is_fresh(&entry, now * SECOND), "{now}: nobody listens");
    }
}

#[test]
fn even_within_a_feed_it_is_read_again_some_time() {
    let lasts = i64::try_from(WHOLE_LASTS.as_micros()).unwrap();
    let entry = told([(0, whole(0, Some(FEED))), (lasts - 11 * SECOND, whole(lasts - 11 * SECOND, None))]);
    assert!(is_fresh_in(&entry, FEED, lasts, lasts));
    assert!(!is_fresh_in(&entry, FEED, lasts, lasts + 1), "what was read apart from the feed does not count for it");
    let entry = told([(0, whole(0, Some(FEED))), (lasts, whole(lasts, Some(FEED)))]);
    assert!(is_fresh_in(&entry, FEED, 2 * lasts, 2 * lasts));
}

#[test]
fn what_is_told_of_it_is_as_late_as_the_whole_that_was_told_last() {
    let entry = told([
        (0, whole(0, None)),
        (2 * SECOND, whole(2 * SECOND, None)),
        (2 * SECOND, whole(SECOND, None)),
        (2 * SECOND, change(SECOND, agent())),
    ]);
    let fresh = recall(&entry, None, 3 * SECOND).fresh.unwrap();
    assert_eq!((fresh.as_of, fresh.now), (at(2 * SECOND), at(3 * SECOND)));
}

// === Enough ===

#[test]
fn nothing_is_enough_but_the_whole_conversation() {
    assert_eq!(recall(&Entry::default(), None, 0), Recalled { fresh: None, undelivered: Vec::new() });
    assert!(!is_fresh(&told([(0, change(0, customer())), (0, change(0, agent()))]), 0));
    assert!(!is_fresh(&told([(0, undelivered("m-1", 0))]), 0));
}

#[test]
fn in_doubt_nothing_is_fresh_until_the_whole_is_told_anew() {
    let mut entry = told([(0, whole(0, Some(FEED))), (SECOND, doubt(SECOND)), (SECOND, whole(SECOND - 1, Some(FEED)))]);
    assert!(!is_fresh(&entry, SECOND));
    assert!(!is_fresh_in(&entry, FEED, SECOND, SECOND));
    entry.take(&whole(SECOND, None), at(2 * SECOND));
    assert!(is_fresh_in(&entry, FEED, 2 * SECOND, 2 * SECOND));
    entry.take(&doubt(SECOND), at(2 * SECOND));
    assert!(is_fresh(&entry, 2 * SECOND), "an old doubt is over");
}

#[test]
fn a_change_of_one_leg_is_a_doubt_until_the_whole_is_told() {
    let end = || change(SECOND, ended("agent", Purpose::Agent, SECOND));
    let mut entry = told([(0, whole(0, Some(FEED))), (SECOND, end())]);
    assert!(!is_fresh_in(&entry, FEED, SECOND, SECOND), "whoever comes next is told of by another event");
    assert!(!is_fresh(&entry, SECOND));
    entry.take(&whole(SECOND - 1, Some(FEED)), at(SECOND));
    assert!(!is_fresh_in(&entry, FEED, SECOND, SECOND), "it was before");
    entry.take(&whole(SECOND, Some(FEED)), at(SECOND));
    assert!(is_fresh_in(&entry, FEED, SECOND, SECOND));
    entry.take(&end(), at(2 * SECOND));
    assert!(is_fresh_in(&entry, FEED, 2 * SECOND, 2 * SECOND), "it only came late");
}

// === Joined ===

#[test]
fn a_leg_that_ended_stays_ended() {
    let end = change(SECOND, ended("agent", Purpose::Agent, SECOND));
    let entry =
        told([(0, whole(0, None)), (SECOND, end), (SECOND, whole(SECOND - 1, None)), (SECOND, whole(SECOND, None))]);
    let fresh = recall(&entry, None, SECOND).fresh.unwrap();
    let agent = fresh.legs.all.get(1).unwrap();
    assert_eq!((agent.state, agent.ended), (LegState::Ended, Some(at(SECOND))));
    assert_eq!(
        (agent.started, agent.user_id.as_deref()),
        (Some(at(0)), Some("bob")),
        "what an event leaves out is not lost"
    );
    assert_eq!(agent.disconnect, Some(Disconnect::Inactivity));
}

#[test]
fn between_connected_and_parked_the_later_decides() {
    let of = |state, micros| {
        let leg = Leg { changed: Some(at(micros)), ..leg("agent", Purpose::Agent, state) };
        News::Whole { legs: legs(vec![leg]), as_of: at(10), feed: None }
    };
    for (earlier, later) in [(LegState::Connected, LegState::Parked), (LegState::Parked, LegState::Connected)] {
        assert_eq!(state(&told([(0, of(earlier, 1)), (0, of(later, 2))]), "agent"), later);
        assert_eq!(state(&told([(0, of(later, 2)), (0, of(earlier, 1))]), "agent"), later);
        assert_eq!(state(&told([(0, of(LegState::Alerting, 3)), (0, of(earlier, 1))]), "agent"), earlier);
        assert_eq!(state(&told([(0, of(earlier, 1)), (0, of(LegState::Unknown, 3))]), "agent"), earlier);
    }
    let parked = Leg { changed: Some(at(5)), ..leg("agent", Purpose::Agent, LegState::Parked) };
    let taken_up = leg("agent", Purpose::Agent, LegState::Connected);
    let told = told(
        [(5, parked), (6, taken_up)]
            .map(|(of, leg)| (0, News::Whole { legs: legs(vec![leg]), as_of: at(of), feed: None })),
    );
    assert_eq!(state(&told, "agent"), LegState::Connected, "nothing of it tells that it was parked");
}

#[test]
fn a_supervisor_is_no_agent_whatever_an_event_says() {
    let supervisor = leg("agent", Purpose::Other, LegState::Connected);
    let news = News::Whole { legs: legs(vec![customer(), supervisor]), as_of: at(0), feed: None };
    let entry = told([(0, news), (1, change(0, ended("agent", Purpose::Agent, 0)))]);
    assert_eq!(recall(&entry, None, 1).fresh.unwrap().legs.all.get(1).unwrap().purpose, Purpose::Other);
}

#[test]
fn legs_stand_in_the_platforms_order_and_new_ones_last() {
    let new = |id, second| Leg { started: Some(at(second)), ..leg(id, Purpose::Agent, LegState::Connected) };
    let later = [new("c", 2), new("a", 1)]
        .map(|leg| (0, change(leg.started.unwrap().as_microsecond() - at(0).as_microsecond(), leg)));
    let fresh = recall(&told([(0, whole(2, None))].into_iter().chain(later)), None, 0).fresh.unwrap();
    assert_eq!(fresh.legs.all.iter().map(|leg| leg.id.as_str()).collect::<Vec<_>>(), ["ana", "agent", "a", "c"]);
}

#[test]
fn transfers_come_further_and_attributes_are_those_told_last() {
    let transfer = |state| Transfer {
        id: "t".to_owned(),
        state,
        issued: Some(at(0)),
        from_user: None,
        to_user: None,
        to_queue: Some("queue".to_owned()),
    };
    let of = |micros, state, value: &str| {
        let attributes = BTreeMap::from([("name".to_owned(), value.to_owned())]);
        let legs = Legs { transfers: vec![transfer(state)], attributes, ..legs(vec![customer()]) };
        (0, News::Whole { legs, as_of: at(micros), feed: None })
    };
    let fresh = told([of(1, TransferState::Over, "new"), of(0, TransferState::Pending, "old")]);
    let fresh = recall(&fresh, None, 0).fresh.unwrap();
    assert_eq!(fresh.legs.transfers, [transfer(TransferState::Over)]);
    assert_eq!(fresh.legs.attributes.get("name").map(String::as_str), Some("new"));
}

// === Unseen ===

#[test]
fn messages_are_unseen_until_the_customer_writes() {
    let mut entry = told([(0, undelivered("m-2", 2)), (0, undelivered("m-1", 1)), (0, undelivered("m-1", 1))]);
    let unseen = |entry: &Entry| recall(entry, None, 0).undelivered;
    assert_eq!(unseen(&entry), ["m-1", "m-2"]);
    entry.take(&change(2, Leg { changed: Some(at(2)), ..customer() }), at(2));
    assert_eq!(unseen(&entry), ["m-2"]);
    entry.take(&undelivered("m-1", 1), at(2));
    assert_eq!(unseen(&entry), ["m-2"], "told once more, it is not unseen again");
    entry.take(&change(3, ended("ana", Purpose::Customer, 3)), at(3));
    entry.take(&change(3, Leg { changed: Some(at(3)), ..agent() }), at(3));
    assert_eq!(unseen(&entry), ["m-2"], "an end is no word of the customer's, nor is the agent's");
}

#[test]
fn messages_are_not_unseen_for_ever() {
    let entry = told([(0, undelivered("m-1", 0)), (0, undelivered("m-2", SECOND))]);
    let over = i64::try_from(UNSEEN_FOR.as_micros()).unwrap();
    assert_eq!(recall(&entry, None, over - 1).undelivered, ["m-1", "m-2"]);
    assert_eq!(recall(&entry, None, over).undelivered, ["m-2"]);
    assert_eq!(entry.kept_for(at(0)), UNSEEN_FOR);
    assert_eq!(entry.kept_for(at(3 * SECOND)), UNSEEN_FOR.saturating_sub(Duration::from_secs(2)));
    assert_eq!(entry.kept_for(at(over)), KEPT_FOR);
    assert_eq!(told([(0, whole(0, None))]).kept_for(at(0)), KEPT_FOR);
}

// === Bounds ===

#[test]
fn what_grows_too_large_is_forgotten_and_in_doubt() {
    let many =
        |count: usize| (0..count).map(|n| leg(&format!("leg-{n}"), Purpose::Agent, LegState::Connected)).collect();
    let large = |bytes| BTreeMap::from([(String::new(), "x".repeat(bytes))]);
    let of =
        |all, attributes, as_of| News::Whole { legs: Legs { attributes, ..legs(all) }, as_of: at(as_of), feed: None };
    assert!(is_fresh(&told([(0, of(many(MOST_LEGS), large(0), 0))]), 0));
    assert!(is_fresh(&told([(0, of(Vec::new(), large(MOST_BYTES), 0))]), 0));
    for too_large in [of(many(MOST_LEGS + 1), large(0), 1), of(Vec::new(), large(MOST_BYTES + 1), 1)] {
        let mut entry = told([(0, undelivered("m-1", 0)), (0, too_large)]);
        assert!(!is_fresh(&entry, 1));
        assert_eq!((entry.legs.len(), entry.attributes.clone()), (0, None));
        assert_eq!(recall(&entry, None, 1).undelivered, ["m-1"]);
        entry.take(&whole(0, None), at(1));
        assert!(!is_fresh(&entry, 1), "it was so before");
        entry.take(&whole(1, None), at(1));
        assert!(is_fresh(&entry, 1));
    }
}

#[test]
fn of_transfers_and_unseen_messages_the_latest_are_kept() {
    let transfer = |n: usize| Transfer {
        id: format!("t-{}", 99 - n),
        state: TransferState::Pending,
        issued: Some(at(n.try_into().unwrap())),
        from_user: None,
        to_user: None,
        to_queue: None,
    };
    let of = |transfers| {
        let legs = Legs { transfers, ..legs(vec![customer()]) };
        (0, News::Whole { legs, as_of: at(0), feed: None })
    };
    let entry = told([of((0..=MOST_TRANSFERS).map(transfer).collect()), of(vec![transfer(0)])]);
    let expected: Vec<_> = (1..=MOST_TRANSFERS).map(transfer).collect();
    assert_eq!(recall(&entry, None, 0).fresh.unwrap().legs.transfers, expected);
    let name = |n: usize| format!("m-{:03}", 999 - n);
    let messages = (0..=MOST_UNSEEN).map(|n| (name(n), at(n.try_into().unwrap()))).collect();
    let entry = told([(0, News::Undelivered { event: String::new(), messages }), (0, undelivered(&name(0), 0))]);
    assert_eq!(recall(&entry, None, 0).undelivered, (1..=MOST_UNSEEN).map(name).collect::<Vec<_>>());
}

#[test]
fn where_events_come_by_feeds_alone_nothing_outlives_a_gap() {
    let covered = told([(0, whole(0, Some(FEED))), (SECOND, whole(SECOND, Some(FEED)))]);
    let read_in_a_gap = told([(0, whole(0, None))]);
    let by_feeds = MaxAge { heard: MAX_AGE, told: Duration::ZERO };
    let fresh = |entry: &Entry, feed, now| entry.recall(&chat(), feed, by_feeds, at(now)).fresh.is_some();
    assert!(fresh(&covered, Some((FEED, at(SECOND))), SECOND));
    for feed in [None, Some((Feed(FEED.0 + 1), at(SECOND)))] {
        assert!(!fresh(&covered, feed, SECOND), "{feed:?}");
        assert!(!fresh(&read_in_a_gap, feed, 0), "{feed:?}");
    }
}
