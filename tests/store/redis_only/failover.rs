//! What was given out before a primary died is honoured by its successor as far as it was replicated, and by no other means.

use session_resumption::domain::counter::Written;
use session_resumption::domain::error::Reason;
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::{HandshakeId, Pair};
use session_resumption::domain::ledger::{Begun, Held};
use session_resumption::domain::pair::Join;

use crate::given::{LEASE, TTL, ana, drop_of, flow, injection, message, pair, resumable, tab};
use crate::harness::Harness;
use crate::steps::{Lead, Writing, active, is_fenced, refused, replay};

/// Leases, epochs and records of one conversation, half of the work still under way.
pub(super) struct GivenOut {
    ana: HandshakeId,
    confirmation: Confirmation,
    epoch: u64,
    held: Held,
    bob: Lead,
    eves: [Lead; 2],
    writing: Writing,
}

fn bob() -> Pair {
    pair("chat-1", "bob")
}

fn eve() -> Pair {
    pair("chat-1", "eve")
}

fn dan() -> Pair {
    pair("chat-1", "dan")
}

impl GivenOut {
    pub(super) async fn by(h: &Harness) -> Self {
        let dead = h.lead(&eve(), &flow()).await;
        h.advance(LEASE * 2).await;
        let alive = h.lead(&eve(), &Join { waited_on: Some(dead.lease.fence), ..flow() }).await;

        let id = h.open(&ana(), &drop_of("one", 1)).await;
        let confirmation = h.confirm(&ana(), id).await;
        let epoch = h.store.take_over(&ana(), &tab("two")).await.unwrap().seat.epoch;
        let [one, two] = ["m-1", "m-2"].map(|name| message(&ana(), name, 1));
        let held = h.hold(&ana(), id, &[one.clone(), two.clone()]).await;
        h.write(&ana(), held.lease, &one, "t-1").await;
        h.announce(&ana(), held.lease, &two, Some("t-1")).await;

        let dans = h.open(&dan(), &flow()).await;
        let writing = h.claim_write(&dan(), dans, 1).await;
        let bob = h.lead(&bob(), &flow()).await;
        Self { ana: id, confirmation, epoch, held, bob, eves: [dead, alive], writing }
    }

    pub(super) async fn is_honoured(&self, h: &Harness) {
        let replayed = replay(h.join(&ana(), &drop_of("one", 1)).await);
        assert_eq!((replayed.handshake, replayed.seat.epoch), (Some(self.ana), self.epoch));
        assert!(!active(replayed.seat), "the other tab took over");
        assert_eq!(h.confirmation(&ana(), self.ana).await.as_ref(), Some(&self.confirmation));
        let mut late = injection(&ana(), self.ana, &[message(&ana(), "m-1", 1)]);
        late.tab = Some((tab("one"), self.epoch - 1));
        assert_eq!(refused(h.store.begin_injection(&ana().conversation, &late).await), Reason::Superseded);

        // Whoever was at work finishes it.
        let [one, two] = ["m-1", "m-2"].map(|name| message(&ana(), name, 1));
        h.store.written(&ana().conversation, self.held.lease, &two.key, "t-2".to_owned()).await.unwrap();
        h.end(&ana(), self.held.lease).await;
        let begun = h.begin(&ana(), self.ana, &[one, two]).await;
        assert_eq!(begun, Begun::AllWritten(vec!["t-1".to_owned(), "t-2".to_owned()]));
        let told = h.conclude(&bob(), self.bob.lease, resumable()).await;
        assert_eq!(told.handshake, Some(self.bob.id));
        h.settle(&dan(), self.writing.lease, Written::Yes).await;
        assert_eq!(self.writing.confirmation.count, self.confirmation.count + 1);

        // Whoever was fenced off still is.
        let [dead, alive] = &self.eves;
        assert!(is_fenced(&h.store.conclude(&eve(), dead.lease, None, resumable(), TTL).await));
        assert_eq!(h.conclude(&eve(), alive.lease, resumable()).await.handshake, Some(alive.id));
    }
}
