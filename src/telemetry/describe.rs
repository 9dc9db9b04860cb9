//! The one list of all instruments: what `/metrics` says of each, and what its labels are.
//!
//! An instrument that is missing here, or that nobody records, fails `tests/telemetry`.

use metrics::Unit;

/// One instrument.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// Its name in `/metrics`.
    pub name: &'static str,
    /// How it counts.
    pub kind: Kind,
    /// What it counts in.
    pub unit: Unit,
    /// The labels it may have.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// How an instrument counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Up, from zero at the start of the process.
    Counter,
    /// Up and down.
    Gauge,
    /// Times, in buckets.
    Histogram,
}

/// Every instrument, by name.
pub static INSTRUMENTS: &[Instrument] = &[
    gauge(
        "session_resumption_budget_remaining",
        Unit::Count,
        &[],
        "Requests to Genesys that could be sent at once; it fills up again by the minute",
    ),
    gauge("session_resumption_calls_in_flight", Unit::Count, &[], "Calls under way"),
    counter(
        "session_resumption_coalesced_reads_total",
        &["purpose"],
        "Callers who shared a read of Genesys that was under way, instead of making one",
    ),
    counter("session_resumption_confirmations_total", &["outcome"], "Answers to ConfirmReattach, repeats included"),
    gauge("session_resumption_connections", Unit::Count, &[], "Open connections of the serving port"),
    counter(
        "session_resumption_decisions_total",
        &["reason", "route", "replayed"],
        "Answers to ValidateSession, by what was decided and why",
    ),
    gauge(
        "session_resumption_degraded",
        Unit::Count,
        &[],
        "1 while the store is out of reach and answers go without it",
    ),
    counter(
        "session_resumption_degraded_answers_total",
        &[],
        "Answers to ValidateSession that were given without the store",
    ),
    counter("session_resumption_errors_total", &["reason"], "Calls answered with an error, by its reason"),
    gauge(
        "session_resumption_genesys_token_age_seconds",
        Unit::Seconds,
        &[],
        "Time since the access token that calls share was asked for",
    ),
    counter("session_resumption_injections_total", &[], "Answers to InjectContext"),
    histogram(
        "session_resumption_mirror_age_seconds",
        &[],
        "Time since the last event that told of a conversation, where what events told was gone by",
    ),
    counter(
        "session_resumption_mirror_lookups_total",
        &["outcome"],
        "Questions whether events told enough to answer without asking Genesys",
    ),
    counter(
        "session_resumption_notes_total",
        &["note"],
        "Oddities that were survived; each is a line in the audit record",
    ),
    gauge(
        "session_resumption_notifications_connected",
        Unit::Count,
        &[],
        "Channels of pushed events that this replica listens to",
    ),
    counter(
        "session_resumption_notifications_gaps_total",
        &["cause"],
        "How often pushed events may have been missed, so that what they told of counts no more",
    ),
    gauge(
        "session_resumption_notifications_heard_age_seconds",
        Unit::Seconds,
        &[],
        "Time since something was heard on the channel that was heard least lately",
    ),
    gauge(
        "session_resumption_notifications_topics",
        Unit::Count,
        &["state"],
        "Topics of pushed events that this replica is subscribed to, or would be if they were permitted",
    ),
    counter(
        "session_resumption_notifications_total",
        &["outcome"],
        "Frames that came on channels of pushed events, by what was made of them",
    ),
    counter(
        "session_resumption_pushed_events_total",
        &["outcome"],
        "Events of Genesys that were posted, by what became of them",
    ),
    counter("session_resumption_rate_limited_total", &[], "Calls refused because their caller asks too often"),
    counter("session_resumption_registrations_total", &[], "Resume keys registered, renewals included"),
    counter(
        "session_resumption_resumptions_total",
        &[],
        "Lines of resumptions in the audit record: one for each confirmed handshake",
    ),
    histogram(
        "session_resumption_rpc_duration_seconds",
        &["service", "method", "protocol", "code"],
        "Time from a call's arrival to its answer, by how it ended",
    ),
    counter(
        "session_resumption_session_tokens_total",
        &["event"],
        "Session tokens issued and refreshed, lines of them that ended, and tokens believed without the store",
    ),
    counter("session_resumption_shed_total", &[], "Calls refused because too many were under way"),
    counter(
        "session_resumption_spans_dropped_total",
        &[],
        "Spans that were not exported: the queue was full, or the collector did not take them",
    ),
    histogram(
        "session_resumption_store_duration_seconds",
        &["store", "step", "outcome"],
        "Time of a step of the handshake store, waiting for its connection and its replicas included",
    ),
    counter("session_resumption_store_losses_total", &["evidence"], "Proofs that the store lost data"),
    counter(
        "session_resumption_store_outages_total",
        &["outage"],
        "Calls that the store could not serve, by what was wrong",
    ),
    counter(
        "session_resumption_store_unreplicated_total",
        &["step"],
        "Steps about writes to Genesys, and of the registry, that no replica of the store has",
    ),
    counter("session_resumption_tls_handshakes_failed_total", &[], "TLS handshakes that came to nothing"),
    counter(
        "session_resumption_token_mints_total",
        &["outcome"],
        "Access tokens asked for, the tries of each taken together",
    ),
    counter("session_resumption_upstream_breaker_opened_total", &["access"], "How often a circuit to Genesys opened"),
    gauge(
        "session_resumption_upstream_breaker_state",
        Unit::Count,
        &["access"],
        "The circuits to Genesys: 0 closed, 1 half open, 2 open",
    ),
    counter(
        "session_resumption_upstream_calls_total",
        &["operation", "outcome"],
        "Requests to Genesys, and those that budget or circuit kept back",
    ),
    counter(
        "session_resumption_upstream_retries_denied_total",
        &["operation"],
        "Failed requests to Genesys not made again because too many were",
    ),
    histogram("session_resumption_upstream_seconds", &["operation"], "Time of a request to Genesys"),
];

/// Says what each instrument is; and shows those that have no labels from the start, so that the first event is a step up from
/// zero.
pub(super) fn describe() {
    for &Instrument { name, kind, unit, labels, help } in INSTRUMENTS {
        match kind {
            Kind::Counter => {
                metrics::describe_counter!(name, unit, help);
                if labels.is_empty() {
                    metrics::counter!(name).absolute(0);
                }
            }
            Kind::Gauge => metrics::describe_gauge!(name, unit, help),
            Kind::Histogram => metrics::describe_histogram!(name, unit, help),
        }
    }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Instrument {
    Instrument { name, kind: Kind::Counter, unit: Unit::Count, labels, help }
}

const fn gauge(name: &'static str, unit: Unit, labels: &'static [&'static str], help: &'static str) -> Instrument {
    Instrument { name, kind: Kind::Gauge, unit, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Instrument {
    Instrument { name, kind: Kind::Histogram, unit: Unit::Seconds, labels, help }
}
