//! Pushed events: whatever is posted is read or refused, and what is read changes nothing when it is told again.
//!
//! The input is a topic, the end of the line, and the event's body in JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_resumption::domain::mirror::entry::{Entry, MOST_BYTES, MOST_LEGS, MOST_UNSEEN};
use session_resumption::genesys::platform::events::read;
use session_resumption::ports::Clock as _;
use session_resumption_fuzz::Standing;

fuzz_target!(|given: &str| {
    let Some((topic, body)) = given.split_once('\n') else { return };
    let Ok(body) = serde_json::from_str(body) else { return };
    let Ok(Some((id, news))) = read(topic, &body, "event") else { return };
    assert!(given.contains(id.as_str()), "a conversation that nobody named");
    let (mut once, now) = (Entry::default(), Standing.now());
    once.take(&news, now);
    assert!(once.legs.len() <= MOST_LEGS && once.unseen.len() <= MOST_UNSEEN);
    let attributes = once.attributes.iter().flat_map(|told| &told.fact);
    assert!(attributes.map(|(name, value)| name.len() + value.len()).sum::<usize>() <= MOST_BYTES);
    let mut twice = once.clone();
    twice.take(&news, now);
    assert_eq!(once, twice);
});
