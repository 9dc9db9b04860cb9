//! The ids that tell which call a line of the log belongs to: of its trace, and of its request.

use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::trace::TraceContextExt as _;
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The field of a span that names the request.
const REQUEST_ID: &str = "request_id";

/// Remembers the name of a span's request, and where to ask for its trace.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    dispatch: Arc<OnceLock<WeakDispatch>>,
}

/// The name of a span's request.
struct RequestId(String);

/// Finds it among a span's fields.
struct Finding<'a>(&'a mut Option<RequestId>);

/// Writes lines as an inner format does, with the ids added at the end of the object.
pub(super) struct WithIds<F> {
    inner: F,
    ids: Ids,
}

impl Visit for Finding<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == REQUEST_ID {
            *self.0 = Some(RequestId(value.to_owned()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl<S> Layer<S> for Ids
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // The first one is the one that is installed.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = None;
        attributes.record(&mut Finding(&mut found));
        remember(found, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut found = None;
        values.record(&mut Finding(&mut found));
        remember(found, id, &context);
    }
}

fn remember<S>(found: Option<RequestId>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if let (Some(found), Some(span)) = (found, context.span(id)) {
        span.extensions_mut().replace(found);
    }
}

impl Ids {
    fn trace_of(&self, id: &Id) -> Option<String> {
        let dispatch = self.dispatch.get()?.upgrade()?;
        let context = tracing_opentelemetry::get_otel_context(id, &dispatch)?;
        let trace = context.span().span_context().trace_id();
        Some(trace.to_string())
    }
}

impl<F> WithIds<F> {
    pub(super) fn new(inner: F, ids: Ids) -> Self {
        Self { inner, ids }
    }
}

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(span) = context.lookup_current() else { return self.inner.format_event(context, writer, event) };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let Some(object) = line.trim_end().strip_suffix('}') else { return writer.write_str(&line) };
        writer.write_str(object)?;
        if let Some(trace) = self.ids.trace_of(&span.id()) {
            write!(writer, r#","trace_id":"{trace}""#)?;
        }
        // The outermost span of a call has it.
        for span in span.scope() {
            if let Some(RequestId(id)) = span.extensions().get() {
                write!(writer, r#","request_id":{}"#, serde_json::Value::from(id.as_str()))?;
                break;
            }
        }
        writer.write_str("}\n")
    }
}
