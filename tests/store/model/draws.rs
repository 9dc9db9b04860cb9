//! Steps drawn at random, of which most make sense because they come with what earlier ones told.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::{Confirming, Glimpse, Injection};
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::decision::Reason;
use session_resumption::domain::error::{self, Error};
use session_resumption::domain::ids::{AttemptId, HandshakeId, Pair, TabId};
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::{Begun, Item};
use session_resumption::domain::pair::{Join, Joined};
use uuid::Uuid;

use super::operations::{Operation, Told};
use crate::given::{message, pair, reading, resumable, start_over, tab, uuid};

/// What a step is made of. The fields mean what the step makes of them; those that pick something told earlier count back
/// from the latest.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    kind: u8,
    pair: u8,
    /// Whether it comes with another pair than it should.
    stray: bool,
    tab: Option<u8>,
    number: u8,
    earlier: usize,
    time: Duration,
    /// The time that passes before it.
    pub(super) pass: Duration,
}

pub(super) fn draw() -> impl Strategy<Value = Draw> {
    let time = prop_oneof![1 => 0_u64..70, 2 => 70_u64..4_000].prop_map(Duration::from_secs);
    let pass = prop_oneof![40 => Just(0), 4 => 0_u64..70, 2 => 70_u64..4_000, 1 => 4_000_u64..100_000];
    let pass = pass.prop_map(Duration::from_secs);
    // Mostly the latest: a lease is lost soon enough.
    let earlier = prop_oneof![4 => Just(0_usize), 1 => 0_usize..8];
    let (stray, tab) = (proptest::bool::weighted(0.05), proptest::option::weighted(0.6, 0_u8..3));
    (0_u8..20, 0_u8..4, stray, tab, 0_u8..4, earlier, time, pass).prop_map(
        |(kind, pair, stray, tab, number, earlier, time, pass)| Draw {
            kind,
            pair,
            stray,
            tab,
            number,
            earlier,
            time,
            pass,
        },
    )
}

/// What callers were told, and may come back with.
#[derive(Default)]
pub(super) struct Known {
    leads: Vec<(Pair, Lease)>,
    handshakes: Vec<(Pair, HandshakeId)>,
    writes: Vec<(Pair, Lease)>,
    holds: Vec<(Pair, Lease)>,
    /// By pair: two pairs may have the same fence or epoch in one store, and in another not.
    fences: HashMap<Pair, Vec<u64>>,
    epochs: HashMap<Pair, u64>,
}

fn earlier<T: Clone>(told: &[T], back: usize) -> Option<T> {
    told.iter().rev().nth(back).cloned()
}

impl Known {
    /// The step that a draw stands for, once anything is known to take it with.
    pub(super) fn step(&self, draw: &Draw, now: Timestamp) -> Option<(Pair, Operation)> {
        let back = draw.earlier;
        let drawn = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")][usize::from(draw.pair)];
        let drawn = pair(drawn.0, drawn.1);
        let of = |own: Pair| if draw.stray { drawn.clone() } else { own };
        let tab = draw.tab.map(|n| tab(&format!("tab-{n}")));
        let (time, number) = (draw.time, draw.number);
        Some(match draw.kind {
            0..3 => {
                let join = self.join(&drawn, draw, tab);
                (drawn, Operation::Join(join))
            }
            3..6 => {
                let (own, lease) = earlier(&self.leads, back)?;
                if draw.kind == 5 && number == 0 {
                    return Some((of(own), Operation::Fail(lease, failure(), time)));
                }
                (of(own), Operation::Conclude(lease, tab, answer(draw.pair, number), time))
            }
            6 => (drawn, Operation::TakeOver(tab?)),
            7 => {
                let glimpse = Glimpse { reading: reading(&drawn, &format!("agent-{number}")), fresh_for: time, tab };
                (drawn, Operation::Remember(glimpse))
            }
            8..15 => {
                let (own, id) = earlier(&self.handshakes, back)?;
                let own = of(own);
                let operation = match draw.kind {
                    8 => Operation::View(id, tab),
                    9 if tab.is_none() => Operation::Record(Uuid::from_u128(number.into())),
                    9 => Operation::Confirmation(id),
                    10..13 => Operation::Claim(claim(&own, id, draw, now)),
                    _ => Operation::Begin(self.begin(&own, id, tab, draw)),
                };
                (own, operation)
            }
            15..17 => {
                let (own, lease) = earlier(&self.writes, back)?;
                let written = [Written::Yes, Written::YesInDoubt, Written::No, Written::Unknown];
                (own, Operation::Settle(lease, written[usize::from(number)]))
            }
            _ => self.ledger_step(draw)?,
        })
    }

    fn join(&self, pair: &Pair, draw: &Draw, tab: Option<TabId>) -> Join {
        Join {
            attempt: (draw.number > 0).then(|| AttemptId(Uuid::from_u128(draw.number.into()))),
            tab,
            waited_on: self.fences.get(pair).and_then(|told| earlier(told, draw.earlier)),
            new_id: HandshakeId(uuid()),
            owner: uuid(),
            lease_for: draw.time,
        }
    }

    fn begin(&self, pair: &Pair, handshake: HandshakeId, tab: Option<TabId>, draw: &Draw) -> Injection {
        let epoch = self.epochs.get(pair).copied().unwrap_or_default();
        let items = (0..draw.number).map(|n| item(pair, n)).collect();
        Injection {
            handshake,
            participant: pair.participant.clone(),
            tab: tab.filter(|_| draw.pair == 0).map(|tab| (tab, epoch)),
            items,
            owner: uuid(),
            hold_for: draw.time,
        }
    }

    fn ledger_step(&self, draw: &Draw) -> Option<(Pair, Operation)> {
        let (own, lease) = earlier(&self.holds, draw.earlier)?;
        let mut item = item(&own, draw.number);
        let last_id = draw.tab.map(|n| format!("t-{n}"));
        let operation = match (draw.kind, draw.pair) {
            (17, 0) => {
                item.fingerprint = [9; 32];
                Operation::Announce(lease, item, last_id, draw.time)
            }
            (17, _) => Operation::Announce(lease, item, last_id, draw.time),
            (18, _) => Operation::Written(lease, item, last_id.unwrap_or_default()),
            (_, 0) => Operation::End(lease),
            _ => Operation::NotSent(lease, item),
        };
        Some((own, operation))
    }

    pub(super) fn learn(&mut self, pair: &Pair, told: &Told) {
        match told {
            Told::Joined(joined) => match joined.0 {
                Joined::Lead { lease, .. } => self.leads.push((pair.clone(), lease)),
                Joined::Wait { fence, .. } => self.fences.entry(pair.clone()).or_default().push(fence),
                Joined::Replay(_) | Joined::Failed(_) => {}
            },
            Told::View(view) => {
                self.epochs.insert(pair.clone(), view.seat.epoch);
                self.handshakes.extend(view.handshake.map(|id| (pair.clone(), id)));
            }
            Told::Confirming(Confirming::Claimed(Claimed::Write { lease, .. })) => {
                self.writes.push((pair.clone(), *lease));
            }
            Told::Begun(Begun::Holding(held)) => self.holds.push((pair.clone(), held.lease)),
            _ => {}
        }
    }
}

fn item(pair: &Pair, n: u8) -> Item {
    message(pair, &format!("m-{n}"), n)
}

/// Mostly one that has a handshake.
fn answer(pair: u8, number: u8) -> Answer {
    match (pair, number) {
        (0, 0) => start_over(Reason::SessionNotFound),
        (0, 1) => start_over(Reason::Ended),
        _ => resumable(),
    }
}

fn failure() -> Error {
    Error::retry(error::Reason::UpstreamTimeout, "no answer in time", Duration::from_secs(2))
}

fn claim(pair: &Pair, handshake: HandshakeId, draw: &Draw, now: Timestamp) -> Claim {
    let read_before = SignedDuration::from_secs(10 * i64::from(draw.pair));
    Claim {
        claimant: Claimant { participant: pair.participant.clone(), handshake },
        metadata: draw.number.into(),
        counted_at: draw.tab.map(|n| now.checked_sub(SignedDuration::from_hours(23 * i64::from(n))).unwrap()),
        read_at: now.checked_sub(read_before).unwrap(),
        agent_id: draw.tab.map(|n| format!("agent-{n}")),
        as_of: draw.tab.map(|n| Timestamp::from_second(n.into()).unwrap()),
        owner: uuid(),
        write_for: draw.time,
    }
}
