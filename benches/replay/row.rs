//! The rows of the table: which servers are compared, and how each is asked.

/// One server that is measured.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name in the table.
    pub(crate) label: &'static str,
    /// What it serves.
    pub(crate) service: Service,
    /// What it runs on.
    pub(crate) runtime: Runtime,
    /// By which protocol it is asked.
    pub(crate) protocol: Protocol,
    /// What is shown of the caller.
    pub(crate) shows: Shows,
}

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Nothing but tonic and an answer made beforehand.
    Bare,
    /// The same answer, by our own serving loop.
    Listened,
    /// The same, behind all layers.
    Layered(With),
    /// The service as `serve` builds it.
    Ours(With),
}

/// What is done besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    /// Nothing.
    Nothing,
    /// Each call writes its line in the audit log, to `/dev/null`.
    AuditLog,
    /// It speaks TLS.
    Tls,
    /// One call in a hundred is traced.
    Traces,
}

/// The tokio runtime served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// As many workers as cores: what `serve` runs on.
    MultiThread,
    /// Everything on one thread.
    OneThread,
}

/// How calls are made, all of them over HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Grpc,
    GrpcWeb,
    ConnectJson,
}

/// Credentials. Who shows none is a trusted service, as long as nobody is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    Nothing,
    ApiKey,
    Hs256,
    Es256,
    SessionToken,
}

/// The row of the closing line: the service, on the runtime of `serve`.
pub(crate) const REPLAY: usize = 2;

/// Bare tonic, on the runtime of `serve`.
pub(crate) const BASE: usize = 0;

/// Bare tonic on one thread, where a call costs least and whatever is added weighs most.
pub(crate) const ONE_THREAD_BASE: usize = 3;

/// All layers, and the least of a service behind them.
pub(crate) const LAYERED: usize = 7;

/// All rows, in the order in which they are printed.
pub(crate) const ROWS: [Row; 19] = {
    use Protocol::{ConnectJson, Grpc, GrpcWeb};
    use Runtime::{MultiThread, OneThread};
    use Service::{Bare, Layered, Listened, Ours};
    use Shows::{ApiKey, Es256, Hs256, Nothing, SessionToken};
    [
        row("bare tonic, as `serve` runs", Bare, MultiThread, Grpc, Nothing),
        // Whatever differs from 1.00 here is noise, and so is as much elsewhere.
        row("bare tonic, again", Bare, MultiThread, Grpc, Nothing),
        row("the service, API key", Ours(With::Nothing), MultiThread, Grpc, ApiKey),
        row("bare tonic, one thread", Bare, OneThread, Grpc, Nothing),
        row("+ our listener", Listened, OneThread, Grpc, Nothing),
        row("+ all layers, nobody named", Layered(With::Nothing), OneThread, Grpc, Nothing),
        row("+ all layers, API key", Layered(With::Nothing), OneThread, Grpc, ApiKey),
        row("+ all layers, 1 % traced", Layered(With::Traces), OneThread, Grpc, ApiKey),
        row("+ all layers, HS256", Layered(With::Nothing), OneThread, Grpc, Hs256),
        row("+ all layers, ES256", Layered(With::Nothing), OneThread, Grpc, Es256),
        row("+ all layers, session token", Layered(With::Nothing), OneThread, Grpc, SessionToken),
        row("+ all layers, gRPC-Web", Layered(With::Nothing), OneThread, GrpcWeb, ApiKey),
        row("the service, nobody named", Ours(With::Nothing), OneThread, Grpc, Nothing),
        row("the service, API key", Ours(With::Nothing), OneThread, Grpc, ApiKey),
        row("  by gRPC-Web", Ours(With::Nothing), OneThread, GrpcWeb, ApiKey),
        row("  by Connect, JSON", Ours(With::Nothing), OneThread, ConnectJson, ApiKey),
        row("  by TLS", Ours(With::Tls), OneThread, Grpc, ApiKey),
        row("  with 1 % traced", Ours(With::Traces), OneThread, Grpc, ApiKey),
        row("  with its audit log", Ours(With::AuditLog), OneThread, Grpc, ApiKey),
    ]
};

const fn row(label: &'static str, service: Service, runtime: Runtime, protocol: Protocol, shows: Shows) -> Row {
    Row { label, service, runtime, protocol, shows }
}

impl Row {
    /// What it is compared with: bare, on the same runtime.
    pub(crate) fn base(&self) -> usize {
        match self.runtime {
            Runtime::MultiThread => BASE,
            Runtime::OneThread => ONE_THREAD_BASE,
        }
    }

    /// What is done besides.
    pub(crate) fn with(&self) -> With {
        match self.service {
            Service::Bare | Service::Listened => With::Nothing,
            Service::Layered(with) | Service::Ours(with) => with,
        }
    }

    /// Whether it asks Genesys.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.service, Service::Ours(_))
    }
}
