//! Ended spans on their way to the collector: a bounded queue, and the task that sends what is in it.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::exporter::PATIENCE;

/// The most spans that wait. Some seconds' worth of many calls; about a KiB each.
const CAPACITY: usize = 2048;
/// The most spans sent at once.
const BATCH: usize = 512;
/// How long a span waits for others to be sent with.
const DELAY: Duration = Duration::from_secs(1);

/// The end of the queue where spans come in. It never waits.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
}

impl Queue {
    pub(super) fn new() -> (Self, mpsc::Receiver<SpanData>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self { spans: sender }, receiver)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            dropped(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Whoever owns the task ends it.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Sends spans until it is told to stop; then what is left.
pub(super) async fn export(exporter: impl SpanExporter, mut spans: mpsc::Receiver<SpanData>, stop: CancellationToken) {
    let mut failing = false;
    let mut batch = Vec::with_capacity(BATCH);
    while gather(&mut spans, &mut batch, &stop).await {
        send(&exporter, std::mem::take(&mut batch), &mut failing).await;
    }
    spans.close();
    loop {
        while batch.len() < BATCH
            && let Ok(span) = spans.try_recv()
        {
            batch.push(span);
        }
        if batch.is_empty() {
            return;
        }
        send(&exporter, std::mem::take(&mut batch), &mut failing).await;
    }
}

/// Waits for a batch that is worth sending. Answers whether to go on after it.
async fn gather(spans: &mut mpsc::Receiver<SpanData>, batch: &mut Vec<SpanData>, stop: &CancellationToken) -> bool {
    let mut tick = interval(DELAY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.reset();
    loop {
        let room = BATCH - batch.len();
        tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            _ = tick.tick() => if !batch.is_empty() { return true },
            received = spans.recv_many(batch, room) => {
                if received == 0 {
                    return false;
                }
                if batch.len() == BATCH {
                    return true;
                }
            }
        }
    }
}

/// Sends a batch, or drops it: a collector that took none of it in time may have trouble enough.
async fn send(exporter: &impl SpanExporter, batch: Vec<SpanData>, failing: &mut bool) {
    let count = batch.len();
    let failure = match timeout(PATIENCE, exporter.export(batch)).await {
        Ok(Ok(())) => {
            if std::mem::replace(failing, false) {
                tracing::info!("the collector takes spans again");
            }
            return;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it did not answer in time".to_owned(),
    };
    dropped(count);
    if !std::mem::replace(failing, true) {
        tracing::warn!(%failure, "the collector does not take spans; they are dropped and counted until it does");
    }
}

fn dropped(count: usize) {
    metrics::counter!("session_resumption_spans_dropped_total").increment(u64::try_from(count).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests;
