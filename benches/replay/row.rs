//! The rows of the table: which servers are compared.

/// One server that is measured.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name in the table.
    pub(crate) label: &'static str,
    /// What it serves.
    pub(crate) service: Service,
    /// What it runs on.
    pub(crate) runtime: Runtime,
}

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Nothing but tonic and an answer made beforehand.
    Bare,
    /// The service as `serve` builds it.
    Ours {
        /// Whether each call writes its line in the audit log, to `/dev/null`.
        audit_log: bool,
    },
}

/// The tokio runtime served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// As many workers as cores: what `serve` runs on.
    MultiThread,
    /// Everything on one thread.
    OneThread,
}

/// What the others are compared with: bare, on the runtime of `serve`.
pub(crate) const BASE: usize = 0;

/// The row of the closing line.
pub(crate) const REPLAY: usize = 2;

/// All rows, in the order in which they are printed. A new layer is a new row.
pub(crate) const ROWS: [Row; 6] = [
    Row { label: "bare tonic", service: Service::Bare, runtime: Runtime::MultiThread },
    // Whatever differs from 1.00 here is noise, and so is as much elsewhere.
    Row { label: "bare tonic, again", service: Service::Bare, runtime: Runtime::MultiThread },
    Row { label: "replay", service: Service::Ours { audit_log: false }, runtime: Runtime::MultiThread },
    Row { label: "replay + audit log", service: Service::Ours { audit_log: true }, runtime: Runtime::MultiThread },
    Row { label: "bare tonic, one thread", service: Service::Bare, runtime: Runtime::OneThread },
    Row { label: "replay, one thread", service: Service::Ours { audit_log: false }, runtime: Runtime::OneThread },
];
