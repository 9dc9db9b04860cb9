//! Invariants 4 and 6: the transcript; and its half of invariant 5.

use std::collections::{BTreeMap, BTreeSet};

use super::count::Count;
use super::{Fate, Invariant, Line, Name, Observed, Violation};

/// A line that somebody wants written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    author: Name,
    text: String,
    /// The handshakes under which it was asked for.
    under: BTreeSet<Name>,
    /// The place at which it was first asked for: which request, and where in it.
    place: (usize, usize),
    /// The id a caller was told.
    told: Option<Name>,
}

/// A line of the transcript that says what somebody wants written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Standing {
    id: Name,
    author: Name,
    text: String,
    /// How many resumptions were counted when it was written.
    grown: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Transcript {
    asked: BTreeMap<Name, Asked>,
    /// Requests that asked for something new.
    requests: usize,
    standing: Vec<Standing>,
}

impl Transcript {
    pub(super) fn observe(&mut self, observed: &Observed, grown: usize, found: &mut Vec<Violation>) {
        match observed {
            Observed::InjectionAsked { handshake, lines } => self.asked(handshake, lines),
            Observed::Sent { allowed: false } => {
                let what = "a message was sent to a conversation that takes none".to_owned();
                found.push(Invariant::TakesMessages.broken(what));
            }
            Observed::Written { id, author, text } => self.written(id, author, text, grown, found),
            Observed::Injected { fates } => self.told(fates, found),
            _ => {}
        }
    }

    pub(super) fn finish(&self, count: &Count, found: &mut Vec<Violation>) {
        for standing in &self.standing {
            let says_so = |asked: &&Asked| asked.author == standing.author && asked.text == standing.text;
            let confirmed = |handshake: &Name| match count.grown_with(handshake) {
                Some(grown) => standing.grown >= grown,
                None => count.may_be_confirmed(handshake),
            };
            // Of lines that say the same, nobody outside knows which is which.
            if !self.asked.values().filter(says_so).flat_map(|asked| &asked.under).any(confirmed) {
                let what = format!("{} was written before its handshake was confirmed", standing.id);
                found.push(Invariant::ConfirmedFirst.broken(what));
            }
        }
    }

    fn asked(&mut self, handshake: &Name, lines: &[Line]) {
        let request = self.requests;
        for (index, line) in lines.iter().enumerate() {
            let asked = self.asked.entry(line.name.clone()).or_insert_with(|| {
                self.requests = request + 1;
                let (author, text) = (line.author.clone(), line.text.clone());
                Asked { author, text, under: BTreeSet::new(), place: (request, index), told: None }
            });
            asked.under.insert(handshake.clone());
        }
    }

    fn written(&mut self, id: &Name, author: &Name, text: &str, grown: usize, found: &mut Vec<Violation>) {
        let wanted = self.asked.values().filter(|asked| asked.author == *author && asked.text == text).count();
        if wanted == 0 {
            // Somebody else's.
            return;
        }
        let standing = Standing { id: id.clone(), author: author.clone(), text: text.to_owned(), grown };
        self.standing.push(standing);
        let stand = self.standing.iter().filter(|line| line.author == *author && line.text == text).count();
        if stand > wanted {
            let what = format!("{id} says what was to be said {wanted} times, and is the {stand}th to do so");
            found.push(Invariant::OnceAndInOrder.broken(what));
        }
        if grown == 0 {
            let what = format!("{id} was written before any handshake was confirmed");
            found.push(Invariant::ConfirmedFirst.broken(what));
        }
    }

    fn told(&mut self, fates: &[(Name, Fate)], found: &mut Vec<Violation>) {
        let mut broken = |what: String| found.push(Invariant::OnceAndInOrder.broken(what));
        for (name, fate) in fates {
            let Fate::Present(id) = fate else { continue };
            let Some(asked) = self.asked.get_mut(name) else {
                broken(format!("{name} is told to be present, and nobody asked for it"));
                continue;
            };
            let stands = |line: &&Standing| line.id == *id && line.author == asked.author && line.text == asked.text;
            if !self.standing.iter().any(|line| stands(&line)) {
                broken(format!("{name} is told to be present as {id}, which is not there or says something else"));
            }
            let first = asked.told.get_or_insert_with(|| id.clone()).clone();
            if first != *id {
                broken(format!("{name} is told to be {first} and {id}"));
            }
        }
        self.check_order(&mut broken);
    }

    /// What was first asked for together stands in the order asked.
    fn check_order(&self, broken: &mut impl FnMut(String)) {
        let position = |id: &Name| self.standing.iter().position(|line| line.id == *id);
        let mut told: Vec<((usize, usize), usize)> =
            self.asked.values().filter_map(|asked| Some((asked.place, position(asked.told.as_ref()?)?))).collect();
        told.sort_unstable();
        for pair in told.windows(2) {
            let [(one, stands), (other, after)] = pair else { continue };
            if one.0 == other.0 && stands >= after {
                broken(format!("lines {} and {} of request {} stand in the wrong order", one.1, other.1, one.0));
            }
        }
    }
}
