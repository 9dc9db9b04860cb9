//! Observing one conversation of a simulated Genesys Cloud and the answers of real services about it, as a trace for the
//! [`Checker`]. To be included beside `invariants`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use genesys_sim::{Control, LedgerEntry, Route};
use session_resumption::pb;
use session_resumption::pb::inject_context_response::Result as Told;
use session_resumption::pb::inject_context_response::result::Outcome;
use session_resumption::pb::validate_session_response::TabRole;

use super::invariants::{Checker, Fate, Line, Observed, Seat, Violation};

/// See the module. Clones record the same conversation.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Mutex<Recording>>);

struct Recording {
    control: Control,
    conversation: String,
    customer: String,
    checker: Checker,
    /// Whether reads are made for validations now.
    validating: bool,
    /// The calls that were seen, and whether they are over.
    calls: BTreeMap<u64, bool>,
    /// The counts that were seen, with their times, and the last of them.
    counts: BTreeSet<(u32, String)>,
    count: Option<(u32, String)>,
    /// How many lines of the transcript were seen.
    lines: usize,
    new_starts: usize,
}

impl Recorder {
    /// A recorder of a conversation that begins with this count; its customer is about to come back.
    pub(crate) fn new(control: &Control, conversation: &str, customer: &str, count: u32) -> Self {
        Self(Arc::new(Mutex::new(Recording {
            control: control.clone(),
            conversation: conversation.to_owned(),
            customer: customer.to_owned(),
            checker: Checker::new(count),
            validating: true,
            calls: BTreeMap::new(),
            counts: BTreeSet::new(),
            count: None,
            lines: 0,
            new_starts: 0,
        })))
    }

    /// Notes something that nobody else can know: a crash, a loss, a heartbeat asked for, an attachment.
    pub(crate) fn note(&self, observed: &Observed) {
        self.after_effects(|recording| recording.checker.observe(observed));
    }

    /// The customer drops: from now on, reads are made for validations, until something else is asked for.
    pub(crate) fn drops(&self) {
        self.after_effects(|recording| recording.validating = true);
    }

    pub(crate) fn validated(&self, tab: Option<&str>, answer: &pb::ValidateSessionResponse) {
        self.after_effects(|recording| recording.validated(tab, answer));
    }

    /// Before the call.
    pub(crate) fn asks_to_confirm(&self, handshake: &str) {
        self.after_effects(|recording| {
            recording.validating = false;
            recording.checker.observe(&Observed::ConfirmAsked(handshake.to_owned()));
        });
    }

    pub(crate) fn confirmed(&self, handshake: &str, answer: &pb::ConfirmReattachResponse) {
        let Some(time) = answer.last_resumption_time.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok())
        else {
            // Not confirmed yet.
            return;
        };
        let count = answer.resumption_count.try_into().unwrap_or_default();
        let confirmed = Observed::Confirmed { handshake: handshake.to_owned(), count, time: format!("{time:.3}") };
        self.note(&confirmed);
    }

    /// Before the call.
    pub(crate) fn asks_to_inject(&self, request: &pb::InjectContextRequest) {
        self.after_effects(|recording| {
            recording.validating = false;
            let line = |name, text: &String| Line { name, author: recording.customer.clone(), text: text.clone() };
            let marker =
                Some(&request.marker).filter(|text| !text.is_empty()).map(|text| line(marker_of(request), text));
            let messages =
                request.messages.iter().map(|message| line(message.client_message_id.clone(), &message.text));
            let lines = marker.into_iter().chain(messages).collect();
            recording.checker.observe(&Observed::InjectionAsked { handshake: request.handshake_id.clone(), lines });
        });
    }

    pub(crate) fn injected(&self, request: &pb::InjectContextRequest, answer: &pb::InjectContextResponse) {
        let fate = |told: &Told| match told.outcome() {
            Outcome::Injected | Outcome::AlreadyPresent => Fate::Present(told.message_id.clone()),
            Outcome::Unknown => Fate::Unknown,
            _ => Fate::NotAttempted,
        };
        let marker = answer.marker_result.iter().map(|told| (marker_of(request), fate(told)));
        let messages = answer.results.iter().map(|told| (told.client_message_id.clone(), fate(told)));
        self.note(&Observed::Injected { fates: marker.chain(messages).collect() });
    }

    /// What does not hold, now that every call is answered and nothing is on its way.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.after_effects(|recording| recording.checker.clone().finished())
    }

    /// Effects come before what is reported of them.
    fn after_effects<T>(&self, then: impl FnOnce(&mut Recording) -> T) -> T {
        let mut recording = self.0.lock().unwrap();
        recording.look();
        then(&mut recording)
    }
}

fn marker_of(request: &pb::InjectContextRequest) -> String {
    format!("marker of {}", request.handshake_id)
}

impl Recording {
    /// Takes in what happened in Genesys since the last look.
    fn look(&mut self) {
        let about_this = |call: &LedgerEntry| call.conversation_id.as_deref() == Some(&self.conversation);
        let calls: Vec<LedgerEntry> = self.control.ledger().into_iter().filter(about_this).collect();
        for call in &calls {
            self.called(call);
        }
        let first = |route| calls.iter().find(|call| call.route == Some(route)).map_or(u64::MAX, |call| call.seq);
        // A call is in the ledger from its arrival, and its effect at some time later: which came first is told by the arrivals.
        if first(Route::PostMessage) < first(Route::Patch) {
            self.look_at_lines();
            self.look_at_counts(&calls);
        } else {
            self.look_at_counts(&calls);
            self.look_at_lines();
        }
    }

    fn called(&mut self, call: &LedgerEntry) {
        let over = call.status.is_some() || call.faulted;
        let (new, was_over) = (!self.calls.contains_key(&call.seq), self.calls.get(&call.seq) == Some(&true));
        let judged = call.route == Some(Route::Read) && self.validating;
        if new && judged {
            self.checker.observe(&Observed::Read);
        }
        if over && !was_over {
            match call.route {
                // A read that failed may be made again, by whomever it was made.
                Some(Route::Read) if call.faulted || call.status != Some(200) => {
                    self.checker.observe(&Observed::Trouble);
                }
                Some(Route::PostMessage) => {
                    let allowed = call.faulted || call.status != Some(409);
                    self.checker.observe(&Observed::Sent { allowed });
                }
                _ => {}
            }
        }
        self.calls.insert(call.seq, over);
    }

    fn look_at_counts(&mut self, calls: &[LedgerEntry]) {
        for call in calls.iter().filter(|call| call.route == Some(Route::Patch) && call.effect_applied) {
            let attributes = call.body.as_ref().map(|body| &body["customAttributes"]);
            let text = |key| attributes.and_then(|attributes| attributes[key].as_str());
            self.counted(text(COUNT), text(TIME), true);
        }
        // Of a call that still waits for its answer, the ledger does not tell yet that it took effect.
        if let Ok(conversation) = self.control.conversation(&self.conversation) {
            let text = |key| conversation.custom_attributes.get(key).map(String::as_str);
            self.counted(text(COUNT), text(TIME), false);
        }
    }

    fn counted(&mut self, count: Option<&str>, time: Option<&str>, unless_seen: bool) {
        let (Some(count), Some(time)) = (count.and_then(|count| count.parse().ok()), time) else { return };
        let seen = (count, time.to_owned());
        if self.count.as_ref() == Some(&seen) || (unless_seen && self.counts.contains(&seen)) {
            return;
        }
        self.checker.observe(&Observed::CountWritten { count, time: time.to_owned() });
        self.counts.insert(seen.clone());
        self.count = Some(seen);
    }

    fn look_at_lines(&mut self) {
        let lines = self.control.transcript(&self.conversation).unwrap_or_default();
        for line in lines.iter().skip(self.lines) {
            let (id, author, text) = (line.id.clone(), line.author_id.clone(), line.text.clone());
            self.checker.observe(&Observed::Written { id, author, text });
        }
        self.lines = lines.len();
    }

    fn validated(&mut self, tab: Option<&str>, answer: &pb::ValidateSessionResponse) {
        let handshake = Some(answer.handshake_id.clone()).filter(|id| !id.is_empty());
        if handshake.is_none() && !answer.replayed {
            self.new_starts += 1;
            self.checker.observe(&Observed::Opened(format!("new start {}", self.new_starts)));
        }
        let active = match answer.tab_role() {
            TabRole::Active => Some(true),
            TabRole::Suspended => Some(false),
            TabRole::Unspecified => None,
        };
        let decided = (answer.decision(), answer.reason(), answer.route(), &answer.conversation_status);
        let places = (&answer.agent_id, &answer.queue_id, &answer.target_queue_id, &answer.transfer_reason);
        self.checker.observe(&Observed::Validated {
            tab: tab.map(str::to_owned),
            handshake,
            decision: format!("{decided:?} {places:?} {:?} {:?}", answer.resumable_until_time, answer.as_of_time),
            seat: active.map(|active| Seat { active, epoch: answer.tab_epoch }),
        });
    }
}

const COUNT: &str = "resumptionCount";
const TIME: &str = "lastResumptionTimestamp";
