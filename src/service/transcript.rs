//! Finding in a transcript what may have been written before.

use std::collections::BTreeSet;

use super::messages::fingerprint_of;
use crate::domain::ledger::{BEGINNING, Unsettled};
use crate::ports::Line;

/// What a transcript tells of a message that may have been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sighting {
    /// It is this line: the first one after the transcript's end as it was then, that says the same and is nobody else's.
    Found(String),
    /// It is not there.
    Absent,
    /// Something says the same, and nobody knows whether it stood there before.
    Ambiguous,
}

/// Looks for a message.
pub(super) fn look_for(lines: &[Line], lost: &Unsettled, claimed: &BTreeSet<String>) -> Sighting {
    let says_the_same = |line: &&Line| !claimed.contains(&line.id) && fingerprint_of(line) == lost.fingerprint;
    let Some(later) = later(lines, lost.after.as_deref()) else {
        return if lines.iter().any(|line| says_the_same(&line)) { Sighting::Ambiguous } else { Sighting::Absent };
    };
    later.iter().find(says_the_same).map_or(Sighting::Absent, |line| Sighting::Found(line.id.clone()))
}

/// The lines after one of them, if it is known which and it is among them.
fn later<'a>(lines: &'a [Line], after: Option<&str>) -> Option<&'a [Line]> {
    match after? {
        BEGINNING => Some(lines),
        after => lines.iter().position(|line| line.id == after).map(|index| &lines[index + 1..]),
    }
}

/// The last id of a transcript.
pub(super) fn end(lines: &[Line]) -> String {
    lines.last().map_or_else(|| BEGINNING.to_owned(), |line| line.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{HandshakeId, ParticipantId};
    use crate::domain::ledger::{EntryKey, Slot};
    use crate::service::messages::fingerprint;
    use jiff::Timestamp;

    fn line(id: &str, author: &str, text: &str) -> Line {
        Line { id: id.into(), author_id: author.into(), kind: "customer".into(), text: text.into() }
    }

    fn lost(text: &str, after: Option<&str>) -> Unsettled {
        let participant = ParticipantId::parse("customer").unwrap();
        let slot = Slot::Marker(HandshakeId(uuid::Uuid::nil()));
        Unsettled {
            key: EntryKey { participant, slot },
            fingerprint: fingerprint("customer", "customer", text),
            at: Timestamp::UNIX_EPOCH,
            after: after.map(str::to_owned),
        }
    }

    #[test]
    fn takes_the_first_unclaimed_later_line_that_says_the_same() {
        let lines = [
            line("1", "customer", "hello"),
            line("2", "agent", "hello"),
            line("3", "customer", "hello"),
            line("4", "customer", "hello"),
        ];
        let none = BTreeSet::new();
        let found = |id: &str| Sighting::Found(id.into());
        assert_eq!(look_for(&lines, &lost("hello", Some(BEGINNING)), &none), found("1"));
        assert_eq!(look_for(&lines, &lost("hello", Some("1")), &none), found("3"));
        assert_eq!(look_for(&lines, &lost("hello", Some("1")), &BTreeSet::from(["3".into()])), found("4"));
        assert_eq!(look_for(&lines, &lost("hello", Some("4")), &none), Sighting::Absent);
        assert_eq!(look_for(&lines, &lost("hullo", Some(BEGINNING)), &none), Sighting::Absent);
        for nobody_knows in [None, Some("scrolled away")] {
            assert_eq!(look_for(&lines, &lost("hello", nobody_knows), &none), Sighting::Ambiguous);
            assert_eq!(look_for(&lines, &lost("hullo", nobody_knows), &none), Sighting::Absent);
        }
    }

    #[test]
    fn the_end_of_an_empty_transcript_is_its_beginning() {
        assert_eq!(end(&[]), BEGINNING);
        assert_eq!(end(&[line("1", "customer", "hello")]), "1");
    }
}
