//! The one line of the audit record for each resumption, whoever confirmed it and whoever learns of it.
//!
//! A writer may die, or never hear what became of its write, and it is another who learns that the write was taken: of a repeat, or
//! of the next handshake's claim. So nobody records what it thinks it did. The store gives each confirmation to one recorder,
//! and that one writes the line.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Caller, Inner};
use crate::domain::ids::Pair;
use crate::ports::{Event, Note, StoreError};

/// Waits before a store that did not answer is asked again; the caller has its answer by then.
const AGAIN: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2)];

impl Inner {
    /// Records every resumption of the conversation that is in no record yet.
    pub(super) async fn record(self: &Arc<Self>, caller: &Caller, pair: &Pair) {
        // One name for all tries: what the store gave it and it did not hear of is given to it again.
        let recorder = self.ports.entropy.uuid();
        if self.try_record(caller, pair, recorder).await.is_ok() {
            return;
        }
        let (inner, caller, pair) = (Arc::clone(self), caller.clone(), pair.clone());
        let again = async move {
            for pause in AGAIN {
                sleep(pause).await;
                if inner.try_record(&caller, &pair, recorder).await.is_ok() {
                    return;
                }
            }
            inner.audit(&caller, &pair, None, Event::Noted(Note::RecordDelayed));
        };
        self.work.spawn(again.in_current_span());
    }

    async fn try_record(&self, caller: &Caller, pair: &Pair, recorder: Uuid) -> Result<(), StoreError> {
        for resumed in self.ports.handshakes.record(&pair.conversation, recorder).await? {
            let whose = Pair { participant: resumed.claimant.participant, ..pair.clone() };
            let event = Event::Resumed { confirmation: &resumed.confirmation };
            self.audit(caller, &whose, Some(resumed.claimant.handshake), event);
        }
        Ok(())
    }
}
