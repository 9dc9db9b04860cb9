//! The process's logs: what is written, in which form, and levels that can be changed while it runs.

mod ids;

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::{MakeWriter, format::JsonFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, reload};

use super::traces::{Traces, spans};
use ids::{Ids, WithIds};

/// The directive that keeps the audit record.
const KEPT: &str = "audit=info";

/// Whether the audit record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// Always.
    Kept,
    /// Only as the log's levels have it: for a service that serves nobody.
    Logged,
}

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object each, for machines.
    Json,
    /// For people, in colours or not.
    Text {
        /// Whether in colours.
        colours: bool,
    },
}

/// The levels of the logs, to be changed while the process runs. Clones are the same.
#[derive(Clone)]
pub struct Levels {
    rules: Rules,
    reload: Reload,
}

type Reload = Arc<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>;

/// What holds of whatever levels.
#[derive(Debug, Clone, Copy)]
struct Rules {
    default: LevelFilter,
    audit: Audit,
}

/// Installs the log writer: standard error, readable on a terminal and JSON elsewhere; and the spans, where they are to be made.
/// `RUST_LOG` chooses what is logged, but for the audit record, which is no matter of taste.
pub fn install_logs(default: LevelFilter, audit: Audit, colours: bool, traces: Option<&Traces>) -> Levels {
    let rules = Rules { default, audit };
    let chosen = rules.apply(EnvFilter::builder().with_default_directive(default.into()).from_env_lossy());
    let form = if io::stderr().is_terminal() { Form::Text { colours } } else { Form::Json };
    let (subscriber, levels) = build(rules, chosen, form, io::stderr, traces);
    // A second installation in one process changes nothing, which is what tests want.
    let _ = subscriber.try_init();
    levels
}

/// What [`install_logs`] installs, with another writer: for those who install it for one thread alone.
pub fn subscriber(
    default: LevelFilter,
    audit: Audit,
    form: Form,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    traces: Option<&Traces>,
) -> (Dispatch, Levels) {
    let rules = Rules { default, audit };
    let chosen = rules.apply(EnvFilter::default().add_directive(default.into()));
    build(rules, chosen, form, writer, traces)
}

fn build(
    rules: Rules,
    chosen: EnvFilter,
    form: Form,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    traces: Option<&Traces>,
) -> (Dispatch, Levels) {
    let (subscriber, reload) = joined(chosen, form, writer, traces);
    (subscriber.into(), Levels { rules, reload })
}

/// Whoever listens to anything below the log's levels makes it dear: hyper and h2 tell of each frame, and would be heard.
fn joined<W>(
    chosen: EnvFilter,
    form: Form,
    writer: W,
    traces: Option<&Traces>,
) -> (impl Subscriber + Send + Sync + use<W>, Reload)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(chosen);
    let ids = Ids::default();
    let lines = tracing_subscriber::fmt::layer::<Registry>().with_writer(writer);
    let lines = match form {
        Form::Json => {
            let line = tracing_subscriber::fmt::format().json().flatten_event(true);
            let line = line.with_current_span(false).with_span_list(false);
            lines.fmt_fields(JsonFields::new()).event_format(WithIds::new(line, ids.clone())).boxed()
        }
        Form::Text { colours } => lines.with_ansi(colours).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter)).with(ids.with_filter(spans()));
    let reload = Arc::new(move |filter| handle.reload(filter).map_err(|error| error.to_string()));
    (subscriber.with(traces.map(Traces::layer)), reload)
}

impl Levels {
    /// Sets what is logged from now on, in the words of `RUST_LOG`: `info,session_resumption=debug`. The audit record stays on.
    pub fn set(&self, directives: &str) -> Result<(), String> {
        let builder = EnvFilter::builder().with_default_directive(self.rules.default.into());
        let chosen = builder.parse(directives).map_err(|error| error.to_string())?;
        (self.reload)(self.rules.apply(chosen))
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Levels").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Rules {
    fn apply(self, filter: EnvFilter) -> EnvFilter {
        match (self.audit, KEPT.parse()) {
            (Audit::Kept, Ok(kept)) => filter.add_directive(kept),
            _ => filter,
        }
    }
}

#[cfg(test)]
mod tests;
