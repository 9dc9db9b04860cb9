//! A store that loses what it was told.

use crate::checking::check;
use crate::scene::{Call, Forgetting, Scene};
use crate::sights::Sight;

/// One tab through a whole resumption, as often as it must.
pub(crate) fn forgetful(forgetting: Forgetting) -> Scene {
    let calls = vec![Call::Resume(0), Call::Confirm, Call::InjectAsTab];
    Scene { messages: 2, forgetting: Some(forgetting), ..Scene::new(vec![(0, calls)]) }.troubled()
}

#[test]
fn a_store_that_restarts_empty() {
    check("an empty store", forgetful(Forgetting::All), &[Sight::LossNoticed, Sight::Ambiguous]);
}

#[test]
fn a_store_that_loses_its_last_writes() {
    check("lost last writes", forgetful(Forgetting::LastWrites), &[Sight::CountRetried, Sight::FoundInTranscript]);
}
