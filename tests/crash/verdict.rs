//! What must hold in the end, judged by what Genesys saw and by every answer that a caller got.

use std::collections::{BTreeMap, BTreeSet};

use genesys_sim::{LedgerEntry, Route};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::validate_session_response::{Decision, TabRole};

use crate::customer::{Customer, Loss, MESSAGES};

/// How many calls Genesys had seen when something happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

/// What happened of a loss, and where in Genesys' ledger.
pub(crate) struct Chapter {
    pub(crate) loss: Loss,
    pub(crate) handshake: String,
    /// Before the first tab asked.
    pub(crate) began: Mark,
    /// When both tabs knew.
    pub(crate) validated: Mark,
    /// When the customer was attached again.
    pub(crate) attached: Mark,
    /// When the flow was told that the resumption is confirmed.
    pub(crate) confirmed: Mark,
    /// How many leads died and may each have cost a read.
    pub(crate) lost_leads: usize,
}

impl Customer {
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.control.ledger().len())
    }

    /// What is wrong: nothing, where all invariants hold.
    pub(crate) fn verdict(&self, chapters: &[Chapter]) -> Vec<String> {
        let mut wrong = Vec::new();
        wrong.extend(self.contract());
        for chapter in chapters {
            wrong.extend(self.reads(chapter));
            wrong.extend(self.agreement(chapter));
            wrong.extend(self.early_writes(chapter));
        }
        wrong.extend(self.counts(chapters));
        wrong.extend(self.transcript(chapters));
        wrong.extend(self.tabs());
        wrong
    }

    /// The calls of a route about this conversation that did their work, from one mark to another.
    fn done(&self, route: Route, from: Mark, to: Option<Mark>) -> usize {
        let ledger = self.control.ledger();
        let to = to.map_or(ledger.len(), |mark| mark.0);
        let ours = |entry: &&LedgerEntry| entry.conversation_id.as_deref() == Some(self.conversation.as_str());
        let of_route = |entry: &&LedgerEntry| entry.route == Some(route) && entry.effect_applied;
        ledger[from.0..to].iter().filter(ours).filter(of_route).count()
    }

    /// Genesys' contract, and invariant 6: a message that may not be sent is refused with 409.
    fn contract(&self) -> Vec<String> {
        let wrong = |entry: &LedgerEntry| {
            let early = entry.route == Some(Route::PostMessage) && entry.status == Some(409);
            (entry.violation.is_some() || early)
                .then(|| format!("6: {} {} {:?} {:?}", entry.method, entry.path, entry.status, entry.violation))
        };
        self.control.ledger().iter().filter_map(wrong).collect()
    }

    /// Invariant 1.
    fn reads(&self, chapter: &Chapter) -> Option<String> {
        let reads = self.done(Route::Read, chapter.began, Some(chapter.validated));
        let most = 1 + chapter.lost_leads;
        (!(1..=most).contains(&reads)).then(|| format!("1: {reads} reads for loss {}", chapter.loss.number))
    }

    /// Invariant 2, and 7: the session is resumable all the time.
    fn agreement(&self, chapter: &Chapter) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let of = told.validated.iter().filter(|validated| validated.loss == chapter.loss.number);
        let differs = |answer: &pb::ValidateSessionResponse| {
            answer.handshake_id != chapter.handshake || answer.decision() != Decision::Resumable
        };
        let mut wrong: Vec<String> =
            of.filter(|told| differs(&told.answer)).map(|told| format!("2: {:?}", told.answer)).collect();
        let lost = told.degraded.iter().filter(|answer| answer.decision() != Decision::Resumable);
        wrong.extend(lost.map(|answer| format!("7: {answer:?}")));
        wrong
    }

    /// Invariant 5.
    fn early_writes(&self, chapter: &Chapter) -> Vec<String> {
        let count = self.done(Route::Patch, chapter.began, Some(chapter.attached));
        let messages = self.done(Route::PostMessage, chapter.began, Some(chapter.confirmed));
        let mut wrong = Vec::new();
        if count > 0 {
            wrong.push(format!("5: {count} counts written before the customer was attached"));
        }
        if messages > 0 {
            wrong.push(format!("5: {messages} messages written before the confirmation"));
        }
        wrong
    }

    /// Invariant 3.
    fn counts(&self, chapters: &[Chapter]) -> Vec<String> {
        let mut wrong = Vec::new();
        let told = self.told.lock().unwrap();
        let mut last = None;
        for (n, chapter) in chapters.iter().enumerate() {
            let confirmed = told.confirmed.iter().filter(|(handshake, _)| *handshake == chapter.handshake);
            let answers: Vec<_> = confirmed.filter(|(_, told)| told.outcome() == Confirm::Confirmed).collect();
            let values: BTreeSet<_> = answers
                .iter()
                .map(|(_, told)| {
                    (told.resumption_count, told.last_resumption_time.map(|time| (time.seconds, time.nanos)))
                })
                .collect();
            let expected = i32::try_from(n + 1).unwrap();
            if values.len() != 1 || values.iter().any(|(count, _)| *count != expected) {
                wrong.push(format!("3: handshake {expected} was confirmed as {values:?}"));
            }
            last = values.last().copied();
        }
        let attributes = self.control.conversation(&self.conversation).unwrap().custom_attributes;
        let time =
            last.and_then(|(_, time)| time).and_then(|(seconds, nanos)| jiff::Timestamp::new(seconds, nanos).ok());
        let expected = [
            ("resumptionCount", last.map(|(count, _)| count.to_string())),
            ("lastResumptionTimestamp", time.map(|time| format!("{time:.3}"))),
        ];
        for (key, value) in expected {
            if attributes.get(key) != value.as_ref() {
                wrong.push(format!("3: {key} is {:?}, told was {value:?}", attributes.get(key)));
            }
        }
        wrong
    }

    /// Invariant 4: each message once, in order, under the id that was told.
    fn transcript(&self, chapters: &[Chapter]) -> Vec<String> {
        let lines = self.control.transcript(&self.conversation).unwrap();
        let found: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let markers: Vec<String> = chapters.iter().map(|chapter| chapter.loss.marker()).collect();
        let mut expected: Vec<&str> = markers.iter().map(String::as_str).collect();
        expected.splice(1..1, MESSAGES.map(|(_, text)| text));
        let mut wrong = Vec::new();
        if found != expected {
            wrong.push(format!("4: the transcript holds {found:?}"));
        }
        let ids: BTreeMap<&str, &str> = lines.iter().map(|line| (line.text.as_str(), line.id.as_str())).collect();
        let told = self.told.lock().unwrap();
        for chapter in chapters {
            let injected = told.injected.iter().filter(|(handshake, _)| *handshake == chapter.handshake);
            let marker = chapter.loss.marker();
            let texts: Vec<&str> = std::iter::once(marker.as_str()).chain(MESSAGES.map(|(_, text)| text)).collect();
            for (_, answer) in injected {
                let results: Vec<_> = answer.marker_result.iter().chain(&answer.results).collect();
                for (result, text) in results.iter().zip(&texts) {
                    let is_told = !result.message_id.is_empty();
                    if is_told && ids.get(text) != Some(&result.message_id.as_str()) {
                        wrong.push(format!(
                            "4: {text:?} was told as {}, and is {:?}",
                            result.message_id,
                            ids.get(text)
                        ));
                    }
                    if answer.outcome() == Inject::Complete && !is_told {
                        wrong.push(format!("4: complete without {text:?}: {result:?}"));
                    }
                }
            }
        }
        wrong
    }

    /// Invariant 10, over all answers.
    pub(crate) fn tabs(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let mut active: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
        for told in told.validated.iter().filter(|told| told.answer.tab_role() == TabRole::Active) {
            active.entry(told.answer.tab_epoch).or_default().insert(told.tab);
        }
        let several = active.into_iter().filter(|(_, tabs)| tabs.len() > 1);
        several.map(|(epoch, tabs)| format!("10: tabs {tabs:?} are ACTIVE at epoch {epoch}")).collect()
    }
}
