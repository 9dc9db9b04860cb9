//! What a check has seen happen, so that a model in which nothing happens does not pass for a proof.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Something that a check must have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sight {
    Replayed,
    FailureShared,
    LeadPassedOn,
    LeadFenced,
    SecondHandshake,
    GlimpseUsed,
    TakenOver,
    OldEpochRefused,
    SupersededRefused,
    CrashedBeforeWrite,
    CrashedAfterWrite,
    LateCount,
    LateMessage,
    CountRetried,
    WriterAwaited,
    ReadAgain,
    LostCountJudgedTaken,
    SettleFenced,
    FoundInTranscript,
    CertainlyAbsent,
    OutcomePending,
    HoldAwaited,
    HoldFenced,
    NotInjectable,
    Refused409,
    AllWritten,
    Ambiguous,
    LossNoticed,
}

/// How often each was seen. Kept beside the state, which it would only make larger.
#[derive(Debug, Default)]
pub(crate) struct Sights(Mutex<BTreeMap<Sight, u64>>);

impl Sights {
    pub(crate) fn saw(&self, sight: Sight) {
        *self.0.lock().unwrap().entry(sight).or_default() += 1;
    }

    pub(crate) fn count(&self, sight: Sight) -> u64 {
        self.0.lock().unwrap().get(&sight).copied().unwrap_or_default()
    }
}
