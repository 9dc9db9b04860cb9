//! Fences and epochs as the rules count them. A store may begin each sequence elsewhere than at zero, as long as it grows by
//! one: the Redis store puts its server's time above the lowest ten bits.

use session_resumption::domain::conversation::{Confirming, Injection};
use session_resumption::domain::counter::Claimed;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::{Begun, Held};
use session_resumption::domain::pair::{Join, Joined, View};
use session_resumption::domain::tabs::Seat;

use super::operations::{Operation, Outcome, Told};

fn number(told: u64) -> u64 {
    told & 0x3FF
}

fn lease(lease: Lease) -> Lease {
    Lease { fence: number(lease.fence), ..lease }
}

fn seat(seat: Seat) -> Seat {
    Seat { epoch: number(seat.epoch), ..seat }
}

fn view(view: View) -> View {
    View { seat: seat(view.seat), ..view }
}

fn joined(joined: Joined) -> Joined {
    match joined {
        Joined::Lead { id, lease: own, arrived, now } => Joined::Lead { id, lease: lease(own), arrived, now },
        Joined::Wait { fence, left } => Joined::Wait { fence: number(fence), left },
        Joined::Replay(told) => Joined::Replay(view(told)),
        failed @ Joined::Failed(_) => failed,
    }
}

/// What a store told, as the rules would.
pub(super) fn outcome(outcome: Outcome) -> Outcome {
    outcome.map(|told| match told {
        Told::Joined(told) => Told::Joined(Box::new((joined(told.0), told.1))),
        Told::View(told) => Told::View(view(told)),
        Told::Seat(told) => Told::Seat(seat(told)),
        Told::Confirming(Confirming::Claimed(Claimed::Write { lease: own, confirmation, forgotten })) => {
            Told::Confirming(Confirming::Claimed(Claimed::Write { lease: lease(own), confirmation, forgotten }))
        }
        Told::Begun(Begun::Holding(held)) => Told::Begun(Begun::Holding(Held { lease: lease(held.lease), ..held })),
        told => told,
    })
}

/// A step with a store's numbers, as the rules would be asked.
pub(super) fn operation(operation: Operation) -> Operation {
    match operation {
        Operation::Join(join) => Operation::Join(Join { waited_on: join.waited_on.map(number), ..join }),
        Operation::Conclude(own, tab, answer, ttl) => Operation::Conclude(lease(own), tab, answer, ttl),
        Operation::Fail(own, error, back_in) => Operation::Fail(lease(own), error, back_in),
        Operation::Settle(own, written) => Operation::Settle(lease(own), written),
        Operation::Begin(begin) => {
            let tab = begin.tab.map(|(tab, epoch)| (tab, number(epoch)));
            Operation::Begin(Injection { tab, ..begin })
        }
        Operation::Announce(own, item, last_id, hold) => Operation::Announce(lease(own), item, last_id, hold),
        Operation::Written(own, item, id) => Operation::Written(lease(own), item, id),
        Operation::NotSent(own, item) => Operation::NotSent(lease(own), item),
        Operation::End(own) => Operation::End(lease(own)),
        other => other,
    }
}
