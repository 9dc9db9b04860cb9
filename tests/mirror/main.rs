//! Whatever comes first, and whatever is lost: the same in the end, and never fresh and wrong.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by failing")]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};
use session_resumption::domain::mirror::entry::Entry;
use session_resumption::domain::mirror::{Feed, MaxAge, News};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + seconds).unwrap()
}

fn chat() -> ConversationId {
    ConversationId::parse("chat-1").unwrap()
}

// === Whatever comes first ===

fn time() -> impl Strategy<Value = Timestamp> {
    (0_i64..20).prop_map(at)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["a", "b", "c"].prop_map(|name: String| name)
}

fn leg() -> impl Strategy<Value = Leg> {
    use LegState::{Alerting, Connected, Ended, Parked};
    let purpose = prop_oneof![Just(Purpose::Customer), Just(Purpose::Agent), Just(Purpose::Other)];
    let state = prop_oneof![Just(LegState::Unknown), Just(Alerting), Just(Connected), Just(Parked), Just(Ended)];
    let disconnect = prop_oneof![Just(Disconnect::Unknown), Just(Disconnect::Transfer), Just(Disconnect::Spam)];
    let times = (option::of(time()), option::weighted(0.2, time()), option::of(time()));
    let names = (option::of(name()), option::of(name()), option::of(name()));
    (name(), purpose, state, option::of(disconnect), times, names).prop_map(
        |(id, purpose, state, disconnect, (started, ended, changed), (user_id, queue_id, contact_id))| Leg {
            id,
            purpose,
            state,
            disconnect,
            started,
            ended,
            changed,
            user_id,
            queue_id,
            contact_id,
        },
    )
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let state = prop_oneof![Just(TransferState::Pending), Just(TransferState::Over)];
    (name(), state, option::of(time()), option::of(name()), option::of(name())).prop_map(
        |(id, state, issued, from_user, to_queue)| Transfer { id, state, issued, from_user, to_user: None, to_queue },
    )
}

fn legs() -> impl Strategy<Value = Legs> {
    let attributes = proptest::collection::btree_map(name(), name(), 0..3);
    (vec(leg(), 0..4), vec(transfer(), 0..3), attributes).prop_map(|(all, transfers, attributes)| Legs {
        conversation: chat(),
        all,
        transfers,
        attributes,
    })
}

fn news() -> impl Strategy<Value = News> {
    let feed = option::of((0_u64..3).prop_map(Feed));
    let undelivered = vec((name(), time()), 0..3);
    prop_oneof![
        3 => (legs(), time(), feed).prop_map(|(legs, as_of, feed)| News::Whole { legs, as_of, feed }),
        4 => (name(), time(), leg()).prop_map(|(event, at, leg)| News::Change { event, at, leg }),
        1 => (name(), undelivered).prop_map(|(event, messages)| News::Undelivered { event, messages }),
        1 => (name(), time()).prop_map(|(event, at)| News::Doubt { event, at }),
    ]
}

/// News, and the store's time at which they are told.
fn told() -> impl Strategy<Value = (News, Timestamp)> {
    (news(), time())
}

fn joined<'a>(told: impl IntoIterator<Item = &'a (News, Timestamp)>) -> Entry {
    let mut entry = Entry::default();
    told.into_iter().for_each(|(news, now)| entry.take(news, *now));
    entry
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn in_any_order_and_however_often_it_is_the_same(
        (told, shuffled) in vec(told(), 1..12).prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        again in vec((any::<Index>(), any::<Index>()), 0..6),
    ) {
        let mut repeated = shuffled;
        for (which, place) in again {
            let once_more = which.get(&told).clone();
            repeated.insert(place.index(repeated.len() + 1), once_more);
        }
        let (expected, entry) = (joined(&told), joined(&repeated));
        prop_assert_eq!(&entry, &expected);
    }

    #[test]
    fn told_once_more_it_is_no_younger(told in vec(told(), 1..8), which in any::<Index>(), later in 21_i64..30) {
        let before = joined(&told);
        let mut after = before.clone();
        after.take(&which.get(&told).0, at(later));
        prop_assert_eq!(after, before);
    }
}

// === Whatever is lost ===

/// What happens in a conversation, and how it is told.
#[derive(Debug, Clone)]
enum Step {
    /// A leg begins.
    Begin(Purpose),
    /// A leg is taken, which no event tells.
    Take(Index),
    /// A leg is parked or comes back.
    Park(Index),
    /// A leg ends.
    End(Index),
    /// Somebody reads.
    Read(Option<Feed>),
}

fn step() -> impl Strategy<Value = Step> {
    let purpose = prop_oneof![Just(Purpose::Customer), Just(Purpose::Agent), Just(Purpose::Acd)];
    prop_oneof![
        3 => purpose.prop_map(Step::Begin),
        1 => any::<Index>().prop_map(Step::Take),
        1 => any::<Index>().prop_map(Step::Park),
        3 => any::<Index>().prop_map(Step::End),
        3 => option::of(Just(Feed(1))).prop_map(Step::Read),
    ]
}

/// The conversation as it is, and what is told of it.
#[derive(Default)]
struct World {
    legs: Vec<Leg>,
    news: Vec<(i64, News)>,
}

impl World {
    fn step(&mut self, step: &Step, now: i64) {
        let (event, count) = (format!("e-{now}"), self.legs.len());
        let pick = |index: &Index| (count > 0).then(|| index.index(count));
        let time = Some(at(now));
        let news = match step {
            Step::Begin(purpose) => {
                let state = if *purpose == Purpose::Agent { LegState::Alerting } else { LegState::Connected };
                let id = format!("leg-{count}");
                let (disconnect, user_id, queue_id, contact_id) = (None, Some(id.clone()), None, None);
                let (started, ended, changed, purpose) = (time, None, time, *purpose);
                let leg =
                    Leg { id, purpose, state, disconnect, started, ended, changed, user_id, queue_id, contact_id };
                self.legs.push(leg.clone());
                Some(News::Change { event, at: at(now), leg })
            }
            Step::Take(index) => pick(index).and_then(|index| {
                let leg = self.legs.get_mut(index).filter(|leg| leg.state == LegState::Alerting)?;
                (leg.state, leg.changed) = (LegState::Connected, time);
                Some(News::Doubt { event, at: at(now) })
            }),
            Step::Park(index) => pick(index).and_then(|index| {
                let leg = self.legs.get_mut(index)?;
                let parked = match leg.state {
                    LegState::Connected => LegState::Parked,
                    LegState::Parked => LegState::Connected,
                    _ => return None,
                };
                (leg.state, leg.changed) = (parked, time);
                // It says what it became, and nothing else.
                let leg = Leg { started: None, user_id: None, ..leg.clone() };
                Some(News::Change { event, at: at(now), leg })
            }),
            Step::End(index) => pick(index).and_then(|index| {
                let leg = self.legs.get_mut(index).filter(|leg| leg.is_live())?;
                (leg.state, leg.ended, leg.changed) = (LegState::Ended, time, time);
                let leg = Leg { started: None, user_id: None, ..leg.clone() };
                Some(News::Change { event, at: at(now), leg })
            }),
            Step::Read(feed) => {
                let attributes = BTreeMap::from([("read".to_owned(), now.to_string())]);
                let legs = Legs { conversation: chat(), all: self.legs.clone(), transfers: Vec::new(), attributes };
                Some(News::Whole { legs, as_of: at(now), feed: *feed })
            }
        };
        self.news.extend(news.map(|news| (now, news)));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_fresh_is_right_whatever_of_the_beginning_is_lost(
        steps in vec(step(), 1..25),
        lost in any::<Index>(),
        shown in 0_usize..4,
        max_age in 0_u64..10,
        pass in 0_i64..10,
    ) {
        let mut world = World::default();
        for (now, step) in steps.iter().enumerate() {
            world.step(step, now.try_into().unwrap());
        }
        let mut entry = Entry::default();
        let lost = lost.index(world.news.len() + 1);
        world.news.iter().skip(lost).for_each(|(now, news)| entry.take(news, at(*now)));
        let now = i64::try_from(steps.len()).unwrap() + pass;
        // Nobody listens, or the feed lasts, or the next one does.
        let feed = [None, Some((Feed(1), at(now - 1))), Some((Feed(1), at(0))), Some((Feed(2), at(now)))][shown];
        let recalled = entry.recall(&chat(), feed, MaxAge::both(Duration::from_secs(max_age)), at(now));
        if let Some(fresh) = recalled.fresh {
            prop_assert_eq!(fresh.legs.all, world.legs);
        }
    }

    /// A gap: some of it is lost while nobody listens, and then the next feed begins.
    #[test]
    fn after_a_gap_nothing_is_fresh_but_what_was_read_since_or_is_young(
        steps in vec(step(), 1..25),
        gap in (any::<Index>(), any::<Index>()),
        max_age in 0_u64..10,
        pass in 0_i64..10,
    ) {
        let (from, to) = (gap.0.index(steps.len()), gap.1.index(steps.len()));
        let (from, to) = (i64::try_from(from.min(to)).unwrap(), i64::try_from(from.max(to)).unwrap());
        let (mut world, mut entry) = (World::default(), Entry::default());
        for (now, step) in (0_i64..).zip(&steps) {
            world.step(step, now);
            if let Some((_, mut news)) = world.news.pop().filter(|_| !(from..to).contains(&now)) {
                if let News::Whole { feed, .. } = &mut news {
                    *feed = Some(Feed(if now < from { 1 } else { 2 }));
                }
                entry.take(&news, at(now));
            }
        }
        let now = i64::try_from(steps.len()).unwrap() + pass;
        let recalled = entry.recall(&chat(), Some((Feed(2), at(to))), MaxAge::both(Duration::from_secs(max_age)), at(now));
        let young = entry.whole.is_some_and(|whole| whole.of.duration_since(at(now)).unsigned_abs().as_secs() <= max_age);
        if let Some(fresh) = recalled.fresh.filter(|_| !young) {
            prop_assert_eq!(fresh.legs.all, world.legs);
        }
    }
}
