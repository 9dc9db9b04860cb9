//! Finding in a transcript what may have been written before.

use std::collections::BTreeSet;

use super::messages::fingerprint_of;
use crate::domain::ledger::{Fingerprint, Unsettled};
use crate::ports::Line;

/// The id of the line that is the lost message: the first one after the transcript's end as it was then, that says the same
/// and is nobody else's.
pub(super) fn find(lines: &[Line], lost: &Unsettled, claimed: &BTreeSet<String>) -> Option<String> {
    let fingerprint: &Fingerprint = &lost.fingerprint;
    later(lines, lost.after.as_deref())
        .iter()
        .find(|line| !claimed.contains(&line.id) && fingerprint_of(line) == *fingerprint)
        .map(|line| line.id.clone())
}

/// The lines after one of them. If that one is not among them, all: what is shown may begin later than it.
fn later<'a>(lines: &'a [Line], after: Option<&str>) -> &'a [Line] {
    let index = after.and_then(|after| lines.iter().position(|line| line.id == after));
    index.map_or(lines, |index| &lines[index + 1..])
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
        assert_eq!(find(&lines, &lost("hello", None), &none), Some("1".into()));
        assert_eq!(find(&lines, &lost("hello", Some("1")), &none), Some("3".into()));
        assert_eq!(find(&lines, &lost("hello", Some("1")), &BTreeSet::from(["3".into()])), Some("4".into()));
        assert_eq!(find(&lines, &lost("hello", Some("4")), &none), None);
        assert_eq!(find(&lines, &lost("hullo", None), &none), None);
        assert_eq!(find(&lines, &lost("hello", Some("scrolled away")), &none), Some("1".into()));
    }
}
