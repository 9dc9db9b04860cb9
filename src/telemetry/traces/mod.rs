//! Spans of calls, sent to an OpenTelemetry collector.
//!
//! Whether a call is traced is decided before it has a span (`layers::trace`), so all spans there are get exported. That happens
//! in a task of its own: a collector that is down, slow or silent costs spans, which are counted, and no call anything.

mod exporter;
mod queue;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{Level, Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use queue::Queue;

pub use exporter::CannotExport;

/// What spans are made by: others' spans are their own matter.
const TARGET: &str = "session_resumption";

/// How long the last spans may take to be sent.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// Where spans go.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The collector, such as `http://collector:4317`.
    pub endpoint: Url,
    /// How it is spoken to.
    pub protocol: Protocol,
}

/// How a collector is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP by gRPC.
    Grpc,
    /// OTLP by HTTP, as protobuf.
    Http,
}

/// The way to the collector, open until it is shut down.
#[derive(Debug)]
pub struct Traces {
    tracer: SdkTracer,
    stop: CancellationToken,
    exporting: JoinHandle<()>,
}

/// Opens the way to the collector. It need not be there yet. Runs on the runtime it is called on.
pub fn install(settings: &Settings) -> Result<Traces, CannotExport> {
    let resource = Resource::builder_empty()
        .with_service_name(env!("CARGO_PKG_NAME"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let exporter = exporter::new(settings, &resource)?;
    let (queue, spans) = Queue::new();
    let stop = CancellationToken::new();
    let exporting = tokio::spawn(queue::export(exporter, spans, stop.clone()));
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(queue)
        .build();
    Ok(Traces { tracer: provider.tracer(env!("CARGO_PKG_NAME")), stop, exporting })
}

/// The spans of ours. All of them are of the highest level, so that nothing below it is listened to for their sake.
pub(super) fn spans() -> FilterFn {
    FilterFn::new(is_ours as fn(&Metadata<'_>) -> bool).with_max_level_hint(Level::ERROR)
}

fn is_ours(about: &Metadata<'_>) -> bool {
    about.is_span() && *about.level() == Level::ERROR && about.target().starts_with(TARGET)
}

impl Traces {
    /// Makes spans of `tracing` ours. Events stay in the log: they may name what has no place in a trace.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        OpenTelemetryLayer::new(self.tracer.clone())
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(spans())
    }

    /// Sends what is left, in two seconds at most.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(LAST_MOMENT, &mut self.exporting).await.is_err() {
            self.exporting.abort();
            tracing::warn!("the collector did not take the last spans in time");
        }
    }
}
