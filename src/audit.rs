//! The audit record: a structured line for each event, with hashed ids and no text; and a count, but for errors, which the
//! server counts with those that never reach a use case.

use sha2::{Digest, Sha256};

use crate::domain::decision::Decision;
use crate::domain::handshake::Confirmation;
use crate::ports::{Audit, Event, Note, Record, Session, TokenTurn};

/// Writes the record through `tracing` under the target `audit`, and counts it.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingAudit;

impl Audit for TracingAudit {
    fn record(&self, record: &Record<'_>) {
        let (principal, role) = (record.principal.name.as_str(), record.principal.role.name());
        let [conversation, participant, resume_key] = names(record.session);
        let handshake = record.handshake.map(|id| id.to_string()).unwrap_or_default();
        macro_rules! line {
            ($($field:tt)*) => {
                tracing::info!(
                    target: "audit", principal, role, conversation, participant, resume_key, handshake, $($field)*
                )
            };
        }
        match &record.event {
            Event::Decided { decision, as_of, replayed, degraded, dropped_at } => {
                let (reason, route) = (decision.reason().wire(), route(decision));
                let dropped_at = dropped_at.map(|time| time.to_string()).unwrap_or_default();
                line!(event = "decided", reason, route, replayed, degraded, as_of = %as_of, dropped_at);
                let replayed = if *replayed { "true" } else { "false" };
                metrics::counter!("session_resumption_decisions_total", "reason" => reason, "route" => route, "replayed" => replayed)
                    .increment(1);
            }
            Event::Resumed { confirmation: Confirmation { count, time, agent_id, as_of } } => {
                let agent = agent_id.as_deref().map(hashed).unwrap_or_default();
                let as_of = as_of.map(|time| time.to_string()).unwrap_or_default();
                line!(event = "resumption", count, resumed_at = %format_args!("{time:.3}"), as_of, agent);
                metrics::counter!("session_resumption_resumptions_total").increment(1);
            }
            Event::Confirmed { count, replayed } => {
                line!(event = "confirmed", count, replayed);
                confirmation(if *replayed { "replayed" } else { "confirmed" });
            }
            Event::NotConfirmed { ended } => {
                line!(event = "not_confirmed", ended);
                confirmation(if *ended { "session_ended" } else { "not_reattached" });
            }
            Event::Injected { present, asked } => {
                line!(event = "injected", present, asked);
                metrics::counter!("session_resumption_injections_total").increment(1);
            }
            Event::Registered { key, since } => {
                line!(event = "registered", key = hashed(key.as_str()), since = %since);
                metrics::counter!("session_resumption_registrations_total").increment(1);
            }
            Event::Tokens { line, turn } => {
                let event = turn_name(*turn);
                line!(event = format!("tokens_{event}"), line = hashed(&line.to_string()));
                metrics::counter!("session_resumption_session_tokens_total", "event" => event).increment(1);
            }
            Event::Noted(note) => {
                let note = name(*note);
                line!(event = "noted", note);
                metrics::counter!("session_resumption_notes_total", "note" => note).increment(1);
            }
            Event::Failed { reason } => {
                let reason = reason.wire();
                line!(event = "failed", reason);
            }
        }
    }
}

fn confirmation(outcome: &'static str) {
    metrics::counter!("session_resumption_confirmations_total", "outcome" => outcome).increment(1);
}

fn route(decision: &Decision) -> &'static str {
    match decision {
        Decision::Resumable(resume) => resume.route.wire(),
        Decision::NewRoutingRequired(_) => "NEW_ROUTING",
    }
}

fn name(note: Note) -> &'static str {
    match note {
        Note::ImplausibleClientTime => "implausible_client_time",
        Note::UnknownStatus => "unknown_status",
        Note::CountNotANumber => "count_not_a_number",
        Note::UnknownOutcome => "unknown_outcome",
        Note::StoreForgot => "store_forgot",
        Note::LeadLost => "lead_lost",
        Note::RecordDelayed => "record_delayed",
        Note::LeaseLost => "lease_lost",
        Note::ForeignSession => "foreign_session",
    }
}

fn turn_name(turn: TokenTurn) -> &'static str {
    match turn {
        TokenTurn::Issued => "issued",
        TokenTurn::Refreshed => "refreshed",
        TokenTurn::Revoked => "revoked",
        TokenTurn::Reused => "reused",
        TokenTurn::Unchecked => "unchecked",
    }
}

/// Conversation, participant and resume key, as far as the session was called by them.
fn names(session: Option<Session<'_>>) -> [String; 3] {
    match session {
        Some(Session::Pair(pair)) => {
            [hashed(pair.conversation.as_str()), hashed(pair.participant.as_str()), String::new()]
        }
        Some(Session::Key(key)) => [String::new(), String::new(), hashed(key.as_str())],
        // Which session that is, the next record of it tells.
        Some(Session::Message(_)) | None => Default::default(),
    }
}

/// A digest: it tells sessions apart, and finds the entries of one whose id is known, without showing the id.
fn hashed(id: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(id.as_bytes()).iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
